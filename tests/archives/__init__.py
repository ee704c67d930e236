"""Archives as people have them: each layout with the trap that goes with it, written by a script.

`python -m tests.archives FOLDER` writes them all, to look at.
"""
