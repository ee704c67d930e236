"""The filters of the review desk, zero-phase: what static/js/filter does in the browser.

Nothing is filtered unless asked for. What a preset really does at a rate, `label` says; how it
was chosen, and what it costs in truth, docs/filters.md. Needs scipy: the extra `filter`.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import BadField, ExtraMissing
from ecgstream.model.record import ECG

Name = Literal["none", "diagnostic", "monitor"]
Notch = Literal[50, 60]

PRESETS: Final[tuple[Name, ...]] = get_args(Name)
NOTCHES: Final[tuple[Notch, ...]] = get_args(Notch)

CORNERS: Final[dict[str, tuple[float, float]]] = {
    "diagnostic": (0.05, 150.0),
    "monitor": (0.5, 40.0),
}
"""High pass and low pass in Hz: where the filtered amplitude is down by 3 dB, after both passes."""

HIGHEST: Final = 0.4
"""Of fs, above which a corner is left out: nearer to fs / 2 its flank is bent out of shape."""

NOTCH_Q: Final = 30.0
"""Notch frequency over its width at -3 dB in one pass: 1.7 Hz at 50 Hz, and 0.2 s of memory."""

ST_UNRELIABLE_FROM: Final = 0.5
"""Hz of high pass from which it is said that the ST segment is not to be trusted."""

TWICE: Final = (math.sqrt(2) - 1) ** 0.25
"""A second-order Butterworth run twice is down 3 dB where `(f / fc)^4` is sqrt 2 - 1, not 1."""

SETTLED_AT: Final = 0.01
"""Of a wrong start what is left when it is called settled: of 1 mV a tenth of a mm on paper."""

PAD_TIME_CONSTANTS: Final = 11.0
"""Time constants of the slowest pole wanted on both sides: of a step of 300 mV they leave 1 uV."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A choice of filter. `str()` of it (`monitor+notch50`) is what links and flags carry."""

    name: Name = "none"
    notch: Notch | None = None

    def __post_init__(self) -> None:
        if self.name not in PRESETS:
            raise BadField(f"filter: {self.name!r} is none of {', '.join(PRESETS)}")
        if self.notch is not None and self.notch not in NOTCHES:
            raise BadField(f"filter: a notch is at 50 or 60 Hz, not at {self.notch!r}")

    @property
    def on(self) -> bool:
        """Whether anything was asked for."""
        return self.name != "none" or self.notch is not None

    def __str__(self) -> str:
        notch = "" if self.notch is None else f"notch{self.notch}"
        return (
            "+".join(part for part in (self.name if self.name != "none" else "", notch) if part)
            or "none"
        )


def parsed(text: str) -> Preset:
    """Return the preset that `text` names, as `str()` of one gives it. Raises BadField."""
    for name in PRESETS:
        for notch in (None, *NOTCHES):
            if str(preset := Preset(name, notch)) == text:
                return preset
    raise BadField(
        f"filter: {text!r} is none of {', '.join(PRESETS)}, with +notch50 or +notch60 or without"
    )


def preset_for(preset: Preset | str, kind: str) -> Preset:
    """Return `preset` for a lead whose `kind` is an ECG, and none for any other.

    A pressure would lose its level, a pulse its shape.
    """
    return _preset(preset) if kind == ECG else Preset()


@dataclass(frozen=True, slots=True)
class Applied:
    """What of a preset is done at a rate: corners in Hz or None, and in words what is left out."""

    high_pass: float | None
    low_pass: float | None
    notch: float | None
    left_out: tuple[str, ...]


def applied(preset: Preset | str, fs: float) -> Applied:
    """Return what of `preset` is done at `fs` Hz: a corner or notch above 0.4 fs is left out."""
    preset = _preset(preset)
    high, low = CORNERS.get(preset.name, (None, None))
    wanted = {"high pass": high, "low pass": low, "notch": preset.notch}
    kept = {k: None if f is None or f > HIGHEST * fs else float(f) for k, f in wanted.items()}
    left = tuple(f"{f:g} Hz {k}" for k, f in wanted.items() if f is not None and kept[k] is None)
    return Applied(kept["high pass"], kept["low pass"], kept["notch"], left)


def label(preset: Preset | str, fs: float) -> str:
    """Return what is applied at `fs` Hz, in words: to be shown wherever a filtered trace is."""
    done = applied(preset, fs)
    parts = []
    if done.high_pass is not None and done.low_pass is not None:
        parts.append(f"{done.high_pass:g}-{done.low_pass:g} Hz")
    elif done.high_pass is not None:
        parts.append(f"{done.high_pass:g} Hz high pass")
    elif done.low_pass is not None:
        parts.append(f"{done.low_pass:g} Hz low pass")
    if done.notch is not None:
        parts.append(f"{done.notch:g} Hz notch")
    said = [", ".join([*parts, "zero phase"]) if parts else "no filter"]
    if done.left_out:
        said.append(f"{', '.join(done.left_out)} left out at {fs:g} Hz")
    if done.high_pass is not None and done.high_pass >= ST_UNRELIABLE_FROM:
        said.append("ST not reliable")
    return "; ".join(said)


