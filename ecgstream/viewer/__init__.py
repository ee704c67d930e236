"""One viewer, conducted: the wheel, subscriptions, sessions."""
