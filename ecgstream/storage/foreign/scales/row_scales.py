"""What rows say of the gain, baseline and rate of a lead: numbers, texts, lists by lead. Pure."""

import json
import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ecgstream.model.timebase import rate_of
from ecgstream.storage.foreign.column_names import SCALE_WORDS, plain_word
from ecgstream.storage.foreign.plan import WITHHELD, Plan, Said, SignalColumn
from ecgstream.storage.foreign.scales.calibrating import said_unit
from ecgstream.storage.foreign.scales.scaling import COUNTS_A_UNIT, UNITS_A_COUNT, exact
from ecgstream.storage.foreign.telling import gain_of
from ecgstream.storage.foreign.whose.splitting import Whose


def of_lead(text: str, signal: SignalColumn) -> Any:
    """Return what a row says of one lead: its place in a list, or what is said of all; or None."""
    if not text.startswith("["):
        return text
    try:
        listed = json.loads(text)
    except ValueError:
        return None
    place = next((place for count, place in signal.seats if count == len(listed)), None)
    if listed and all(one == listed[0] for one in listed):
        # Of one value it does not matter whose it is, where each lead has one.
        place = 0 if any(count == len(listed) for count, _ in signal.seats) else place
    return None if place is None else listed[place]


def rate_in(text: str, signal: SignalColumn) -> Fraction | None:
    """Return the rate that a row says of a lead, None for none."""
    return rate_of(of_lead(text, signal))


def gain_in(plan: Plan, text: str, signal: SignalColumn) -> float | None:
    """Return the gain that a row says of a lead, in counts in one unit; None for none."""
    said = of_lead(text, signal)
    read = gain_of(said)
    if exact(said) == 0:
        return 0.0
    if read is None or read.baseline is not None:
        return None
    turned = _word(plan) in {*SCALE_WORDS, *UNITS_A_COUNT}
    return 1 / read.gain if turned else read.gain


def baseline_in(text: str, signal: SignalColumn) -> float | None:
    """Return the baseline that a row says of a lead; None for none."""
    try:
        value = float(of_lead(text, signal))
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def by_rows(plan: Plan, whose: Whose, signal: SignalColumn) -> SignalColumn:
    """Return a lead's column: without a unit where what its rows say of the scale is not read."""
    if signal.withheld:
        return signal
    why = _unread(plan, whose, signal)
    if not why:
        unit = _unit_of(plan, whose, signal)
        known = unit is None or signal.unit is not None or whose.unit is not None
        return (
            signal if known else replace(signal, unit=Said(unit, f"row column {plan.gain_column}"))
        )
    withheld: Said[str | None] = Said(None, f"{WITHHELD}{why}; say unit, gain and baseline")
    one, none = Said(1.0, "convention"), Said(0.0, "convention")
    return replace(signal, unit=withheld, gain=one, baseline=none)


def _unread(plan: Plan, whose: Whose, signal: SignalColumn) -> str:
    for what, column, text, said in (
        ("gain", plan.gain_column, whose.gain, signal.gain),
        ("baseline", plan.baseline_column, whose.baseline, signal.baseline),
    ):
        if column is None or said.how.startswith("mapping"):
            continue
        if text is None:
            if said.how == "convention":
                return f"column {column} says no {what} in its rows"
            continue
        read = gain_in(plan, text, signal) if what == "gain" else baseline_in(text, signal)
        if read is None and not _number(text):
            return f"column {column} = {text[:40]} is not understood as its {what}"
    return _other_unit(plan, whose, signal)


def _number(text: str) -> bool:
    """Return whether a text is a number, though it be 0 or NaN: such a gain is refused."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _other_unit(plan: Plan, whose: Whose, signal: SignalColumn) -> str:
    """Return that the unit of the gain is another one than is said; empty where it is not."""
    unit = _unit_of(plan, whose, signal)
    told = signal.unit and signal.unit.value
    told = told or (said_unit(whose.unit) if whose.unit else None)
    if unit is None or told is None or told == unit:
        return ""
    return f"column {plan.gain_column} is of {unit}, and the unit is {told}"


def _unit_of(plan: Plan, whose: Whose, signal: SignalColumn) -> str | None:
    """Return the unit that a row's gain is counted in, where its text or its column says one."""
    if whose.gain is None or signal.gain.how.startswith("mapping"):
        return None
    word, read = _word(plan), gain_of(of_lead(whose.gain, signal))
    unit = (read and read.unit) or COUNTS_A_UNIT.get(word) or UNITS_A_COUNT.get(word)
    return said_unit(unit) if unit else None


def _word(plan: Plan) -> str:
    """Return the word of the column of gains; none where a mapping says what is in it."""
    mapped = "gain_column" in (plan.mapped or ())
    return "" if mapped or plan.gain_column is None else plain_word(plan.gain_column)
