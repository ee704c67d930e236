"""How a store of one release becomes one of the next."""
