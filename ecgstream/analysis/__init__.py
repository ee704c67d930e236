"""What is worked out of samples: arrays in, values out. Pure."""
