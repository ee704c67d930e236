"""Decisions of playback: which sample is due, what may follow what. Pure, no clock."""
