"""Bytes on the wire: frames, commands, events. Pure."""
