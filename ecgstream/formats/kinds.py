"""Kinds of signal, for the readers of formats: see `model.kinds`."""

from ecgstream.model.kinds import kind_of

__all__ = ["kind_of"]
