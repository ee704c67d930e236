"""The multiplex groups of a DICOM waveform as plain values: what pydicom reads, checked at once.

DICOM PS3.3 C.10.9 (waveform module). Decimals are strings there and become fractions here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from ecgstream.errors import ImportFailed
from ecgstream.formats.lead_codes import LEADS

CHANNELS_MOST: Final = 1_000

INTERPRETATIONS: Final = {
    ("SB", 8): "i1",
    ("UB", 8): "u1",
    ("SS", 16): "i2",
    ("US", 16): "u2",
    ("SL", 32): "i4",
    ("UL", 32): "u4",
}
"""Sample interpretation and bits to numpy's types; MB and AB are companded speech."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: physical = value / `gain` + `offset`, in `unit`; `gain` None: no scale is said.

    `late`: by how many seconds its samples are taken after the group's instant.
    """

    name: str
    unit: str | None
    gain: Fraction | None
    offset: Fraction
    late: Fraction


@dataclass(frozen=True, slots=True)
class Group:
    """A multiplex group: all channels at one rate, sample by sample.

    `number` counts from 1, as annotations do; `at` seconds after the start. `dtype` is numpy's,
    without byte order. `padding`: the stored bytes that stand where there is no sample.
    `trigger`: the sample, from 1, by which a beat was triggered; 0: none is said.
    """

    number: int
    label: str
    derived: bool
    at: Fraction
    fs: Fraction
    samples: int
    dtype: str
    padding: bytes | None
    trigger: int
    channels: tuple[Channel, ...]

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        return f"multiplex group {self.number}" + (f" ({self.label})" if self.label else "")


def groups_of(dataset: Any) -> list[Group]:
    """Return the groups of a data set. Raises ImportFailed, and whatever pydicom does."""
    return [_group(number, item) for number, item in enumerate(dataset.WaveformSequence, 1)]


def _group(number: int, item: Any) -> Group:
    where = f"multiplex group {number}"
    count, samples = (
        _count(item, keyword, where)
        for keyword in ("NumberOfWaveformChannels", "NumberOfWaveformSamples")
    )
    definitions = list(item.get("ChannelDefinitionSequence") or ())
    if not 0 < count <= CHANNELS_MOST or len(definitions) != count:
        raise ImportFailed(f"{where}: {count} channels, {len(definitions)} of them are described")
    fs = number_of(item, "SamplingFrequency", where)
    if fs is None or fs <= 0:
        raise ImportFailed(f"{where}: no sampling frequency: no rate is known")
    bits = _count(item, "WaveformBitsAllocated", where)
    meant = str(item.get("WaveformSampleInterpretation", ""))
    if (meant, bits) not in INTERPRETATIONS:
        raise ImportFailed(
            f"{where}: samples of {bits} bits, interpretation {meant!r}: expected one of "
            + ", ".join(f"{name} of {size}" for name, size in INTERPRETATIONS)
        )
    padding = item.get("WaveformPaddingValue")
    trigger = item.get("TriggerSamplePosition")
    milliseconds = number_of(item, "MultiplexGroupTimeOffset", where) or Fraction(0)
    return Group(
        number=number,
        label=text_of(item, "MultiplexGroupLabel"),
        derived=text_of(item, "WaveformOriginality").upper() == "DERIVED",
        at=milliseconds / 1000,
        fs=fs,
        samples=samples,
        dtype=INTERPRETATIONS[meant, bits],
        padding=bytes(padding)[: bits // 8] if padding else None,
        trigger=trigger if isinstance(trigger, int) else 0,
        channels=tuple(_channel(where, k, fs, one) for k, one in enumerate(definitions, 1)),
    )


def _channel(group: str, number: int, fs: Fraction, item: Any) -> Channel:
    where = f"{group}, channel {number}"
    sensitivity = number_of(item, "ChannelSensitivity", where)
    correction = number_of(item, "ChannelSensitivityCorrectionFactor", where)
    step = None if sensitivity is None else sensitivity * (1 if correction is None else correction)
    if step == 0:
        raise ImportFailed(f"{where}: a sensitivity of 0 cannot be")
    units = item.get("ChannelSensitivityUnitsSequence")
    skew = number_of(item, "ChannelSampleSkew", where)
    return Channel(
        name=_name(item) or f"channel {number}",
        unit=(text_of(units[0], "CodeValue") or None) if step and units else None,
        gain=1 / step if step else None,
        offset=number_of(item, "ChannelBaseline", where) or Fraction(0),
        late=(
            (number_of(item, "ChannelTimeSkew", where) or Fraction(0))
            if skew is None
            else skew / fs
        ),
    )


def _name(item: Any) -> str:
    """Return the lead's short name where its code has one, else what the file calls it."""
    for source in (item.get("ChannelSourceSequence") or ())[:1]:
        code, scheme = text_of(source, "CodeValue"), text_of(source, "CodingSchemeDesignator")
        # SCP-ECG's numbers, as DICOM's tables of leads (PS3.16, CID 3001) spell them.
        found = re.fullmatch(r"5\.6\.3-9-(\d{1,3})" if "SCP" in scheme else r"2:(\d{1,3})", code)
        if found and int(found[1]) in LEADS and scheme in {"SCPECG", "SCP-ECG", "MDC"}:
            return LEADS[int(found[1])]
        meaning = text_of(source, "CodeMeaning")
        if meaning:
            return re.sub(r"^lead ", "", meaning, flags=re.IGNORECASE)
    return text_of(item, "ChannelLabel")


def text_of(item: Any, keyword: str) -> str:
    """Return an attribute as text, empty where it is not there."""
    value = item.get(keyword)
    return "" if value is None else str(value).strip()


def number_of(item: Any, keyword: str, where: str) -> Fraction | None:
    """Return a decimal exactly; None where it is not there. Raises ImportFailed."""
    text = text_of(item, keyword)
    return exact(text, f"{where}: {keyword}") if text else None


def exact(text: str, where: str) -> Fraction:
    """Return a decimal as it is written. Raises ImportFailed."""
    # Bounded: a fraction of 10^9999999 would never end.
    if not re.fullmatch(r"[+-]?(\d{1,32}\.?\d{0,32}|\.\d{1,32})([eE][+-]?\d{1,3})?", text):
        raise ImportFailed(f"{where}: expected a number, found {text[:40]!r}")
    return Fraction(text)


def _count(item: Any, keyword: str, where: str) -> int:
    value = item.get(keyword)
    if not isinstance(value, int) or value < 0:
        raise ImportFailed(
            f"{where}: {keyword}: expected a whole number, found {str(value)[:40]!r}"
        )
    return int(value)


def kept_of(groups: Sequence[Group]) -> tuple[list[Group], list[Group]]:
    """Return the groups that were recorded, and those that were made of them (median beats).

    What is derived has a time of its own. Where nothing else is there, it is the recording.
    """
    original = [one for one in groups if not one.derived]
    return (original or list(groups)), ([one for one in groups if one.derived] if original else [])
