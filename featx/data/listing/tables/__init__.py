"""Tables: anybody's and those that corpora come with, and what their columns say."""
