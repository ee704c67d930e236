"""What goes where on a page of ECG paper: numbers in, millimetres out. Nothing is drawn here."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from ecgstream.errors import BadField
from ecgstream.model.record import Record
from ecgstream.model.twelve import CABRERA, CHEST, LIMB, Recipe, recipe

Layout = Literal["3x4+1R", "3x4+3R", "6x2", "12x1", "cabrera", "rhythm", "leads"]
Paper = Literal["a4", "letter"]

LAYOUTS: Final[tuple[Layout, ...]] = get_args(Layout)
PAPERS: Final[dict[Paper, tuple[float, float]]] = {"a4": (297.0, 210.0), "letter": (279.4, 215.9)}
"""Width and height in mm, landscape."""

SPEEDS: Final = (12.5, 25.0, 50.0)
"""mm/s."""
GAINS: Final = (2.5, 5.0, 10.0, 20.0)
"""mm/mV."""

TRACE_MM: Final = 250.0
"""What a row of trace is long: 10 s at 25 mm/s."""
PULSE_MM: Final = 10.0
"""Before it, for the calibration pulse."""
MARGIN_MM: Final = 6.0
"""What printers leave white."""
HEAD_MM: Final = 15.0
FOOT_MM: Final = 24.0
ROW_MOST_MM: Final = 40.0
ROW_LEAST_MM: Final = 10.0
STRIP_MM: Final = 35.0
"""A rhythm strip: four of one lead on a page."""
RHYTHM_MOST: Final = 3

THREE_BY_FOUR: Final = (("I", "II", "III"), ("aVR", "aVL", "aVF"), CHEST[:3], CHEST[3:])
RHYTHM: Final = ("II", "V1", "V5")


@dataclass(frozen=True, slots=True)
class Caliper:
    """A measurement to be drawn: from sample `first` to `last` of the record, on `lead`.

    With `first_mv` and `last_mv` its ends are there, else it spans the row.
    """

    lead: str
    first: float
    last: float
    first_mv: float | None = None
    last_mv: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """How pages are to look. `layout` None: what suits the leads; `rhythm` empty: the usual ones.

    Raises BadField for a choice that is none of those there are.
    """

    layout: Layout | None = None
    paper: Paper = "a4"
    mm_per_s: float = 25.0
    mm_per_mv: float = 10.0
    rhythm: tuple[str, ...] = ()
    calipers: tuple[Caliper, ...] = ()

    def __post_init__(self) -> None:
        for name, said, known in (
            ("layout", self.layout or "leads", LAYOUTS),
            ("paper", self.paper, tuple(PAPERS)),
            ("speed", self.mm_per_s, SPEEDS),
            ("gain", self.mm_per_mv, GAINS),
        ):
            if said not in known:
                listed = ", ".join(str(one) for one in known)
                raise BadField(f"{name}: {said!r} is none of {listed}")
        if len(self.rhythm) > RHYTHM_MOST:
            raise BadField(f"rhythm: at most {RHYTHM_MOST} leads")

    @property
    def row_s(self) -> float:
        """Seconds of a whole row."""
        return TRACE_MM / self.mm_per_s


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a lead is drawn: row, mm from the left end of the trace, seconds of the page.

    `recipe` None: the record has no such lead; `name` says which.
    """

    name: str
    recipe: Recipe | None
    row: int
    x: float
    from_s: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One page: `seconds` of signal in `cells`; rows of `pitch` mm in a grid `height` mm high.

    `first` is where 0 mV of the first row is, in mm below the upper edge of the grid. `bands` are
    the rows that have a time axis below them, with the second that each begins at.
    """

    cells: tuple[Cell, ...]
    rows: int
    pitch: float
    first: float
    height: float
    seconds: float
    bands: tuple[tuple[int, float], ...]

    def baseline(self, row: int) -> float:
        """Return where 0 mV of a row is, in mm below the upper edge of the grid: on a line."""
        return self.first + self.pitch * row


def chosen_layout(sheet: Sheet, names: Sequence[str]) -> Layout:
    """Return the layout asked for, or the one that suits leads of these names."""
    if sheet.layout is not None:
        return sheet.layout
    found = sum(recipe(name, names) is not None for name in (*LIMB, *CHEST))
    return "3x4+1R" if found == 12 else "leads" if len(names) > RHYTHM_MOST else "rhythm"


def wanted(sheet: Sheet, record: Record, chosen: Sequence[str]) -> tuple[str, ...]:
    """Return the stored leads that a page needs out of those `chosen`, in the record's order."""
    layout = chosen_layout(sheet, chosen)
    if layout == "leads":
        return tuple(chosen)
    used: set[str] = set()
    for column in _columns(layout, sheet, chosen):
        for name in column:
            found = recipe(name, chosen)
            used |= {chosen[k] for k, _ in found.terms} if found else set()
    if not used:
        raise BadField(
            f"layout: {layout} shows none of the leads of record {record.record!r}; try 'leads'"
        )
    return tuple(name for name in chosen if name in used)


