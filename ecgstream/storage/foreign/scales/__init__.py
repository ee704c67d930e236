"""What other people's numbers are measured in: units, gains, baselines, missing values."""
