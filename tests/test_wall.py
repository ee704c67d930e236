"""What a wall can be, what is refused in which words, and how it is written."""

import pytest

from ecgstream.errors import BadWall
from ecgstream.model.record import Lead, Record
from ecgstream.model.wall import DEMO_BEDS, Bed, Dim, Wall, check_name, demo, parse, to_toml, tried

WHOLE = """
[walls.icu-2]
title = "ICU 2"
mm_per_s = 50
mm_per_mv = 20
privacy = true
dim = { from = "22:00", to = "06:00", brightness = 0.4 }
[[walls.icu-2.beds]]
label = "Bed 1"
pseudonym = "PX-17"
record = "100-pq"
leads = ["MLII"]
[[walls.icu-2.beds]]
label = "Bed 2"
record = "102-pq"
"""
LEAST = '[walls.a]\ntitle = "A"\n[[walls.a.beds]]\nlabel = "1"\nrecord = "r"\n'


def lead(name: str, *, kind: str = "ecg", fs: float = 250.0, length: int = 1_000, **more) -> Lead:
    unit, dtypes = more.get("unit", "mV"), more.get("dtypes", ("i2",))
    return Lead(name, unit, 200.0, 0.0, kind, fs, length, dtypes)


def record(name: str, *leads: Lead, patient: str | None = None) -> Record:
    return Record(name, patient or name, leads or (lead("II"),), None, None, None, None)


def test_a_file_is_read_with_all_that_it_says():
    assert parse(WHOLE) == {
        "icu-2": Wall(
            "icu-2",
            "ICU 2",
            (Bed("Bed 1", "100-pq", ("MLII",), "PX-17"), Bed("Bed 2", "102-pq")),
            50.0,
            20.0,
            True,
            Dim("22:00", "06:00", 0.4),
        )
    }


def test_what_is_left_out_has_a_default():
    wall = parse(LEAST)["a"]
    assert (wall.mm_per_s, wall.mm_per_mv, wall.privacy, wall.dim) == (25.0, 10.0, False, None)
    assert wall.beds == (Bed("1", "r"),)


