from ecgstream.model.annotation import BEATS, SYMBOLS, Annotation


def test_the_symbols_are_those_of_the_wfdb_package():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from wfdb.io.annotation import ann_label_table
    theirs = set(ann_label_table["symbol"]) - {" "}
    assert set(SYMBOLS) == theirs


def test_a_beat_is_one_of_nineteen_symbols_and_each_is_described():
    assert len(BEATS) == 19
    assert set(SYMBOLS) >= BEATS


def test_a_rhythm_change_is_no_beat():
    assert Annotation(18, "N").is_beat
    assert not Annotation(18, "+", aux_note="(AFIB").is_beat
