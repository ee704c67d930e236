"""Query strings to typed values. What is not understood is refused, with the field's name."""

import math
import re
from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Final

from starlette.requests import Request

from ecgstream.errors import QueryError
from ecgstream.model.record import Record

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,16}")
_DECIMAL: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_LONGEST: Final = 40
"""Digits of a number that make sense; more would only cost time."""


class Query:
    """The parameters of one request. An empty one counts as left out."""

    def __init__(self, request: Request, known: Collection[str], *, strict: bool = True) -> None:
        """Take the parameters of `request`.

        Raises QueryError for one given twice and, where `strict`, for one not `known`. `leads`
        alone may be given more than once.
        """
        self._said: dict[str, list[str]] = {}
        for name, value in request.query_params.multi_items():
            if name not in known:
                if strict:
                    listed = ", ".join(known)
                    raise QueryError(name[:64], f"not known here; known are {listed}")
                continue
            if value:
                self._said.setdefault(name, []).append(value)
        for name, values in self._said.items():
            if len(values) > 1 and name != "leads":
                raise QueryError(name, "given more than once")

    def text(self, name: str) -> str | None:
        """Return a text; None where it was left out."""
        return self._said.get(name, [None])[0]

    def required(self, name: str) -> str:
        """Return a text. Raises QueryError where it was left out."""
        value = self.text(name)
        if value is None:
            raise QueryError(name, "missing")
        return value

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number of [low, high]. Raises QueryError."""
        value = self.text(name)
        if value is None:
            return default
        if not _WHOLE.fullmatch(value):
            raise QueryError(name, f"expected a whole number, got {value[:_LONGEST]!r}")
        if not low <= int(value) <= high:
            raise QueryError(name, f"{value} is not within {low} to {high}")
        return int(value)

    def decimal(self, name: str, default: int, low: float, high: float) -> Fraction:
        """Return a decimal number of [low, high], exactly as written. Raises QueryError."""
        value = self.text(name)
        if value is None:
            return Fraction(default)
        if len(value) > _LONGEST or not _DECIMAL.fullmatch(value):
            raise QueryError(name, f"expected a number, got {value[:_LONGEST]!r}")
        number = Fraction(value)
        if not low <= number <= high:
            most = f"to {high:g}" if math.isfinite(high) else "or more"
            raise QueryError(name, f"{value} is not within {low:g} {most}")
        return number

    def leads(self, record: Record) -> Sequence[str] | None:
        """Return the names in `leads`: commas between them, or the parameter several times.

        None where it was left out. A name that has a comma in it is found if it is given alone.
        """
        values = self._said.get("leads")
        if values is None:
            return None
        known = {lead.name for lead in record.leads}
        return [
            name for value in values for name in ([value] if value in known else value.split(","))
        ]
