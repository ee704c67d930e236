"""Writes the XML files of devices, by hand."""

import base64
import zlib

import numpy as np


def aecg(sets, *, begun="20240229235959.5+0100", extra="", derived=""):
    """An aECG of sequence sets: each (time sequence, {code: (origin, scale, unit, digits)})."""
    parts = []
    for time, leads in sets:
        sequences = "".join(
            f'<component><sequence><code code="{code}"/><value xsi:type="SLIST_PQ">'
            f'<origin value="{origin}" unit="{unit}"/><scale value="{scale}" unit="{unit}"/>'
            f"<digits>{digits}</digits></value></sequence></component>"
            for code, (origin, scale, unit, digits) in leads.items()
        )
        parts.append(
            f"<component><sequenceSet><component>{time}</component>{sequences}"
            "</sequenceSet></component>"
        )
    return (
        '<?xml version="1.0"?><AnnotatedECG xmlns="urn:hl7-org:v3" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<component><series><code code="RHYTHM"/><effectiveTime><low value="{begun}"/>'
        f"</effectiveTime>{''.join(parts)}{extra}{derived}</series></component></AnnotatedECG>"
    ).encode()


def absolute(head, increment="0.002", unit="s"):
    """A time sequence by the clock."""
    return (
        '<sequence><code code="TIME_ABSOLUTE"/><value xsi:type="GLIST_TS">'
        f'<head value="{head}"/><increment value="{increment}" unit="{unit}"/></value></sequence>'
    )


def relative(head, increment="2", unit="ms"):
    """A time sequence counted from the beginning of its series."""
    return (
        '<sequence><code code="TIME_RELATIVE"/><value xsi:type="GLIST_PQ">'
        f'<head value="{head}" unit="{unit}"/><increment value="{increment}" unit="{unit}"/>'
        "</value></sequence>"
    )


def muse_lead(name, values, size=2, **more):
    """A LeadData; `more` replaces what its elements say."""
    raw = np.asarray(values, f"<i{size}").tobytes()
    said = {
        "LeadByteCountTotal": len(raw),
        "LeadTimeOffset": 0,
        "LeadSampleCountTotal": len(values),
        "LeadAmplitudeUnitsPerBit": 4.88,
        "LeadAmplitudeUnits": "MICROVOLTS",
        "LeadID": name,
        "FirstSampleBaseline": 0,
        "LeadSampleSize": size,
        "LeadDataCRC32": zlib.crc32(raw),
        "WaveFormData": base64.encodebytes(raw).decode(),
    } | more
    return f"<LeadData>{elements(said)}</LeadData>"


def elements(said):
    """`{name: text}` as elements; None: none."""
    return "".join(f"<{tag}>{text}</{tag}>" for tag, text in said.items() if text is not None)


def muse(leads, *, base=500, exponent=0, extra="", doctype=True):
    """A MUSE document of LeadData, with the DOCTYPE that MUSE writes."""
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
        + ('<!DOCTYPE RestingECG SYSTEM "restecg.dtd">\n' if doctype else "")
        + f"<RestingECG>{extra}<Waveform><WaveformType>Median</WaveformType></Waveform>"
        f"<Waveform><WaveformType>Rhythm</WaveformType><NumberofLeads>{len(leads)}</NumberofLeads>"
        f"<SampleBase>{base}</SampleBase><SampleExponent>{exponent}</SampleExponent>"
        f"{''.join(leads)}</Waveform></RestingECG>"
    ).encode("latin-1")


def cardiosoft(body, when=(2019, 12, 31, 8, 5, 0)):
    """A CardioSoft document."""
    parts = ("Year", "Month", "Day", "Hour", "Minute", "Second")
    said = elements(dict(zip(parts, when, strict=True)))
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?><CardiologyXML>'
        f"<ObservationDateTime>{said}</ObservationDateTime>"
        "<PatientInfo><PID>77</PID><Name><FamilyName>Müller</FamilyName></Name></PatientInfo>"
        "<Interpretation><Diagnosis><DiagnosisText>Sinus rhythm</DiagnosisText></Diagnosis>"
        f"</Interpretation>{body}</CardiologyXML>"
    ).encode("latin-1")


def strip(leads, *, rate=500, resolution=5, unit="uVperLsb", count=None, number=None):
    """A StripData of {lead: values}."""
    waves = "".join(
        f'<WaveformData lead="{name}">\n\t\t{",".join(map(str, values))}\n\t</WaveformData>'
        for name, values in leads.items()
    )
    total = "" if count is None else elements({"ChannelSampleCountTotal": count})
    return (
        f"<StripData><NumberOfLeads>{len(leads) if number is None else number}</NumberOfLeads>"
        f'<SampleRate units="Hz">{rate}</SampleRate>{total}'
        f'<Resolution units="{unit}">{resolution}</Resolution>{waves}</StripData>'
    )


def sierra(leads, *, encoding="Plain", text=None, version="1.04", **attributes):
    """A Sierra document of {lead: values}, uncompressed unless `text` and attributes say so."""
    values = [value for array in leads.values() for value in array]
    length = len(next(iter(leads.values())))
    said = {
        "durationperchannel": length * 2,
        "samplespersecond": 500,
        "resolution": 5,
        "dataencoding": encoding,
        "leadlabels": " ".join(leads),
        "numberofleads": len(leads),
    } | attributes
    if text is None:
        text = (
            " ".join(map(str, values))
            if encoding == "Plain"
            else base64.b64encode(np.asarray(values, "<i2").tobytes()).decode()
        )
    attrs = " ".join(f'{name}="{value}"' for name, value in said.items() if value is not None)
    return (
        '<restingecgdata xmlns="http://www3.medical.philips.com"><documentinfo>'
        f"<documentversion>{version}</documentversion></documentinfo>"
        '<dataacquisition date="2008-12-23" time="19:44:46"><signalcharacteristics>'
        "<signaloffset>0</signaloffset><signalsigned>True</signalsigned>"
        "</signalcharacteristics></dataacquisition>"
        f"<waveforms><parsedwaveforms {attrs}>{text}</parsedwaveforms></waveforms>"
        "</restingecgdata>"
    )


def xli(leads, codes=10):
    """Leads compressed as XLI: differences of differences, in halves, as LZW of 10 bit codes."""
    out = b""
    for values in leads:
        values_ = np.asarray(values, np.int64)
        second = -np.diff(values_, 2)
        # x[i] = 2 x[i-1] - x[i-2] - d[i-1]: the first of them stands in the head.
        codes_ = np.concatenate((values_[:2], second[1:] + 64, [64]))
        raw = codes_.astype(np.int16).view(np.uint16)
        packed = (raw >> 8).astype(np.uint8).tobytes() + (raw & 0xFF).astype(np.uint8).tobytes()
        stream = lzw(packed, codes)
        out += len(stream).to_bytes(4, "little") + b"\0\0"
        out += int(second[0]).to_bytes(2, "little", signed=True) + stream
    return out


def lzw(data, width):
    """LZW with codes of one width, the last one the end."""
    table = {bytes([n]): n for n in range(256)}
    full = (1 << width) - 2
    held, bits = b"", []
    for byte in data:
        longer = held + bytes([byte])
        if longer in table:
            held = longer
            continue
        bits.append(format(table[held], f"0{width}b"))
        if len(table) <= full:
            table[longer] = len(table)
        held = longer[-1:]
    bits += [format(table[held], f"0{width}b"), "1" * width]
    stream = "".join(bits)
    stream += "0" * (-len(stream) % 8)
    return bytes(int(stream[at : at + 8], 2) for at in range(0, len(stream), 8))
