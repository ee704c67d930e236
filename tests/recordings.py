"""What the tests of all importers do with a recording: read it whole, and hurt its file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ecgstream.errors import ImportFailed
from ecgstream.formats.recording import Recorded


def whole(recording):
    """All samples of each signal, {name: (values, missing)}; every chunk spans one time."""
    parts = [list(chunk) for chunk in recording.chunks()]
    out = {}
    for i, signal in enumerate(recording.signals):
        values = np.concatenate([part[i].values for part in parts])
        missing = np.concatenate(
            [
                np.zeros(len(part[i].values), bool) if part[i].missing is None else part[i].missing
                for part in parts
            ]
        )
        assert len(values) == len(missing) == signal.length
        out[signal.name] = (values, missing)
    for part in parts:
        seconds = [len(one.values) / s.fs for one, s in zip(part, recording.signals, strict=True)]
        slowest = max(1 / s.fs for s in recording.signals)
        assert max(seconds) - min(seconds) < slowest + 1e-9
    return out


def listed(recording):
    """The same as lists, None where missing."""
    return {
        name: [None if gone else value for value, gone in zip(v.tolist(), m.tolist(), strict=True)]
        for name, (v, m) in whole(recording).items()
    }


def survives(raw: bytes, path: Path, open_file: Callable[[Path, None], Recorded]) -> bool:
    """Whether such a file is read; if not, it is refused by name. Anything else is an error."""
    path.write_bytes(raw)
    try:
        recording = open_file(path, None)
        for _ in recording.chunks():
            pass
    except ImportFailed as error:
        if not str(error).startswith(f"{path.name}: "):
            raise
        return False
    return True
