"""What models say, from Parquet and CSV."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.errors import SourceCorrupt
from ecgstream.model.annotation import ANYWHERE, POINT
from ecgstream.storage.written.overlay_files import MOST_LABELS, About, parse

RECORDS = {
    "00100": About(360.0, 650_000, ("MLII", "V5")),
    "r2": About(250.0, 1_000, ("II",)),
}


def csv(*lines: str, record: str | None = None):
    body = io.BytesIO("\n".join([*lines, ""]).encode())
    return parse(body, ".csv", RECORDS.get, record, "model.csv")


def parquet(**columns):
    body = io.BytesIO()
    pq.write_table(pa.table(columns), body)
    body.seek(0)
    return parse(body, ".parquet", RECORDS.get, None, "model.parquet")


def test_rows_go_to_their_records_in_order_of_time() -> None:
    found = csv(
        "record,sample,label,score,lead,end",
        "00100,900,AFIB,0.5,,1800",
        "r2,7,V,1,II,",
        "00100,10,N,,V5,",
    )

    one, two = found.of["00100"], found.of["r2"]
    assert one.sample.tolist() == [10, 900]
    assert [one.label(0), one.label(1)] == ["N", "AFIB"]
    assert one.extras.stop.tolist() == [POINT, 1800]
    assert one.extras.score[1] == 0.5
    assert np.isnan(one.extras.score[0])
    assert one.extras.lead.tolist() == [1, ANYWHERE]
    assert one.extras.leads == ("MLII", "V5")
    assert two.sample.tolist() == [7]


def test_a_label_of_wfdb_is_a_symbol_and_any_other_is_said_in_words() -> None:
    (one,) = csv("record,sample,label", "r2,1,V", "r2,2,noisy").of.values()

    assert [(mark.symbol, mark.aux_note) for mark in one.listed()] == [("V", ""), ('"', "noisy")]


def test_seconds_become_the_nearest_sample_of_the_record() -> None:
    (one,) = csv("record,time,end,label", "r2,0.0101,0.0221,x").of.values()

    assert one.sample.tolist() == [3]  # 2.525
    assert one.extras.stop.tolist() == [6]  # 5.525


def test_a_row_may_say_twice_where_it_is_if_it_says_the_same() -> None:
    found = csv(
        "record,sample,time,label",
        "r2,7,0.03,N",  # 0.028, in hundredths
        "r2,9,,N",
        "elsewhere,9,77.7,N",
    )

    assert found.of["r2"].sample.tolist() == [7, 9]


def test_numbers_as_text_are_said_to_be_text() -> None:
    with pytest.raises(SourceCorrupt, match="'sample': is string; expected numbers"):
        parquet(record=["r2"], sample=["5"], label=["N"])


def test_parquet_gives_what_csv_gives() -> None:
    rows = {
        "record": ["r2", "00100"],
        "sample": pa.array([5, 6], pa.int32()),
        "symbol": pa.array(["N", "V"]).dictionary_encode(),
        "score": pa.array([0.25, None], pa.float32()),
        "embedding": [[1.0], [2.0]],
    }

    found = parquet(**rows)
    other = csv("record,sample,symbol,score,embedding", "r2,5,N,0.25,a", "00100,6,V,,b")

    for name in ("r2", "00100"):
        assert found.of[name].listed() == other.of[name].listed()
        np.testing.assert_array_equal(found.of[name].extras.score, other.of[name].extras.score)


def test_rows_of_records_that_are_not_here_are_counted_and_hold_nothing_up() -> None:
    found = csv("record,sample,label", "elsewhere,-5,N", "elsewhere,9,N", "r2,9,N")

    assert found.unknown == {"elsewhere": 2}
    assert list(found.of) == ["r2"]


def test_without_a_column_of_records_they_are_those_of_the_one_that_is_said() -> None:
    assert csv("sample,label", "9,N", record="r2").of["r2"].sample.tolist() == [9]
    with pytest.raises(SourceCorrupt, match="'record': is not there: whose marks are these"):
        csv("sample,label", "9,N")


def test_no_row_at_all_is_a_set_with_nothing_in_it() -> None:
    assert csv("record,sample,label").of == {}
    assert len(csv("sample,label", record="r2").of["r2"]) == 0


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["record,label", "r2,N"], "'sample': is not there, nor is `time`"),
        (["record,sample", "r2,1"], "'label': is not there"),
        (["record,sample,label", "r2,1,"], "'label': row 1 is empty"),
        (["record,sample,label", "r2,1,N", "r2,,N"], "'sample': row 2 is empty"),
        (["record,sample,label", "r2,1.5,N"], "'sample': row 1 is no whole number"),
        (
            ["record,sample,label", "r2,1,N", "r2,,N", "r2,early,N"],
            "'sample': row 3 is 'early'; expected a number",
        ),
        (["record,time,label", "r2,2020-01-01,N"], "'time': row 1 is '2020-01-01'; expected a"),
        (["record,sample,label,score", "r2,1,N,.5", "r2,2,N,high"], "'score': row 2 is 'high'"),
        (
            ["record,sample,time,label", "r2,500,2.0,N", "r2,7,,N", "r2,7,3.5,N"],
            "'sample': row 3 has sample 7, and time 3.5 s, which is sample 875 at 250 Hz",
        ),
        (["record,sample,label", "r2,1001,N"], "'sample': row 1 lies outside its record"),
        (["record,sample,label", "r2,-1,N"], "'sample': row 1 lies outside its record"),
        (["record,time,label", "r2,4.1,N"], "'time': row 1 lies outside its record"),
        (["record,sample,end,label", "r2,9,8,N"], "'end': row 1 lies before its beginning"),
        (["record,sample,end,label", "r2,9,1001,N"], "'end': row 1 lies behind the end"),
        (["record,sample,label,score", "r2,9,N,inf"], "'score': row 1 is no finite number"),
        (
            ["record,sample,label,lead", "r2,9,N,V9"],
            "row 1: record 'r2' has no lead 'V9'; it has II",
        ),
        (["record,sample,label,label", "r2,9,N,N"], "'label': is there twice"),
        (["record,sample,label", "r2,9"], "could not be read"),
    ],
)
def test_what_is_wrong_is_told_with_file_column_and_row(lines, message) -> None:
    with pytest.raises(SourceCorrupt, match=r"file model\.csv") as raised:
        csv(*lines)

    assert message in str(raised.value)


def test_texts_are_no_classes() -> None:
    rows = [f"r2,1,label {n}" for n in range(MOST_LABELS + 1)]

    with pytest.raises(SourceCorrupt, match="different labels"):
        csv("record,sample,label", *rows)


def test_a_file_that_is_no_parquet_is_said_to_be_none() -> None:
    with pytest.raises(SourceCorrupt, match="could not be read"):
        parse(io.BytesIO(b"PAR1 not"), ".parquet", RECORDS.get, None, "model.parquet")


def test_marks_are_kept_by_score_and_label() -> None:
    (one,) = csv(
        "record,sample,label,score", "r2,1,N,0.5", "r2,2,AFIB,0.4", "r2,3,V,", "r2,4,AFIB,0.6"
    ).of.values()

    assert one.kept(0.5).tolist() == [True, False, True, True]
    assert one.kept(None, ["AFIB"]).tolist() == [False, True, False, True]
    assert one.kept(0.5, ["N", "AFIB"]).tolist() == [True, False, False, True]
    assert one.kept(0.5, ['"']).tolist() == [False, False, False, False]
