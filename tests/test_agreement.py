"""Agreement of two annotators, by the rules of bxb."""

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import sleepecg

from ecgstream.analysis.agreement import (
    CLASSES,
    Agreement,
    average,
    compare,
    gross,
    of_class,
    qrs,
)
from ecgstream.model.annotation import BEATS, Annotation, Annotations
from ecgstream.storage.catalog import scan
from tests.bxb import AAMI, bxb

FS = 360.0
WINDOW = 54
MITDB = Path(__file__).parent.parent / "data" / "mitdb"


def marks(*said: tuple[int, str] | tuple[int, str, int]) -> list[Annotation]:
    return [Annotation(*one) for one in said]


def agreement(reference: list[Annotation], test: list[Annotation], **more) -> Agreement:
    return compare(Annotations.of(reference), Annotations.of(test), FS, **more)


def counted(found: Agreement) -> Counter[tuple[str, str]]:
    table = found.counts
    return Counter(
        {
            (row, column): int(table[r, c])
            for r, row in enumerate(CLASSES)
            for c, column in enumerate(CLASSES)
            if table[r, c]
        }
    )


def test_a_beat_150_ms_away_is_the_same_and_a_sample_further_is_not() -> None:
    near = agreement(marks((1000, "N")), marks((1054, "N")))
    far = agreement(marks((1000, "N")), marks((1055, "N")))

    assert counted(near) == {("N", "N"): 1}
    assert counted(far) == {("N", "O"): 1, ("O", "N"): 1}


def test_the_window_is_rounded_to_samples_as_strtim_does() -> None:
    one, other = Annotations.of(marks((100, "N"))), Annotations.of(marks((138, "N")))

    assert qrs(compare(one, other, 250.0).counts).found == 1  # 37.5 samples are 38
    assert qrs(compare(one, other, 249.0).counts).found == 0  # 37.35 are 37


def test_of_two_beats_in_the_window_the_nearer_one_is_paired() -> None:
    found = agreement(marks((1000, "V")), marks((960, "N"), (1010, "V")))

    assert counted(found) == {("O", "N"): 1, ("V", "V"): 1}


def test_a_beat_is_paired_though_the_next_is_as_near_if_that_has_a_better_one() -> None:
    # The case that changed bxb on 24 November 2002, with its window of 37 samples.
    reference = Annotations.of(marks((96, "N"), (160, "N")))
    test = Annotations.of(marks((128, "N"), (185, "N")))

    assert qrs(compare(reference, test, 1000, window_s=0.037).counts).found == 2


def test_beats_within_flutter_are_not_read_and_those_of_the_test_there_excused() -> None:
    reference = marks((500, "N"), (1000, "["), (1200, "V"), (1400, "!"), (2000, "]"), (2500, "N"))

    found = agreement(reference, marks((500, "N"), (1200, "V"), (2000, "V"), (2500, "N")))

    assert counted(found) == {("N", "N"): 2}
    assert found.excused == 2


def test_flutter_in_the_test_excuses_nothing() -> None:
    found = agreement(marks((1200, "V")), marks((1000, "["), (1201, "V"), (2000, "]")))

    assert counted(found) == {("V", "O"): 1}


def test_beats_missed_while_nothing_could_be_read_are_told_apart() -> None:
    shut = [(1000, "~", 0x30), (2000, "~", 0)]

    missed = agreement(marks((1500, "N"), (3000, "N")), marks(*shut))
    extra = agreement(marks(*shut), marks((1500, "V"), (3000, "V")))

    assert counted(missed) == {("N", "X"): 1, ("N", "O"): 1}
    assert counted(extra) == {("X", "V"): 1, ("O", "V"): 1}


def test_a_signal_that_can_be_read_is_no_shutdown() -> None:
    noisy = marks((1000, "~", 0x10), (2000, "~", 0))

    assert counted(agreement(marks((1500, "N")), noisy)) == {("N", "O"): 1}


def test_a_lone_shutdown_mark_reaches_to_a_window_from_the_beats_beside_it() -> None:
    shut = marks((1000, "N"), (2000, "~", 0x30), (3000, "N"))
    beats = marks((1000, "N"), (1055, "N"), (2946, "N"), (3000, "N"))

    assert counted(agreement(beats, shut)) == {("N", "N"): 2, ("N", "X"): 2}


