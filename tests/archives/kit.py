"""What a layout is for the tests: who writes it, and what has to come of it, bit for bit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

rng = np.random.default_rng(20_261_130)


def ecg(count: int, seed: int = 0) -> np.ndarray:
    """Millivolts that no two places share, as float64: misplaced samples are seen."""
    n = np.arange(count)
    beat = np.exp(-(((n + 37 * seed) % 250 - 125) ** 2) / 18.0)
    return beat + 0.1 * np.sin(n / 41 + seed) + n * 1e-7


@dataclass
class Lead:
    """What has to come of a lead: stored `values` with NaN for missing, and what is known of it."""

    values: np.ndarray
    fs: Fraction | float
    unit: str | None = "mV"
    gain: float = 1.0
    baseline: float = 0.0
    kind: str = "ecg"


@dataclass
class Record:
    """What has to come of a record. `found` are pairs that have to be among those of it."""

    leads: dict[str, Lead]
    patient: str | None = None
    start_time: float | None = None
    zone: str | None = None
    found: dict[str, str] = field(default_factory=dict)
    dates_shifted: bool = False


Records = dict[str, Record]


@dataclass(frozen=True)
class Layout:
    """A way of storing: `trap` says in words what goes wrong with a reader that is careless."""

    name: str
    trap: str
    write: Callable[[Path], Records]
    mapping: str | None = None
    fs: float | None = None
    notes: int = 0


LAYOUTS: dict[str, Layout] = {}


def layout(name: str, trap: str, **how):
    """Register the function under this as the writer of a layout."""

    def register(write: Callable[[Path], Records]) -> Callable[[Path], Records]:
        assert name not in LAYOUTS, name
        LAYOUTS[name] = Layout(name, trap, write, **how)
        return write

    return register


def save(path: Path, columns, *, metadata=None, fields=None, group=1_000, **how) -> Path:
    """Write a table: `columns` by name, or (names, arrays); `fields` is metadata by column."""
    names, arrays = columns if isinstance(columns, tuple) else (list(columns), columns.values())
    held = [one if isinstance(one, pa.Array) else pa.array(one) for one in arrays]
    schema = pa.schema(
        [
            pa.field(name, one.type, metadata=(fields or {}).get(name))
            for name, one in zip(names, held, strict=True)
        ]
    ).with_metadata(metadata)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_arrays(held, schema=schema), path, row_group_size=group, **how)
    return path
