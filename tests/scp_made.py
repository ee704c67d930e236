"""Writes SCP-ECG files, by the standard and without the code under test."""

import binascii
import struct

import numpy as np


def bits_of(value, count):
    return format(value & ((1 << count) - 1), f"0{count}b")


def huffman(values):
    """The standard's table: 0 in one bit, to 8 in ones, more in 8 or 16 bits."""
    out = []
    for value in map(int, values):
        if value == 0:
            out.append("0")
        elif abs(value) <= 8:
            out.append("1" * abs(value) + "0" + ("1" if value < 0 else "0"))
        elif -128 <= value <= 127:
            out.append("1111111110" + bits_of(value, 8))
        else:
            assert -32768 <= value <= 32767
            out.append("1111111111" + bits_of(value, 16))
    stream = "".join(out)
    stream += "0" * (-len(stream) % 8)
    return bytes(int(stream[at : at + 8], 2) for at in range(0, len(stream), 8))


def differences(values, order):
    values = np.asarray(values, np.int64)
    # The first samples as they are. In 16 bits, as devices count.
    values = np.concatenate((values[:order], np.diff(values, order)))
    return values.astype(np.int16).astype(np.int64)


def section(number, body, protocol=20, crc=True):
    body += b"\0" * (len(body) % 2)
    rest = struct.pack("<HIBB6x", number, 16 + len(body), protocol, protocol) + body
    return struct.pack("<H", binascii.crc_hqx(rest, 0xFFFF) if crc else 0) + rest


def signals(nv, us, leads, order=0, *, packed=True, bimodal=False):
    """The body of section 5 or 6."""
    chunks = []
    for values in leads:
        rest = differences(values, order)
        raw = huffman(rest) if packed else np.asarray(rest, "<i2").tobytes()
        chunks.append(raw + b"\0" * (len(raw) % 2))
    head = struct.pack("<HHBB", nv, us, order, int(bimodal))
    return head + struct.pack(f"<{len(chunks)}H", *map(len, chunks)) + b"".join(chunks)


def definition(leads, flags=4):
    """The body of section 3: (start, end, code) a lead."""
    return bytes([len(leads), flags]) + b"".join(
        struct.pack("<IIB", start, end, code) for start, end, code in leads
    )


def complexes(length_ms, middle, found, zones=()):
    """The body of section 4: (type, start, fiducial, end) a complex, (from, to) a zone."""
    return (
        struct.pack("<HHH", length_ms, middle, len(found))
        + b"".join(struct.pack("<HIII", *one) for one in found)
        + b"".join(struct.pack("<II", *one) for one in zones)
    )


def tag(number, value):
    return struct.pack("<BH", number, len(value)) + value


def person(*tags):
    """The body of section 1."""
    return b"".join(tag(*one) for one in tags) + tag(255, b"")


def made(bodies, protocol=20, crc=True):
    """A file of {number: body}."""
    pointers, rest = b"", b""
    at = 7 + 16 + 10 * 12
    for number in range(1, 12):
        length = 0
        if number in bodies:
            one = section(number, bodies[number], protocol, crc)
            length = len(one)
            rest += one
        pointers += struct.pack("<HII", number, length, at if length else 0)
        at += length
    pointers = struct.pack("<HII", 0, 16 + 10 * 12, 7) + pointers
    head = struct.pack("<HIBB6s", 0, 16 + 120, protocol, protocol, b"SCPECG") + pointers
    whole = struct.pack("<H", binascii.crc_hqx(head, 0xFFFF) if crc else 0) + head + rest
    whole = struct.pack("<I", 6 + len(whole)) + whole
    return struct.pack("<H", binascii.crc_hqx(whole, 0xFFFF) if crc else 0) + whole
