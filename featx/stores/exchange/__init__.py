"""Features in the files of other tools: stores are exported, and made of what others computed."""
