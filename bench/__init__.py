"""What is measured, each a program that prints its figures: `python -m bench [NAME ...]`."""
