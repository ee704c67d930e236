"""What is worked out from records once and kept: pyramids, beats, verdicts."""
