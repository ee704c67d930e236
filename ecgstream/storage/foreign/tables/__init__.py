"""Other people's rows to places in leads: a row a sample, a packet, a window or a record."""
