"""Files on servers, by their URLs: what fsspec reaches, such as s3://, hf:// and https://."""
