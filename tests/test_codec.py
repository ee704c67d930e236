"""Stored records to bytes and back."""

import contextlib
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import fs

from ecgstream.storage.catalog import scan
from ecgstream.storage.identity import identity_of
from ecgstream.storage.index.codec import Codec, Undecodable, known_classes
from ecgstream.storage.index.squeezing import COMMONS_MOST, Squeezed, commons_of, kept
from ecgstream.storage.stored import StoredRecord, Track
from tests.serving import DATA

LOCAL = fs.LocalFileSystem()


@dataclass(frozen=True)
class Leaf:
    value: object


@dataclass(frozen=True)
class Node:
    first: object
    leaf: Leaf | None
    many: tuple[Leaf, ...] = ()


CODEC = Codec(Node, [LOCAL])

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.fractions(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text() | st.integers(0, 9), inner, max_size=3)
        | st.builds(Leaf, inner)
    ),
    max_leaves=8,
)


def alike(one, other):
    assert type(one) is type(other)
    assert one == other
    assert repr(one) == repr(other)


@given(VALUES, st.lists(st.builds(Leaf, VALUES), max_size=2).map(tuple))
def test_what_is_encoded_comes_back_the_same(value, many):
    node = Node(value, Leaf(1.0), many)
    data = CODEC.encode(node)
    alike(CODEC.decode(data), node)
    alike(CODEC.first(data), value)


@pytest.mark.parametrize("kind", ["<i2", "<i8", "<f4", "<f8", "|b1"])
@pytest.mark.parametrize("shape", [(0,), (5,), (2, 3), (3, 0, 2)])
def test_arrays_keep_type_shape_and_bits(kind, shape):
    array = np.arange(int(np.prod(shape))).reshape(shape).astype(kind)
    array[..., :1] = np.nan if kind[1] == "f" else 1
    back = CODEC.decode(CODEC.encode(Node(array, None))).first
    assert (back.dtype, back.shape, back.tobytes()) == (array.dtype, array.shape, array.tobytes())


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=15, max_size=40))
def test_many_whole_numbers_are_kept_by_their_steps(values):
    array = np.array(values, np.int64)
    back = CODEC.decode(CODEC.encode(Node(array, None))).first
    assert back.dtype == np.int64
    assert np.array_equal(back, array)


def test_a_thousand_row_groups_take_no_room_in_each_record():
    groups = np.arange(0, 100_001, 100)
    packed = Squeezed(b"").pack(CODEC.encode(Node(groups, None)))
    assert len(packed) < 100


def test_what_is_shared_stays_shared():
    leaf, array = Leaf("x" * 1000), np.arange(1000)
    data = CODEC.encode(Node(array, leaf, (leaf, Leaf(array), leaf)))
    back = CODEC.decode(data)
    assert back.many[0] is back.leaf is back.many[2]
    assert back.many[1].value is back.first
    assert len(data) < 9_500


def test_numbers_of_numpy_become_plain_ones_and_file_systems_their_places():
    back = CODEC.decode(CODEC.encode(Node((np.float64(0.1), np.int16(3), LOCAL), None)))
    assert back.first == (0.1, 3, LOCAL)
    assert [type(one) for one in back.first[:2]] == [float, int]
    assert isinstance(CODEC.decode(CODEC.encode(Node(Fraction(1, 3), None))).first, Fraction)


def test_a_class_that_no_annotation_leads_to_is_refused():
    with pytest.raises(TypeError, match="cannot keep a Node"):
        Codec(Leaf, []).encode(Leaf(Node(1, None)))
    with pytest.raises(TypeError, match="cannot keep a set"):
        CODEC.encode(Node({1}, None))


def test_another_field_is_another_version():
    @dataclass(frozen=True)
    class Leaf:
        value: object
        more: int = 0

    assert Codec(Leaf, []).version != Codec(known_classes(Node)[1], []).version


@given(st.binary(max_size=40))
def test_bytes_of_another_make_are_refused_and_nothing_else_happens(data):
    with contextlib.suppress(Undecodable):
        CODEC.decode(data)
    with contextlib.suppress(Undecodable):
        CODEC.first(data)


def test_every_record_of_the_demo_comes_back_and_has_the_same_identity():
    source = scan([DATA])
    stored = [source._stored(one.record) for one in source.records()]
    codec = Codec(StoredRecord, [stored[0].files()[0].place.filesystem])
    assert Track in known_classes(StoredRecord)
    packed = [codec.encode(one) for one in stored]
    squeezed = Squeezed.after(packed)
    for one, data in zip(stored, packed, strict=True):
        back = codec.decode(squeezed.unpack(squeezed.pack(data)))
        assert back.record == one.record == codec.first(data)
        assert identity_of(back) == identity_of(one)
        tracks = {id(lead.track) for lead in back.leads.values()}
        assert len(tracks) == len({id(lead.track) for lead in one.leads.values()})


def test_what_many_have_in_common_is_kept_once():
    many = [b"the same words in all of them, again and again: %d" % n for n in range(50)]
    squeezed = Squeezed.after(many[:10])
    assert all(len(squeezed.pack(one)) < len(one) / 2 for one in many)
    again = Squeezed(squeezed.common)
    assert [again.unpack(squeezed.pack(one)) for one in many] == many
    with pytest.raises(Undecodable):
        squeezed.unpack(b"no such thing")
    with pytest.raises(Undecodable):
        Squeezed(b"other words").unpack(squeezed.pack(many[0]))


def test_what_one_kind_has_in_common_is_learned_beside_another_and_each_is_read_again():
    rows = [b"a row of twelve leads, which are I II III and so on: %d" % n for n in range(64)]
    other = Squeezed.after(
        [b"hours of two leads, one file each, and what lies where: %d" % n for n in range(9)]
    )
    found = Squeezed.fitting(rows[:16], [other.common])
    assert found.common not in {other.common, b""}
    assert sum(len(found.pack(one)) for one in rows) < sum(map(len, rows)) / 3
    reader = Squeezed(b"", [other.common, found.common])
    assert [reader.unpack(found.pack(one)) for one in rows] == rows
    hours = b"hours of two leads, one file each"
    assert reader.unpack(other.pack(hours)) == reader.unpack(Squeezed(b"").pack(hours)) == hours
    with pytest.raises(Undecodable):
        Squeezed(other.common).unpack(found.pack(rows[0]))
    for damaged in (b"", b"x", found.pack(rows[0])[:4]):
        with pytest.raises(Undecodable):
            reader.unpack(damaged)


def test_nothing_new_is_learned_of_what_is_known_already():
    rows = [b"a row of twelve leads, which are I II III and so on: %d" % n for n in range(64)]
    known = [b"", Squeezed.after(rows[40:]).common]
    assert Squeezed.fitting(rows[:16], known).common == known[1]
    many = [b"%d" % n for n in range(COMMONS_MOST)]
    assert Squeezed.fitting(rows[:16], many).common in many


@pytest.mark.parametrize("said", [None, b"", b"no list", kept([b"a"])[:-1]])
def test_what_is_damaged_of_what_records_have_in_common_is_nothing(said):
    assert commons_of(said) == []
    assert commons_of(kept([b"a", b"b"])) == [b"a", b"b"]
