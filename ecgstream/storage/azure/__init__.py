"""Azure's object store, read in a process of its own."""
