"""The examples in docs/sessions.md are events that the server takes."""

import json

import msgspec

from ecgstream.model.session import Mark, Note, Pointer, View, check_order, read
from tests.serving import ROOT

PAGE = (ROOT / "docs/sessions.md").read_text()


def examples():
    return PAGE.split("```json\n")[1].split("```")[0].splitlines()


def test_the_example_is_a_log():
    events = read(line.encode() for line in examples())
    check_order(events, 0, first=True)
    assert [type(event) for event in events] == [View, Pointer, View, Note, Mark]
    for line, event in zip(examples(), events, strict=True):
        assert json.loads(line) == json.loads(msgspec.json.encode(event))


def test_every_field_of_a_view_is_told():
    for name in View.__struct_fields__:
        assert f"`{name}`" in PAGE, name