def _columns(layout: Layout, sheet: Sheet, names: Sequence[str]) -> list[Sequence[str]]:
    """Return all leads that a layout shows, strips last."""
    chest = any(recipe(name, names) for name in CHEST)
    match layout:
        case "3x4+1R" | "3x4+3R":
            return [*THREE_BY_FOUR, _strips(sheet, names, int(layout[4]))]
        case "6x2":
            return [LIMB, CHEST]
        case "12x1":
            return [(*LIMB, *CHEST)]
        case "cabrera":
            return [CABRERA, CHEST] if chest else [CABRERA]
        case "rhythm":
            return [_strips(sheet, names, 0)]
        case "leads":
            return [names]


def _strips(sheet: Sheet, names: Sequence[str], count: int) -> Sequence[str]:
    """Return the leads of the rhythm strips; `count` 0: as many as asked for, or as there are."""
    if sheet.rhythm:
        return sheet.rhythm if count == 0 else sheet.rhythm[:count]
    if count == 0:
        return names[:RHYTHM_MOST]
    usual = [name for name in RHYTHM if recipe(name, names)]
    others = [name for name in names if name not in usual]
    return [*usual, *others][:count]


def plan(sheet: Sheet, names: Sequence[str]) -> Plan:
    """Return the page for stored leads of these names. Raises BadField where they do not fit."""
    layout = chosen_layout(sheet, names)
    height = PAPERS[sheet.paper][1] - 2 * MARGIN_MM - HEAD_MM - FOOT_MM
    height = height // 5 * 5
    columns = _columns(layout, sheet, names)
    strips = columns.pop() if layout.startswith("3x4") else ()
    blocks = 1
    if layout == "rhythm":
        blocks = max(1, int(height // (STRIP_MM * len(columns[0]))))
    rows = blocks * max(len(column) for column in columns) + len(strips)
    pitch, first = _rows(rows, height, sheet.mm_per_mv)
    if pitch < ROW_LEAST_MM:
        fit = next(n for n in range(rows, 0, -1)
                   if _rows(n, height, sheet.mm_per_mv)[0] >= ROW_LEAST_MM)  # fmt: skip
        raise BadField(f"leads: at most {fit} fit on a page of {sheet.mm_per_mv:g} mm/mV")
    cells = []
    seconds = sheet.row_s / len(columns)
    for block in range(blocks):
        for number, column in enumerate(columns):
            for place, name in enumerate(column):
                x = number * TRACE_MM / len(columns)
                row = block * len(column) + place
                begin = block * sheet.row_s + number * seconds
                cells.append(Cell(name, recipe(name, names), row, x, begin, seconds))
    for place, name in enumerate(strips):
        row = rows - len(strips) + place
        cells.append(Cell(name, recipe(name, names), row, 0.0, 0.0, sheet.row_s))
    each = rows // blocks
    bands = tuple((each * (k + 1) - 1, k * sheet.row_s) for k in range(blocks))
    return Plan(tuple(cells), rows, pitch, first, height, blocks * sheet.row_s, bands)


def _rows(rows: int, height: float, mm_per_mv: float) -> tuple[float, float]:
    """Return how far rows are apart, and where 0 mV of the first is, both in whole mm."""
    pitch = min(height // rows, ROW_MOST_MM)
    first = math.floor((height - rows * pitch + pitch) / 2)
    # The pulse of the first row has to be on the paper, too.
    least = math.ceil(mm_per_mv) + 1
    if first < least and rows > 1:
        first = least
        pitch = min(pitch, (height - first - pitch / 2) // (rows - 1))
    return pitch, first
