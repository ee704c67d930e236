"""Files of one record that do not fit together: told what differs, and every one that goes with it."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.foreign.proposing import spelled
from ecgstream.storage.index.index_values import Told
from ecgstream.storage.index.left_out import count_of

X = np.round(np.sin(np.arange(2_500) / 40), 3)
ADC = {"unit": "mV", "gain": "200"}


def part(
    root: Path, number: int, column: str, values: object, metadata: dict[str, str], *, fs: int = 250
) -> None:
    """Write ten seconds of a record, ten seconds after the last."""
    folder = root / "patient=9/session=1"
    folder.mkdir(parents=True, exist_ok=True)
    times = 10_000 * number + np.arange(len(X)) * (1000 // fs)
    table = pa.table({"time_ms": times, "I": X, column: values})
    said = {"I": {"unit": "mV"}, column: metadata}
    fields = [field.with_metadata(said.get(field.name, {})) for field in table.schema]
    pq.write_table(table.cast(pa.schema(fields)), folder / f"part-{number}.parquet")


def mended(root: Path, detail: str) -> dict[str, list[str]]:
    """Scan with what a problem proposes; return the leads of each record there is then."""
    mapping = spelled(detail).partition("say in a mapping:\n")[2] + "\n"
    source = scan([root], reading=Reading(parsed(mapping.encode(), "m")))
    assert not source.problems
    return {one.record: [lead.name for lead in one.leads] for one in source.records()}


@pytest.mark.parametrize(
    ("column", "values", "metadata", "told"),
    [
        ("II_uV", X * 1000, {}, "its column is 'II_uV', not 'II_mV', its unit is 'uV', not 'mV'"),
        ("II_mV", X * 1000, {"gain": "1000"}, "its gain is 1000, not 1;"),
        ("II_mV", X, {"gain": "1", "baseline": "5"}, "its baseline is 5, not 0;"),
        ("II_mV", X, {"missing_value": "9"}, "its value of what is missing is 9, not none;"),
    ],
)
def test_it_is_told_what_differs_and_the_mapping_serves_both(
    tmp_path: Path, column: str, values: object, metadata: dict[str, str], told: str
):
    part(tmp_path, 0, "II_mV", X, {})
    part(tmp_path, 1, column, values, metadata)
    (problem,) = scan([tmp_path]).problems
    assert f"lead 'II' is another one than in {tmp_path}/patient=9/session=1/part-0" in str(problem)
    assert told in str(problem)
    assert str(problem.path).endswith("part-1.parquet")
    assert "; left out with it, of the same record: part-0.parquet;" in problem.detail
    assert problem.also == (f"{tmp_path}/patient=9/session=1/part-0.parquet",)
    assert count_of([problem]) == 2
    assert Told.of(problem).error().also == problem.also
    assert mended(tmp_path, problem.detail) == {"9.1": ["I", "II"], "9.1.part-1": ["I", "II"]}


def test_a_unit_that_one_file_does_not_say_is_proposed_as_the_other_one_has_it(tmp_path: Path):
    part(tmp_path, 0, "II", X, {"unit": "mV"})
    part(tmp_path, 1, "II", X, {})
    (problem,) = scan([tmp_path]).problems
    assert "its unit is not known, not 'mV'" in str(problem)
    assert mended(tmp_path, problem.detail) == {"9.1": ["I", "II"]}


def test_files_of_other_rates_are_told_with_them_and_all_are_named(tmp_path: Path):
    part(tmp_path, 0, "II", X, ADC)
    part(tmp_path, 1, "II", X, ADC, fs=500)
    part(tmp_path, 2, "II", X, ADC)
    (problem,) = scan([tmp_path]).problems
    folder = f"{tmp_path}/patient=9/session=1"
    told = f"they make 250 Hz in {folder}/part-0.parquet, 500 Hz in {folder}/part-1.parquet, and"
    assert told in str(problem)
    paths = [str(one)[-14:] for one in (problem.path, *problem.also)]
    assert sorted(paths) == [f"part-{k}.parquet" for k in range(3)]
    assert mended(tmp_path, problem.detail) == {"9.1": ["I", "II"], "9.1.part-1": ["I", "II"]}


def test_a_rate_said_of_one_file_does_not_hide_that_another_has_its_own(tmp_path: Path):
    part(tmp_path, 0, "II", X, ADC)
    part(tmp_path, 1, "II", X, ADC, fs=500)
    mapping = b'[[table]]\nfiles = "patient=9/session=1/part-1.parquet"\nfs = 500\n'
    said = Reading(parsed(mapping, "m"))
    assert said.mapping is not None
    assert said.mapping.tables[0].rate() == Fraction(500)
    (problem,) = scan([tmp_path], reading=said).problems
    assert "they make 250 Hz in" in str(problem)
    assert 'time = "none"' not in str(problem)


def test_a_file_with_no_time_column_takes_the_others_with_it_by_name(tmp_path: Path):
    part(tmp_path, 0, "II", X, ADC)
    part(tmp_path, 1, "II", X, ADC)
    bare = pa.table({"II": X}, metadata=ADC | {"fs": "250"})
    pq.write_table(bare, tmp_path / "patient=9/session=1/part-2.parquet")
    (problem,) = scan([tmp_path]).problems
    paths = [str(one)[-14:] for one in (problem.path, *problem.also)]
    assert sorted(paths) == [f"part-{k}.parquet" for k in range(3)]
