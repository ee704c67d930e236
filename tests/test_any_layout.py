"""Any signal, written in any layout, comes back bit for bit, or is refused in so many words."""

import itertools
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecgstream.model.block import is_missing
from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, parsed

FS = 250
NAMES = ("I", "II", "V5")
INTEGERS = {
    pa.int8(): np.int8,
    pa.uint8(): np.uint8,
    pa.int16(): np.int16,
    pa.uint16(): np.uint16,
    pa.int32(): np.int32,
    pa.int64(): np.int64,
    pa.uint64(): np.uint64,
}
FLOATS = {pa.float32(): np.uint32, pa.float64(): np.uint64}
DECIMAL = pa.decimal128(9, 3)
KINDS = [*INTEGERS, *FLOATS, DECIMAL]


def signal(rng, kind, count):
    """Return an Arrow array of any bits, some of them null, and what is to come of each."""
    gone = rng.random(count) < rng.choice([0, 0.1])
    if kind in FLOATS:
        # Infinities, denormals, -0.0 and every NaN are among them.
        bits = rng.integers(0, 2 ** (8 * np.dtype(FLOATS[kind]).itemsize), count, FLOATS[kind])
        bits[:3] = [0, 1 << (8 * bits.itemsize - 1), 1]
        values = bits.view(f"f{bits.itemsize}")
        return pa.array(values, kind, mask=gone), [
            None if g or np.isnan(v) else v for v, g in zip(values, gone, strict=True)
        ]
    if kind == DECIMAL:
        digits = rng.integers(-(10**9) + 1, 10**9, count).tolist()
        held = [None if g else Decimal(v) / 1000 for v, g in zip(digits, gone, strict=True)]
        return pa.array(held, kind), [None if g else v for v, g in zip(digits, gone, strict=True)]
    limits = np.iinfo(INTEGERS[kind])
    values = rng.integers(limits.min, limits.max, count, INTEGERS[kind], endpoint=True)
    values[:2] = limits.min, limits.max
    if limits.bits == 64 and rng.random() < 0.5:
        values = (values >> limits.dtype.type(12)).astype(INTEGERS[kind])
    # WFDB's own convention, which the catalog tells.
    sentinel = -(2**15) if kind == pa.int16() else None
    return pa.array(values, kind, mask=gone), [
        None if g or v == sentinel else v for v, g in zip(values.tolist(), gone, strict=True)
    ]


def pieces_of(rng, count):
    """Cut `count` samples into stretches of any length."""
    cuts = np.unique(rng.integers(0, count, rng.integers(1, 12)))
    edges = np.unique([0, *cuts.tolist(), count]).tolist()
    return list(itertools.pairwise(edges))


def as_lists(array, stretches, kind):
    return pa.array([array.slice(a, b - a).to_pylist() for a, b in stretches], kind)


