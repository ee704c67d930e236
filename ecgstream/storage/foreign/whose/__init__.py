"""Whose other people's rows are: records, patients and leads, and what may name people."""