def pad_s(preset: Preset | str) -> float:
    """Return the seconds of signal wanted on both sides of a strip.

    With them it differs by less than 1 uV from the whole record filtered at once, whatever its
    offset, and even where an electrode's offset jumps by 300 mV beyond them (docs/filters.md).
    """
    preset = _preset(preset)
    # The slowest pole: of a Butterworth pair its real part, of a notch half its width.
    rates = [math.pi * preset.notch / NOTCH_Q] if preset.notch is not None else []
    if preset.name in CORNERS:
        high, low = CORNERS[preset.name]
        rates += [
            2 * math.pi * high * TWICE * math.sqrt(0.5),
            2 * math.pi * low / TWICE * math.sqrt(0.5),
        ]
    return PAD_TIME_CONSTANTS / min(rates) if rates else 0.0


def sections(preset: Preset | str, fs: float) -> NDArray[np.float64]:
    """Return second-order sections, shape (n, 6), to be run forward and backward; n may be 0."""
    done = applied(preset, fs)
    if (done.high_pass, done.low_pass, done.notch) == (None, None, None):
        return np.empty((0, 6))
    signal = _scipy_signal()
    found = []
    if done.high_pass is not None:
        found.append(
            signal.butter(2, _once(done.high_pass, fs, TWICE), "highpass", fs=fs, output="sos")
        )
    if done.low_pass is not None:
        found.append(
            signal.butter(2, _once(done.low_pass, fs, 1 / TWICE), "lowpass", fs=fs, output="sos")
        )
    if done.notch is not None:
        found.append(signal.tf2sos(*signal.iirnotch(done.notch, NOTCH_Q, fs=fs)))
    return np.vstack(found)


def settling(sos: NDArray[np.float64]) -> int:
    """Return the samples in which a wrong start dies down to 1 %, by the pole of largest radius."""
    if not len(sos):
        return 0
    radius = max(float(np.abs(np.roots(section[3:])).max()) for section in sos)
    return math.ceil(math.log(SETTLED_AT) / math.log(radius))


def apply(
    values: NDArray[np.float64],
    fs: float,
    preset: Preset | str,
    *,
    baseline: float = 0.0,
    record_ends: tuple[bool, bool] = (False, False),
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return `values` filtered forward and backward, and which of them are settled.

    `values`: shape (n,), NaN = missing; the result is in their unit. A high pass leaves the trace
    around `baseline`, the stored value that is 0 mV (0 for values in mV). Each run between gaps is
    filtered by itself, with the odd padding of `scipy.signal.sosfiltfilt`, cut to fit where a run
    is shorter. What is missing or not finite is NaN, and not settled; nor is what lies within the
    settling time of a gap, or of an end of `values` that is not an end of the record
    (`record_ends`: first, last). Raises ExtraMissing.
    """
    done = applied(preset, fs)
    sos = sections(preset, fs)
    known = np.isfinite(values)
    out = np.where(known, values, np.nan).astype(np.float64)
    settled = known.copy()
    if not len(sos):
        return out, settled
    time = settling(sos)
    # scipy's own choice for sections of second order.
    usual = 3 * (2 * len(sos) + 1)
    edges = np.flatnonzero(np.diff(known, prepend=False, append=False)).reshape(-1, 2)
    for start, stop in edges.tolist():
        # An offset of 300 mV would eat the digits of a signal of 1 mV; a filter is linear.
        first = out[start]
        padlen = min(usual, stop - start - 1)
        run = _scipy_signal().sosfiltfilt(sos, out[start:stop] - first, padlen=padlen)
        out[start:stop] = run + (first if done.high_pass is None else baseline)
        if start > 0 or not record_ends[0]:
            settled[start : min(stop, start + time)] = False
        if stop < len(out) or not record_ends[1]:
            settled[max(start, stop - time) : stop] = False
    return out, settled


def _preset(preset: Preset | str) -> Preset:
    return preset if isinstance(preset, Preset) else parsed(preset)


def _once(corner: float, fs: float, factor: float) -> float:
    """Return the corner of one pass, in Hz, with which two passes are down 3 dB at `corner`.

    Moved by `factor` where the bilinear transform has bent the axis, so that it stays below fs / 2.
    """
    return fs / math.pi * math.atan(factor * math.tan(math.pi * corner / fs))


def _scipy_signal() -> Any:
    try:
        from scipy import signal  # noqa: PLC0415 - 100 MB: an extra, loaded when used
    except ImportError as error:
        raise ExtraMissing("filter", "scipy", "filtering") from error
    return signal
