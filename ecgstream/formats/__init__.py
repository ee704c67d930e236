"""One module a format: a file to signals and annotations. No storage, no archive."""