def wide(rng, root, leads, group):
    count = max(len(one) for one in leads.values())
    padded = {n: pa.concat_arrays([a, pa.nulls(count - len(a), a.type)]) for n, a in leads.items()}
    table = pa.table({"time_ms": np.arange(count) * 1000 // FS, **padded})
    pq.write_table(table, root / "r.parquet", row_group_size=group)
    return ""


def folders(rng, root, leads, group):
    for name, array in leads.items():
        folder = root / f"record=r/lead={name}"
        folder.mkdir(parents=True)
        rows = rng.permutation(len(array)) if rng.random() < 0.3 else np.arange(len(array))
        columns = {"time_s": pa.array(np.arange(len(array)) / FS).take(pa.array(rows))}
        columns["value"] = array.take(pa.array(rows))
        pq.write_table(pa.table(columns), folder / "a.parquet", row_group_size=group)
    return ""


def long(rng, root, leads, group):
    lead = np.concatenate([[name] * len(array) for name, array in leads.items()])
    t = np.concatenate([np.arange(len(array)) for array in leads.values()])
    values = pa.concat_arrays(list(leads.values()))
    how = rng.integers(3)
    rows = [np.arange(len(t)), np.argsort(t, kind="stable"), rng.permutation(len(t))][how]
    when = pa.array(1_700_000_000_000 + t[rows] * 1000 // FS).cast(pa.timestamp("ms"))
    table = pa.table(
        {
            "record": ["r"] * len(t),
            "lead": pa.array(lead).take(pa.array(rows)),
            "when": when,
            "value": values.take(pa.array(rows)),
        }
    )
    pq.write_table(table, root / "a.parquet", row_group_size=group)
    return ""


def packets(rng, root, leads, group):
    rows = []
    for name, array in leads.items():
        kind = [pa.list_, pa.large_list][rng.integers(2)](array.type)
        for a, b in pieces_of(rng, len(array)):
            rows.append((name, 1.6e9 + a / FS, array.slice(a, b - a).to_pylist()))
    if rng.random() < 0.5:
        rng.shuffle(rows)
    columns = {"lead": [r[0] for r in rows], "epoch": [r[1] for r in rows]}
    table = pa.table(
        {
            "record": ["r"] * len(rows),
            **columns,
            "fs": [FS] * len(rows),
            "samples": pa.array([list(r[2]) for r in rows], kind),
        }
    )
    pq.write_table(table, root / "a.parquet", row_group_size=max(1, group // 50))
    return ""


def records(rng, root, leads, group):
    columns = {
        name: as_lists(array, [(0, len(array))], pa.list_(array.type))
        for name, array in leads.items()
    }
    table = pa.table({"record": ["r"], **columns}, metadata={"fs": str(FS)})
    pq.write_table(table, root / "a.parquet")
    return ""


def windows(rng, root, leads, group):
    count = min(len(array) for array in leads.values())
    starts = np.unique(np.append(0, rng.integers(0, count, 10)))
    reach = [
        max(int(s) + 1, min(count, int(n) + 7))
        for s, n in zip(starts, [*starts[1:], count], strict=True)
    ]
    stretches = list(zip(starts.tolist(), reach, strict=True))
    columns = {
        name: as_lists(array, stretches, pa.list_(array.type)) for name, array in leads.items()
    }
    table = pa.table({"record": ["r"] * len(starts), "at": starts, **columns})
    pq.write_table(table, root / "a.parquet", row_group_size=max(1, group // 50))
    return f'[[table]]\nfiles = "*"\nfs = {FS}\nstride = {{ column = "at" }}\n'


LAYOUTS = {one.__name__: one for one in (wide, folders, long, packets, records, windows)}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    layout=st.sampled_from(sorted(LAYOUTS)),
    kind=st.sampled_from(KINDS),
    count=st.integers(1, 3),
    group=st.sampled_from([30, 100, 1_000]),
)
# Two packets, the last 67 times as long as the first.
@example(seed=12_701, layout="packets", kind=pa.float32(), count=2, group=30)
def test_any_signal_in_any_layout_comes_back_or_is_refused(  # noqa: PLR0917 - drawn
    tmp_path_factory, seed, layout, kind, count, group
):
    rng = np.random.default_rng(seed)
    root = tmp_path_factory.mktemp(layout)
    made = {name: signal(rng, kind, int(rng.integers(20, 300))) for name in NAMES[:count]}
    mapping = LAYOUTS[layout](rng, root, {name: array for name, (array, _) in made.items()}, group)
    reading = Reading(parsed(mapping.encode(), "m.toml")) if mapping else AS_IT_IS
    source = scan([root], reading=reading)
    for problem in source.problems:
        # Only what no wire type carries may be refused; and it is, in so many words.
        assert kind in {pa.int64(), pa.uint64()}, problem
        assert problem.path.startswith(str(root))
        assert problem.column is not None
        assert "store it within -2^53 to 2^53, or as float64" in str(problem)
    if kind not in {pa.int64(), pa.uint64()}:
        assert [one.record for one in source.records()] == ["r"]
    for record in source.records():
        assert record.fs == FS
        if not source.problems:
            # A lead of which nothing is stored but nulls is one all the same, of its length.
            assert {lead.name for lead in record.leads} == set(made)
        for lead in record.leads:
            _, expected = made[lead.name]
            if layout == "windows":
                shortest = min(len(array) for array, _ in made.values())
                expected = expected[:shortest]
            (column,) = source.read("r", [lead.name], 0, lead.length)
            dtype = lead.dtypes[0]
            held = column.cut(0, lead.length, dtype)
            found = [
                None if gone else v for v, gone in zip(held, is_missing(held, dtype), strict=True)
            ]
            longer = [None] * (len(found) - len(expected))
            assert layout == "wide" or not longer
            same_bits(found, [*expected, *longer])


def same_bits(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        if one is None or other is None:
            assert one is None
            assert other is None
        elif isinstance(other, np.floating):
            assert one.dtype == other.dtype
            assert one.tobytes() == other.tobytes()
        else:
            assert int(one) == other
            assert one == int(one)
