"""`ecgstream load`: thousands of viewers out of one process, and an account of what they got."""