def test_what_is_learned_from_is_not_counted_but_may_be_a_partner() -> None:
    reference = marks((100, "N"), (1010, "V"), (2000, "N"))
    test = marks((100, "V"), (990, "V"), (2000, "V"))

    found = agreement(reference, test, start=1000)

    assert counted(found) == {("V", "V"): 1, ("N", "V"): 1}
    assert found.sample.tolist() == [1010, 2000]


def test_what_lies_behind_the_end_is_not_counted_but_may_be_a_partner() -> None:
    found = agreement(marks((990, "N"), (2000, "N")), marks((1010, "N"), (2000, "N")), length=1000)

    assert counted(found) == {("N", "N"): 1}


def test_an_uncertain_beat_called_ventricular_is_no_false_alarm() -> None:
    found = agreement(
        marks((1000, "F"), (2000, "Q"), (3000, "N")), marks((1000, "V"), (2000, "V"), (3000, "V"))
    )

    assert of_class(found.counts, "V").extra == 1
    assert of_class(found.counts, "F").missed == 1
    assert qrs(found.counts).f1 == 1.0


def test_nothing_to_divide_by_is_none_and_no_zero() -> None:
    nothing = agreement([], [])

    score = qrs(nothing.counts)
    assert (score.sensitivity, score.predictivity, score.f1) == (None, None, None)
    assert average([None, 0.5, None, 1.0]) == 0.75
    assert average([None]) is None


def test_gross_counts_beats_and_average_counts_records() -> None:
    one = agreement(marks((1000, "N")), marks()).counts
    many = agreement(
        marks(*[(n * 500, "N") for n in range(1, 10)]),
        marks(*[(n * 500, "N") for n in range(1, 10)]),
    ).counts

    together = qrs(gross([one, many]))
    assert together.sensitivity == 0.9
    assert average([qrs(one).sensitivity, qrs(many).sensitivity]) == 0.5


def test_errors_name_the_rows_of_both_sets() -> None:
    reference = marks((10, "+"), (1000, "N"), (2000, "V"), (3000, "N"))
    test = marks((1000, "V"), (3001, "N"), (4000, "N"))

    found = agreement(reference, test)

    errors = found.errors
    assert found.sample[errors].tolist() == [1000, 2000, 4000]
    assert found.reference[errors].tolist() == [1, 2, -1]
    assert found.test[errors].tolist() == [0, -1, 2]


def test_each_class_has_the_symbols_that_mark_a_beat_and_no_other() -> None:
    assert set(AAMI) == BEATS
    for symbol, name in AAMI.items():
        assert counted(agreement(marks((9, symbol)), marks((9, symbol)))) == {(name, name): 1}


def scribbled(dice: random.Random, count: int, span: int) -> list[Annotation]:
    """Marks as no heart makes them: every rule has its turn."""
    symbols = [*"NNNNNVVASFQ/", "[", "]", "~", "+"]
    subtypes = [0x30, 0x30, 0x10, 0, -1]
    return [
        Annotation(dice.randrange(span), symbol, dice.choice(subtypes) if symbol == "~" else 0)
        for symbol in dice.choices(symbols, k=count)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_it_counts_what_bxb_counts(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(200):
        span = dice.choice([500, 3_000, 20_000])
        reference = scribbled(dice, dice.randrange(60), span)
        test = scribbled(dice, dice.randrange(60), span)
        if dice.random() < 0.5:
            test = [
                Annotation(max(0, mark.sample + dice.randrange(-60, 60)), mark.symbol, mark.subtype)
                for mark in reference
                if dice.random() < 0.9
            ]
        start = dice.choice([0, 0, span // 4])
        length = dice.choice([span, span // 2])

        found = agreement(reference, test, start=start, length=length)

        assert counted(found) == bxb(reference, test, window=WINDOW, start=start, length=length)


def test_on_real_records_a_detector_scores_what_bxb_gives_it() -> None:
    source = scan([MITDB])
    seen = 0
    for record in source.records():
        name = record.record
        (lead, *_) = record.leads
        (column,) = source.read(name, [lead.name], 0, lead.length)
        signal = (column.samples - lead.baseline) / lead.gain
        beats = sleepecg.detect_heartbeats(np.asarray(signal, np.float64), lead.fs)
        reference = source.annotations(name, "atr")
        test = [Annotation(int(beat), "N") for beat in beats]
        for start in (0, int(300 * record.fs)):
            found = compare(
                reference, Annotations.of(test), record.fs, start=start, length=record.length
            )
            assert counted(found) == bxb(
                reference.listed(), test, window=WINDOW, start=start, length=record.length
            )
        assert (qrs(found.counts).f1 or 0) > 0.95
        seen += 1
    assert seen == 6
