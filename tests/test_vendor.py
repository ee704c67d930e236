"""The browser's one library: there, whole, and the version that it says."""

import hashlib
from pathlib import Path

VENDOR = Path(__file__).parent.parent / "static" / "vendor"


def test_the_vendored_library_is_as_its_checksums_say():
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()
    said = {name: digest for digest, name in (line.split("  ") for line in lines)}
    there = {
        str(path.relative_to(VENDOR))
        for path in (VENDOR / "msgpack").rglob("*")
        if path.is_file() and not path.name.endswith(".d.mts")
    }
    assert there == set(said)
    for name, digest in said.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def test_it_comes_with_its_licence():
    assert "Permission to use, copy, modify" in (VENDOR / "msgpack" / "LICENSE").read_text()
