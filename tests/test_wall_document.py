"""The walls in docs/wall.md are walls."""

import re

from ecgstream.model.wall import parse, tried
from tests.serving import ROOT

PAGE = (ROOT / "docs/wall.md").read_text()


def test_the_wall_of_the_page_is_one():
    (text,) = re.findall(r"```toml\n(.+?)```", PAGE, re.DOTALL)
    (wall,) = parse(text).values()
    assert (wall.name, [bed.label for bed in wall.beds]) == ("icu-2", ["Bed 1", "Bed 2"])


def test_the_beds_in_its_addresses_are_beds():
    said = re.findall(r"beds=([^&'\s]+)", PAGE)
    assert [len(tried(beds, "T").beds) for beds in said] == [3, 2]


def test_every_field_has_a_row():
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    (text,) = re.findall(r"```toml\n(.+?)```", PAGE, re.DOTALL)
    fields = re.findall(r"^(\w+) =", text, re.MULTILINE)
    assert {*fields, "beds"} == set(rows)
