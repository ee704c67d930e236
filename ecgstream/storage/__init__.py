"""Disk and object stores: which records exist, and their samples."""
