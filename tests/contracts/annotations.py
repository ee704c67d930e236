"""What every SignalSource promises of the annotations beside its signals."""

import pytest

from ecgstream.errors import AnnotationsNotFound, RecordNotFound
from ecgstream.model.annotation import Annotation, AnnotationHead

ATR = [
    Annotation(18, "+", aux_note="(N"),
    Annotation(370, "V", 1, 1, -3),
    Annotation(77, "N", chan=1),
    Annotation(77, "V"),
    Annotation(5, "N", aux_note="first"),
]
QRS = [Annotation(9, "N"), Annotation(11, "N")]
HEADS = [AnnotationHead("atr", 100.0, 5, "made up"), AnnotationHead("qrs", 250.0, 2, "made up")]


def rows(found):
    """Return columns as annotations, and check that they are as long as each other."""
    assert len(found) == len(found.symbol) == len(found.aux_note) == len(found.chan)
    return [
        Annotation(sample, found.symbols[symbol], *rest, found.aux_notes[note])
        for sample, symbol, *rest, note in zip(
            found.sample.tolist(),
            found.symbol.tolist(),
            found.subtype.tolist(),
            found.chan.tolist(),
            found.num.tolist(),
            found.aux_note.tolist(),
            strict=True,
        )
    ]


class AnnotationContract:
    """Subclasses give a fixture `annotated`: record r1 with ATR at 100 Hz and QRS at 250 Hz, none."""

    def test_the_sets_of_a_record_are_known_unread_and_sorted(self, annotated):
        assert list(annotated.annotation_sets("r1")) == HEADS
        assert list(annotated.annotation_sets("r2")) == []

    def test_annotations_are_sorted_and_those_of_one_sample_keep_their_order(self, annotated):
        found = annotated.annotations("r1", "atr")
        assert rows(found) == [ATR[4], ATR[0], ATR[2], ATR[3], ATR[1]]

    def test_each_set_is_read_by_its_name(self, annotated):
        assert rows(annotated.annotations("r1", "qrs")) == QRS

    def test_a_set_or_record_that_is_not_there_is_named(self, annotated):
        with pytest.raises(AnnotationsNotFound, match="no annotation set 'ann'; it has atr, qrs"):
            annotated.annotations("r1", "ann")
        with pytest.raises(AnnotationsNotFound, match="it has none"):
            annotated.annotations("r2", "atr")
        for ask in (annotated.annotation_sets, lambda name: annotated.annotations(name, "atr")):
            with pytest.raises(RecordNotFound):
                ask("r3")
