"""Formats joined with storage: the import."""
