"""What a recording of any format holds, put together again for comparing."""

import numpy as np


def whole(recording):
    """{name: (values, missing)} of all chunks, which must cover the signals exactly."""
    parts = [list(chunk) for chunk in recording.chunks()]
    out = {}
    for number, signal in enumerate(recording.signals):
        pieces = [part[number] for part in parts]
        values = np.concatenate([piece.values for piece in pieces])
        missing = np.concatenate(
            [
                np.zeros(len(piece.values), bool) if piece.missing is None else piece.missing
                for piece in pieces
            ]
        )
        assert len(values) == len(missing) == signal.length
        assert values.dtype == signal.type
        out[signal.name] = (values, missing)
    return out


def values(recording):
    """{name: values}, where nothing may be missing."""
    held = whole(recording)
    assert not any(missing.any() for _, missing in held.values())
    return {name: array for name, (array, _) in held.items()}
