"""Other people's Parquet: what a file of theirs holds, and where its samples lie."""
