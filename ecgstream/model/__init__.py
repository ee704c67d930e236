"""Nouns: records, leads, blocks of samples, the time of a sample. Pure."""
