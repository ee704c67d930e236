"""When other people's rows were, and how fast: which column says it, and what is wrong with it."""