def bed(more: str, first: str = 'label = "1"\nrecord = "r"\n') -> str:
    return f'[walls.a]\ntitle = "A"\n[[walls.a.beds]]\n{first}{more}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"at least one wall.*\[walls.NAME\]"),
        ("[walls]", "at least one wall"),
        ("# nothing yet\n", "at least one wall"),
        ("[walls.a", "not TOML"),
        ("[wall.a]\ntitle = 'A'", "unknown field `wall`"),
        ("walls = 1", "walls: expected `object`, got `int`"),
        ("[walls]\na = 1", "wall 'a': expected `object`, got `int`"),
        ("[walls.a]\nbeds = []", "wall 'a': object missing required field `title`"),
        ("[walls.a]\ntitle = 'A'\nbeds = []", "wall 'a': beds: expected 1 to 36, got 0"),
        ("[walls.a]\ntitle = 'A'\nbeds = 1", "wall 'a': beds: expected `array`, got `int`"),
        ("[walls.a]\ntitle = 'A'\nbeds = [1]", "wall 'a': bed 1: expected `object`"),
        (LEAST.replace('"A"', "7"), "wall 'a': title: expected `str`, got `int`"),
        (LEAST.replace('"A"', '" "'), "wall 'a': title: expected 1 to 80 characters"),
        (LEAST.replace("walls.a", 'walls."a b"'), "wall 'a b': name 'a b': 1 to 64 of A-Z"),
        (LEAST.replace("walls.a", 'walls.".."'), r"name '\.\.': .*the first of them a letter"),
        (LEAST.replace("title", "mm_per_s = 30\ntitle"), r"mm_per_s: expected one of 12.5, 25, 50, got 30"),
        (LEAST.replace("title", "mm_per_mv = 1\ntitle"), r"mm_per_mv: expected one of 5, 10, 20, got 1"),
        (LEAST.replace("title", "privicy = true\ntitle"), "wall 'a': object contains unknown field `privicy`"),
        (LEAST.replace("title", "privacy = 1\ntitle"), "wall 'a': privacy: expected `bool`"),
        (bed("", 'label = "1"\n'), r"wall 'a': bed 1 \('1'\): object missing required field `record`"),
        (bed("", 'record = "r"\n'), "wall 'a': bed 1: object missing required field `label`"),
        (bed('lead = "I"\n'), r"bed 1 \('1'\): object contains unknown field `lead`"),
        (bed("leads = []\n"), r"bed 1 \('1'\): leads: expected 1 to 3 names"),
        (bed('leads = ["I", "II", "III", "V1"]\n'), "leads: expected 1 to 3 names, got 4"),
        (bed("leads = [1]\n"), r"bed 1 \('1'\): leads\[0\]: expected `str`"),
        (bed('pseudonym = "\\u0007"\n'), "pseudonym: expected printable characters, got U\\+0007"),
        (bed("", f'label = "{"x" * 41}"\nrecord = "r"\n'), "label: expected 1 to 40 characters, got 41"),
        (LEAST + LEAST.split("\n", 2)[2], r"wall 'a': bed 2: label '1' looks like that of bed 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_wall_bed_and_what_was_expected(text, said):
    with pytest.raises(BadWall, match=said):
        parse(text)


@pytest.mark.parametrize(
    ("dim", "said"),
    [
        ('from = "22:00", to = "06:00"', "dim: object missing required field `brightness`"),
        ('from = "24:00", to = "06:00", brightness = 1', 'dim.from: expected a time such as "22:00", got \'24:00\''),
        ('from = "22:00", to = "6:00", brightness = 1', "dim.to: expected a time"),
        ("from = 22:00:00, to = 06:00:00, brightness = 1", "dim.from: expected `str`, got `time`"),
        ('from = "22:00", to = "22:00", brightness = 1', "dim.to: the same as dim.from"),
        ('from = "22:00", to = "06:00", brightness = 0', "dim.brightness: expected 0.3 to 1, got 0"),
        ('from = "22:00", to = "06:00", brightness = nan', "dim.brightness: expected 0.3 to 1"),
        ('from = "22:00", to = "06:00", brightness = 1.1', "dim.brightness: expected 0.3 to 1"),
    ],
)  # fmt: skip
def test_a_night_that_cannot_be_is_refused(dim, said):
    with pytest.raises(BadWall, match=f"wall 'a': {said}"):
        parse(LEAST.replace("title", f"dim = {{ {dim} }}\ntitle"))


def test_a_wall_has_up_to_36_beds():
    beds = [Bed(f"Bed {k}", "r") for k in range(37)]
    assert len(Wall("a", "A", tuple(beds[:36])).beds) == 36
    with pytest.raises(BadWall, match="expected 1 to 36, got 37"):
        Wall("a", "A", tuple(beds))


def test_a_file_that_is_nested_without_end_is_no_toml():
    with pytest.raises(BadWall, match="not TOML"):
        parse("a = " + "[" * 100_000)


@pytest.mark.parametrize("name", ["icu-2", "A", "3.1_x", "x" * 64])
def test_such_names_can_stand_in_an_address(name):
    check_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "-a", "a/b", "a b", "ä", "x" * 65, "a\n"])
def test_such_names_cannot(name):
    with pytest.raises(BadWall):
        check_name(name)


# Its leads.


def test_a_bed_without_leads_shows_the_first_ecg_lead():
    one = record("r", lead("ABP", kind="abp"), lead("II"), lead("V"))
    assert [found.name for found in Bed("1", "r").choose(one)] == ["II"]


def test_leads_keep_their_order():
    one = record("r", lead("II"), lead("V"))
    assert [found.name for found in Bed("1", "r", ("V", "II")).choose(one)] == ["V", "II"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (lead("ABP", kind="pressure", unit="mmHg"), "lead 'ABP' is pressure with unit 'mmHg'"),
        (lead("X", unit=None), "lead 'X' is ecg with no unit"),
        (lead("X", unit="adu"), "lead 'X' is ecg with unit 'adu'"),
    ],
)
def test_what_has_no_place_on_ecg_paper_is_refused(other, said):
    one = record("r", lead("II"), other)
    with pytest.raises(BadWall, match=f"{said}; a wall draws ECG in a unit of voltage"):
        Bed("1", "r", ("II", other.name)).choose(one)


@pytest.mark.parametrize(
    ("leads", "said"),
    [
        (("X",), "has no lead 'X'; it has II, V, HR, W"),
        (("II", "II"), "a lead is named twice"),
        (("II", "HR"), r"of different rates \(1, 250 Hz\)"),
        (("II", "W"), "no one sample type carries them all"),
    ],
)
def test_leads_that_a_record_has_not_got_together_are_refused(leads, said):
    one = record("r", lead("II"), lead("V"), lead("HR", fs=1.0), lead("W", dtypes=("f8",)))
    with pytest.raises(BadWall, match=said):
        Bed("1", "r", leads).choose(one)


