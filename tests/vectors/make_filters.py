"""Make filters.json: `python -m tests.vectors.make_filters` from the root of the checkout.

What scipy itself makes of coefficients and of a real recording: ecgstream in Python and in the browser
are both held against it. Nothing of ecgstream is imported here but the reader of `data/`.

- `sections`: of each kind and corner at a rate, `[b0, b1, b2, a1, a2]` by `butter` or `iirnotch`.
- `signal`: stored values of 24 s of lead MLII of MIT-BIH record 105 (360 Hz, its baseline wanders), null
  where a sample was taken out: a gap of a second, and runs of 10 samples and of 1 between gaps.
  Moody GB, Mark RG (2001), ODC-By 1.0: see data/README.md.
- `zero_phase`, `causal`: for each preset the sections, and every `every`th filtered sample in mV, null
  where it is missing: `sosfiltfilt` of each run by itself, `sosfilt` from the steady state of its first.
- `settling`: samples; `settled`: for zero-phase, edges at which it changes, the signal's start being
  one of the record and its stop not.
- `labels`: what a preset is called at a rate, written by hand.
"""

import json
import math
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from scipy import signal

ROOT = Path(__file__).parent.parent.parent
RECORDING = ROOT / "data/mitdb/patient=mitdb-105/record=105-pq/360Hz-0000.parquet"
FS, GAIN, BASELINE = 360, 200.0, 1024.0
FIRST, COUNT, EVERY = 36_000, 8_640, 6
HOLES = [(2_880, 3_240), (3_250, 3_300), (3_301, 3_400)]

CORNERS = {"diagnostic": (0.05, 150.0), "monitor": (0.5, 40.0)}
# Two passes of a second-order Butterworth are down 3 dB where one pass is down 1.5.
TWICE = (math.sqrt(2) - 1) ** 0.25

LABELS = [
    ("none", 500, "no filter", "no filter"),
    ("diagnostic", 500, "0.05-150 Hz, zero phase", "0.05-150 Hz, causal: delayed"),
    (
        "monitor+notch50", 500,
        "0.5-40 Hz, 50 Hz notch, zero phase; ST not reliable",
        "0.5-40 Hz, 50 Hz notch, causal: delayed; ST not reliable",
    ),
    (
        "monitor", 75,
        "0.5 Hz high pass, zero phase; 40 Hz low pass left out at 75 Hz; ST not reliable",
        "0.5 Hz high pass, causal: delayed; 40 Hz low pass left out at 75 Hz; ST not reliable",
    ),
    (
        "diagnostic+notch60", 128,
        "0.05 Hz high pass, zero phase; 150 Hz low pass, 60 Hz notch left out at 128 Hz",
        "0.05 Hz high pass, causal: delayed; 150 Hz low pass, 60 Hz notch left out at 128 Hz",
    ),
    ("notch60", 360, "60 Hz notch, zero phase", "60 Hz notch, causal: delayed"),
    (
        "monitor", 1 / 60,
        "no filter; 0.5 Hz high pass, 40 Hz low pass left out at 0.0166667 Hz",
        "no filter; 0.5 Hz high pass, 40 Hz low pass left out at 0.0166667 Hz",
    ),
]  # fmt: skip


def short(sos):
    return [[*row[:3].tolist(), *row[4:].tolist()] for row in sos]


def butter(kind, corner, fs):
    return signal.butter(2, corner, kind, fs=fs, output="sos")


def notch(hz, fs):
    return signal.tf2sos(*signal.iirnotch(hz, 30.0, fs=fs))


def coefficients():
    found = []
    for fs in (75.0, 100.0, 128.0, 250.0, 360.0, 500.0, 1000.0, 2000.0):
        for kind, corners in (("highpass", (0.04, 0.05, 0.5)), ("lowpass", (40.0, 150.0, 187.0))):
            for corner in corners:
                if corner < 0.45 * fs:
                    row = {"kind": kind, "hz": corner, "fs": fs}
                    found.append(row | {"section": short(butter(kind, corner, fs))[0]})
        for hz in (50.0, 60.0):
            if hz < 0.45 * fs:
                row = {"kind": "notch", "hz": hz, "fs": fs}
                found.append(row | {"section": short(notch(hz, fs))[0]})
    return found


def sections(name, hum, manner):
    found = []
    if name in CORNERS:
        for kind, corner, factor in zip(
            ("highpass", "lowpass"), CORNERS[name], (TWICE, 1 / TWICE), strict=True
        ):
            if corner > 0.4 * FS:
                continue
            at = corner
            if manner == "zero_phase":
                at = FS / math.pi * math.atan(factor * math.tan(math.pi * corner / FS))
            found.append(butter(kind, at, FS))
    if hum is not None:
        found.append(notch(hum, FS))
    return np.vstack(found)


def runs(values):
    edges = np.flatnonzero(np.diff(~np.isnan(values), prepend=False, append=False))
    return edges.reshape(-1, 2).tolist()


def settling(sos):
    radius = max(np.abs(np.roots(row[3:])).max() for row in sos)
    return math.ceil(math.log(0.01) / math.log(radius))


def zero_phase(sos, values):
    out = np.full(len(values), np.nan)
    for start, stop in runs(values):
        usual = 3 * (2 * len(sos) + 1)
        run = values[start:stop]
        out[start:stop] = signal.sosfiltfilt(sos, run, padlen=min(usual, len(run) - 1))
    return out


def causal(sos, values):
    out = np.full(len(values), np.nan)
    for start, stop in runs(values):
        state = signal.sosfilt_zi(sos) * values[start]
        out[start:stop], _ = signal.sosfilt(sos, values[start:stop], zi=state)
    return out


def settled_edges(values, time):
    settled = ~np.isnan(values)
    for start, stop in runs(values):
        if start > 0:
            settled[start : min(stop, start + time)] = False
        settled[max(start, stop - time) : stop] = False
    return np.flatnonzero(np.diff(settled, prepend=False, append=False)).tolist()


def nullable(values, digits):
    return [None if np.isnan(v) else round(float(v), digits) for v in values]


def recording():
    column = pq.read_table(RECORDING, columns=["MLII"]).column(0)
    stored = column.to_numpy()[FIRST : FIRST + COUNT].astype(float)
    for start, stop in HOLES:
        stored[start:stop] = np.nan
    return stored


def vectors():
    stored = recording()
    physical = (stored - BASELINE) / GAIN
    presets = []
    for name, hum in (("diagnostic", None), ("monitor", 50), ("none", 60)):
        said = {"name": name, "notch": hum}
        for manner, filtered in (("zero_phase", zero_phase), ("causal", causal)):
            sos = sections(name, hum, manner)
            said[manner] = {
                "sections": short(sos),
                "settling": settling(sos),
                "values": nullable(filtered(sos, physical)[::EVERY], 8),
            }
        said["zero_phase"]["settled"] = settled_edges(stored, said["zero_phase"]["settling"])
        presets.append(said)
    return {
        "sections": coefficients(),
        "signal": {
            "fs": FS,
            "gain": GAIN,
            "baseline": BASELINE,
            "values": [None if np.isnan(v) else int(v) for v in stored],
        },
        "every": EVERY,
        "presets": presets,
        "labels": [
            {"preset": text, "fs": fs, "zero_phase": zero, "causal": live}
            for text, fs, zero, live in LABELS
        ],
    }


def main():
    said = vectors()
    # A line a part: small enough to look at, and a change shows where it is.
    lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in said.items())
    Path(__file__).with_name("filters.json").write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main()
