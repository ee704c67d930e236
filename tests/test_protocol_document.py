"""The examples in docs/protocol.md are the bytes that this server reads and writes."""

import json
import re

import msgpack
import pytest

from ecgstream.wire import commands, events
from ecgstream.wire.frames import HEAD_BYTES, decode
from tests.serving import ROOT

PAGE = (ROOT / "docs/protocol.md").read_text()
EXAMPLES = re.findall(r"```msgpack\n(.+?)\n\n(.+?)\n```", PAGE, re.DOTALL)


def noted(text):
    """Return the value that the page's notation stands for."""
    bare = re.sub(r"h'([0-9a-f ]*)'", lambda m: json.dumps({"bin": m[1]}), " ".join(text.split()))
    value = json.loads(re.sub(r"\bnil\b", "null", bare))
    if isinstance(value, list):
        value[3] = bytes.fromhex(value[3]["bin"])
    return value


@pytest.mark.parametrize(("notation", "hexes"), EXAMPLES)
def test_an_example_says_the_same_in_both_notations(notation, hexes):
    assert msgpack.unpackb(bytes.fromhex(hexes)) == noted(notation)


def test_every_kind_of_message_has_an_example():
    values = [noted(notation) for notation, _ in EXAMPLES]
    kinds = {v.get("op") or v.get("type") for v in values if isinstance(v, dict)}
    assert {"subscribe", "seek", "ping", "subscribed", "state", "gap", "end", "error"} <= kinds
    assert any(isinstance(value, list) for value in values)


@pytest.mark.parametrize(("notation", "hexes"), [one for one in EXAMPLES if '"op"' in one[0]])
def test_a_command_of_the_page_is_one(notation, hexes):
    assert type(commands.decode(bytes.fromhex(hexes))).__name__.lower() == noted(notation)["op"]


@pytest.mark.parametrize(("notation", "hexes"), [one for one in EXAMPLES if '"type"' in one[0]])
def test_an_event_of_the_page_has_the_fields_that_are_sent(notation, hexes):
    value = noted(notation)
    kind = getattr(events, value["type"].capitalize())
    fields = kind.__struct_fields__
    if kind.__struct_config__.omit_defaults:
        fields = fields[: -len(kind.__struct_defaults__)]
    assert list(value) == ["type", *fields]


def test_the_frame_of_the_page_holds_what_the_page_says_of_it():
    (hexes,) = [hexes for notation, hexes in EXAMPLES if notation.startswith("[")]
    payload = bytes.fromhex(hexes)
    frame = decode(payload, {1: "i2"})
    assert len(payload) == HEAD_BYTES + frame.samples.nbytes
    physical = (frame.samples - 1024.0) / 200
    assert physical[0, :3].tolist() == [0, 0.04, 1]
    assert frame.samples[0, 3] == -32768
    assert physical[1].tolist() == [-0.02, -0.015, -0.025, 0]


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Commands", commands.OPS),
        ("Events", {kind.__struct_config__.tag for kind in events.Event.__subclasses__()}),
    ],
)
def test_the_page_names_all_there_is(title, names):
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    for name in names - {"welcome"}:
        assert f"`{name}`" in section, name


def test_the_python_client_of_the_page_can_be_compiled():
    (code,) = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
    compile(code, "docs/protocol.md", "exec")