def test_a_record_without_an_ecg_hangs_nowhere():
    one = record("r", lead("HR", kind="numeric"), lead("SpO2", kind="numeric"))
    with pytest.raises(BadWall, match="lead 'HR' is numeric"):
        Bed("1", "r").choose(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Bed 1", " bed  1"), ("Zimmer \u00e9", "Zimmer e\u0301"), ("Bed 1", "Bed \uff11")],
)
def test_labels_that_nobody_can_tell_apart_are_refused(one, other):
    with pytest.raises(BadWall, match="looks like that of bed 1"):
        Wall("a", "A", (Bed(one, "r"), Bed(other, "s")))


@pytest.mark.parametrize(
    "label",
    [
        "\u0622\u06cc\u200c\u0633\u06cc\u200c\u06cc\u0648 1",
        "\U0001f469\u200d\u2695\ufe0f 1",
        "\u4e00\u53f7\u5e8a",
    ],
)
def test_a_label_may_be_in_any_writing(label):
    assert Bed(label, "r").label == label


# Tried out.


def test_an_address_is_a_wall_that_has_no_name():
    wall = tried("100-pq:MLII,V5;102-pq;100-pq", "Three")
    assert (wall.name, wall.title) == (None, "Three")
    assert wall.beds == (
        Bed("Bed 1", "100-pq", ("MLII", "V5")),
        Bed("Bed 2", "102-pq"),
        Bed("Bed 3", "100-pq"),
    )


@pytest.mark.parametrize(
    ("beds", "said"),
    [
        ("", "expected 1 to 36 beds with semicolons between, got 0"),
        (";".join(["r"] * 37), "got 37"),
        ("a;;b", "bed 2: expected record or record:lead,lead, got ''"),
        ("a;b:", "bed 2: expected record"),
        ("a;:I", "bed 2: expected record"),
        ("a;b:I,II,III,V1", "bed 2: leads: expected 1 to 3 names, got 4"),
    ],
)
def test_an_address_that_cannot_be_one_says_which_bed(beds, said):
    with pytest.raises(BadWall, match=said):
        tried(beds, "T")


# Written.


@pytest.mark.parametrize(
    "wall",
    [
        parse(WHOLE)["icu-2"],
        parse(LEAST)["a"],
        Wall(
            "v1.2",
            'T "q" \\ é 心',
            (Bed("'", "r", ('a"b', "x\\y", "\u007f\u0007\n", "é")[:3], "\u00a7"),),
            12.5,
            5.0,
        ),
    ],
)
def test_what_is_written_is_read_as_the_same_wall(wall):
    assert parse(to_toml(wall)) == {wall.name: wall}


@pytest.mark.parametrize(
    ("title", "name"), [("ICU 2", "icu-2"), ("  !", "wall"), ("é", "wall"), ("x" * 80, "x" * 64)]
)
def test_a_wall_without_a_name_is_written_with_one_of_its_title(title, name):
    assert list(parse(to_toml(tried("r", title if title.strip("! ") else "!")))) == [name]


# By itself.


def test_the_demo_has_the_longest_record_of_each_of_eight_patients_in_their_order():
    records = [
        record(f"{patient}{k}", lead("II", length=1_000 * patient + k), patient=f"p{patient}")
        for patient in range(1, 11)
        for k in range(3)
    ]
    wall = demo(records)
    wanted = sorted(range(3, 11), key=lambda patient: f"p{patient}")
    assert [bed.record for bed in wall.beds] == [f"{patient}2" for patient in wanted]
    assert [bed.label for bed in wall.beds] == [f"Bed {k}" for k in range(1, DEMO_BEDS + 1)]
    assert demo(records[::-1]) == wall


def test_seconds_count_and_not_samples():
    slow = [record(f"s{k}", lead("II", fs=100.0, length=2_000)) for k in range(8)]
    assert "fast" not in [b.record for b in demo([record("fast", lead("II", fs=1e3)), *slow]).beds]


def test_with_few_patients_they_have_several_beds_and_with_few_records_there_are_few():
    records = [record(f"r{k}", lead("II", length=100 + k), patient="p") for k in range(9)]
    assert [bed.record for bed in demo(records).beds] == [f"r{k}" for k in range(1, 9)]
    assert len(demo(records[:3]).beds) == 3


def test_only_where_there_is_an_ecg_lead_with_samples():
    nothing = [record("n", lead("HR", kind="numeric")), record("e", lead("II", length=0))]
    assert demo(nothing) is None
    assert [bed.record for bed in demo([*nothing, record("a")]).beds] == ["a"]
    assert demo([]) is None
