"""The XML of devices: made here by hand, each with the traps of its format, and hostile."""

import base64
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgstream.errors import ImportFailed
from ecgstream.formats import aecg, cardiosoft, device_xml, muse, sierra, sierra_xli
from tests import xml_made
from tests.samples_of import values, whole


@pytest.fixture
def read(tmp_path):
    def reading(module, raw):
        path = tmp_path / "made.xml"
        path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
        return module.open_file(path)

    return reading


def holes(recording, name):
    array, missing = whole(recording)[name]
    return [None if gone else value for value, gone in zip(array.tolist(), missing, strict=True)]


# XML itself


@pytest.mark.parametrize(
    "subset",
    [
        '<!ENTITY a "x">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % a SYSTEM "http://127.0.0.1:1/x">%a;',
        '<!ENTITY a "&b;&b;&b;"><!ENTITY b "&c;&c;"><!ENTITY c "x">',
    ],
)
@pytest.mark.parametrize("used", ["&a;", ""])
def test_a_document_with_entities_is_refused_whether_it_uses_them_or_not(read, subset, used):
    raw = f"<!DOCTYPE RestingECG [{subset}]><RestingECG>{used}</RestingECG>"
    with pytest.raises(ImportFailed, match=r"made.xml: .*(entities|well-formed)"):
        read(muse, raw)


def test_a_billion_laughs_is_refused_at_once(read):
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 30))
    raw = f'<!DOCTYPE x [<!ENTITY a0 "ha">{lines}]><RestingECG>&a29;</RestingECG>'
    began = time.process_time()
    with pytest.raises(ImportFailed, match="entities"):
        read(muse, raw)
    assert time.process_time() - began < 5


def test_what_is_too_deep_too_many_or_too_big_is_refused(read, monkeypatch):
    with pytest.raises(ImportFailed, match="64 elements within each other"):
        read(muse, "<RestingECG>" + "<a>" * 100_000)
    monkeypatch.setattr(device_xml, "MOST_ELEMENTS", 1000)
    with pytest.raises(ImportFailed, match="or 1000 in all"):
        read(muse, "<RestingECG>" + "<a/>" * 2000 + "</RestingECG>")
    monkeypatch.setattr(device_xml, "MOST_BYTES", 1_000_000)
    with pytest.raises(ImportFailed, match="more than 1 MB"):
        read(muse, "<RestingECG>" + " " * 1_000_000 + "</RestingECG>")


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("utf-8", "utf-8"),
        ("UTF-16", "utf-16"),
        ("UTF-16", "utf-16-le"),
        ("utf-16", "utf-16-be"),
        ("utf-8", "utf-16"),
        ("UTF-16", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("utf-8", "latin-1"),
        ("windows-1252", "cp1252"),
        ("GB2312", "gb2312"),
    ],
)
def test_a_document_is_read_in_the_encoding_it_is_in_not_the_one_it_says(read, declared, written):
    name = "\u5fc3" if written == "gb2312" else "M\u00fcller"
    body = xml_made.sierra({"I": [1, 2], "II": [3, 4]})
    person = (
        f"<patient><generalpatientdata><name><lastname>{name}</lastname></name>"
        "</generalpatientdata></patient></restingecgdata>"
    )
    text = f'<?xml version="1.0" encoding="{declared}"?>' + body.replace(
        "</restingecgdata>", person
    )
    opened = read(sierra, text.encode(written))
    assert opened.identity.name == name
    assert values(opened)["II"].tolist() == [3, 4]


# HL7 aECG


def test_a_value_is_origin_and_scale_and_digit_in_the_units_they_say(read):
    opened = read(
        aecg,
        xml_made.aecg(
            [
                (
                    xml_made.absolute("20240229235959.500+0100"),
                    {
                        "MDC_ECG_LEAD_AVR": ("10", "2.5", "uV", "1 -2 3"),
                        "MDC_ECG_LEAD_V1": ("0", "0.001", "mV", "1.5 -2.25 100000"),
                        "MDC_ECG_LEAD_II": ("0", "1", "uV", "0.1234567891 1e9 3"),
                    },
                )
            ]
        ),
    )
    arrays = values(opened)
    avr, v1, two = opened.signals
    assert (avr.name, avr.unit, avr.gain, avr.baseline) == ("aVR", "uV", 0.4, -4.0)
    assert ((arrays["aVR"] - avr.baseline) / avr.gain).tolist() == [12.5, 5.0, 17.5]
    assert v1.type == "int32"
    assert ((arrays["V1"] - v1.baseline) / v1.gain).tolist() == [0.0015, -0.00225, 100.0]
    assert (two.type, two.gain, arrays["II"].tolist()) == ("float64", 1, [0.1234567891, 1e9, 3])
    # The same day by UTC began an hour later; the clock on the wall is what counts.
    assert (opened.start_time, opened.zone) == (1_709_251_199.5, "+01:00")


def test_an_origin_may_be_in_another_unit_than_its_scale(read):
    lead = ("ORIGIN", "2.5", "uV", "1 -2 3")
    raw = xml_made.aecg([(xml_made.relative(0), {"MDC_ECG_LEAD_I": lead})]).replace(
        b'<origin value="ORIGIN" unit="uV"/>', b'<origin value="0.01" unit="mV"/>'
    )
    opened = read(aecg, raw)
    (signal,) = opened.signals
    assert ((values(opened)["I"] - signal.baseline) / signal.gain).tolist() == [12.5, 5.0, 17.5]
    with pytest.raises(ImportFailed, match="lead I: origin in 'furlong', scale in 'uV'"):
        read(aecg, raw.replace(b'"mV"', b'"furlong"'))


@pytest.mark.parametrize("how", ["absolute", "relative"])
def test_columns_that_follow_each_other_lie_where_their_times_say(read, how):
    def time_(ms):
        if how == "relative":
            return xml_made.relative(ms)
        return xml_made.absolute(f"20240229235959.{500 + ms}")

    lead = ("0", "1", "uV")
    opened = read(
        aecg,
        xml_made.aecg(
            [
                (time_(0), {"MDC_ECG_LEAD_I": (*lead, "1 2"), "MDC_ECG_LEAD_II": (*lead, "9 9")}),
                (time_(8), {"MDC_ECG_LEAD_I": (*lead, "3 4"), "MDC_ECG_LEAD_V1": (*lead, "5 6")}),
            ],
            begun="20240229235959.5",
        ),
    )
    assert holes(opened, "I") == [1, 2, None, None, 3, 4]
    assert holes(opened, "II") == [9, 9, None, None, None, None]
    assert holes(opened, "V1") == [None, None, None, None, 5, 6]
    assert opened.start_time == 1_709_251_199.5


def test_a_lead_that_is_there_twice_at_one_time_is_two_signals(read):
    lead = ("0", "1", "uV", "1 2")
    part = (xml_made.relative(0), {"MDC_ECG_LEAD_I": lead})
    opened = read(aecg, xml_made.aecg([part, part]))
    assert list(values(opened)) == ["I", "I#2"]


def test_what_an_aecg_does_not_say_is_refused_or_left_out_and_told(read):
    lead = {"MDC_ECG_LEAD_I": ("0", "1", "uV", "1 2"), "MDC_ECG_LEAD_V2": ("0", "1", "uV", " ")}
    opened = read(
        aecg,
        xml_made.aecg(
            [(xml_made.relative(0), lead)],
            derived="<derivation><derivedSeries/></derivation>",
        ),
    )
    assert list(values(opened)) == ["I"]
    assert "lead V2 is named without digits" in opened.remarks[1]
    assert "representative beats are left out" in opened.remarks[0]
    for time_, reason in (
        (xml_made.relative(0, unit="weeks"), "time increment '2' 'weeks'"),
        (xml_made.absolute("x", increment="0"), "time increment '0'"),
        ("", "without a time sequence"),
    ):
        with pytest.raises(ImportFailed, match=reason):
            read(aecg, xml_made.aecg([(time_, lead)]))
    for digits in ("1 2 x", "1 &#x661;", "1_0", "1e400 2", "nan 1.0"):
        with pytest.raises(ImportFailed, match=r"made.xml: lead I: expected|made.xml: signal"):
            read(
                aecg,
                xml_made.aecg(
                    [(xml_made.relative(0), {"MDC_ECG_LEAD_I": ("0", "1", "uV", digits)})]
                ),
            )
    # Two weeks between two columns would be a hole of gigabytes.
    far = [(xml_made.absolute("20240101000000"), lead), (xml_made.absolute("20240115000000"), lead)]
    with pytest.raises(ImportFailed, match="the time between them counted"):
        read(aecg, xml_made.aecg(far))


def test_numbers_that_no_file_has_are_refused_by_name(read):
    """What overflows a float would look like a fault of ours."""
    lead = {"MDC_ECG_LEAD_I": ("0", "1", "uV", "1 2")}
    for sets, reason in (
        ([(xml_made.relative("1e308"), lead)], "head of a time sequence"),
        ([(xml_made.relative(0, "1e-99"), lead)], "cannot be right"),
        ([(xml_made.relative(0), {"MDC_ECG_LEAD_I": ("0", "1e-320", "uV", "1 2")})], "no physical"),
        ([(xml_made.relative(0), {"MDC_ECG_LEAD_I": ("1e308", "1e308", "uV", "1.5 1e9")})], "I"),
    ):
        with np.errstate(over="ignore"), pytest.raises(ImportFailed, match=reason):
            read(aecg, xml_made.aecg(sets))
    many = "9" * 5000
    with pytest.raises(ImportFailed, match=r"made\.xml"):
        read(muse, xml_made.muse([xml_made.muse_lead("I", [1], LeadSampleCountTotal=many)]))
    assert read(muse, xml_made.muse([xml_made.muse_lead("I", [1], LeadDataCRC32=many)]))
    raw = xml_made.cardiosoft(xml_made.strip({"I": [1]}), when=(many, 1, 1, 1, 1, 1))
    assert read(cardiosoft, raw).start_time is None


# GE MUSE


def test_muse_leads_are_as_stored_with_the_doctype_that_real_files_have(read):
    opened = read(
        muse,
        xml_made.muse(
            [
                xml_made.muse_lead("I", [-32768, 0, 32767]),
                xml_made.muse_lead("II", [1, 2, 3], size=4, LeadOff="TRUE"),
                xml_made.muse_lead("V1", [7, 7, 7], LeadAmplitudeUnits="FURLONGS"),
            ],
            base=5,
            exponent=2,
            extra="<TestDemographics><AcquisitionDate>12-31-2019</AcquisitionDate>"
            "<AcquisitionTime>08:05:00</AcquisitionTime></TestDemographics>"
            "<PatientDemographics><PatientID>7</PatientID><PatientLastName>M\u00fcller"
            "</PatientLastName></PatientDemographics>"
            "<Diagnosis><DiagnosisStatement><StmtText>Sinus rhythm</StmtText>"
            "</DiagnosisStatement></Diagnosis>",
        ),
    )
    assert {n: v.tolist() for n, v in values(opened).items()} == {
        "I": [-32768, 0, 32767],
        "II": [1, 2, 3],
        "V1": [7, 7, 7],
    }
    assert [(s.unit, 1 / s.gain, s.fs) for s in opened.signals] == [
        ("uV", pytest.approx(4.88, rel=1e-15), 500.0),
        ("uV", pytest.approx(4.88, rel=1e-15), 500.0),
        (None, 1.0, 500.0),
    ]
    assert opened.start_time == 1_577_779_500.0
    assert (opened.identity.patient, opened.identity.name) == ("7", "M\u00fcller")
    assert "lead II: the device says LeadOff" in opened.remarks
    assert any("its unit is not known" in remark for remark in opened.remarks)
    assert opened.annotations().sets[0].annotations[0].aux_note == "Sinus rhythm"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"LeadSampleCountTotal": 4}, "LeadSampleCountTotal says 4, there are 3"),
        ({"LeadByteCountTotal": 7}, "LeadByteCountTotal says 7, there are 6"),
        ({"LeadDataCRC32": 12}, "checksum"),
        ({"LeadSampleSize": 3}, "samples of 3 bytes"),
        ({"LeadTimeOffset": 2500}, "LeadTimeOffset is 2500"),
        ({"WaveFormData": "!!"}, "expected base64"),
        ({"LeadID": None}, "without LeadID"),
        ({"LeadAmplitudeUnitsPerBit": -1}, "cannot be right"),
        ({"FirstSampleBaseline": "inf"}, "expected a number"),
    ],
)
def test_muse_leads_that_contradict_themselves_are_refused(read, more, reason):
    with pytest.raises(ImportFailed, match=f"made.xml: .*{reason}"):
        read(muse, xml_made.muse([xml_made.muse_lead("I", [1, 2, 3], **more)]))


# GE CardioSoft


def test_a_cardiosoft_strip_is_read_with_its_resolution_and_in_its_letters(read):
    raw = xml_made.cardiosoft(xml_made.strip({"I": [12, -14, 0], "V1": [1, 2, 3]}, count=3))
    opened = read(cardiosoft, raw)
    assert {n: v.tolist() for n, v in values(opened).items()} == {
        "I": [12, -14, 0],
        "V1": [1, 2, 3],
    }
    assert {(s.unit, s.gain, s.fs) for s in opened.signals} == {("uV", 0.2, 500.0)}
    assert opened.start_time == 1_577_779_500.0
    assert (opened.identity.patient, opened.identity.name) == ("77", "M\u00fcller")
    (said,) = opened.annotations().sets
    assert [mark.aux_note for mark in said.annotations] == ["Sinus rhythm"]


def test_a_full_disclosure_has_its_leads_in_turn_and_ends_in_a_comma(read):
    disclosure = (
        "<FullDisclosure><StartTime><Minute>1</Minute><Second>30</Second></StartTime>"
        "<NumberOfChannels>3</NumberOfChannels>"
        '<SampleRate units="Hz">100</SampleRate><Resolution units="uVperLsb">5</Resolution>'
        "<LeadOrder>I,V2,aVF</LeadOrder><FullDisclosureData>1,2,3,\n\t4,5,6,</FullDisclosureData>"
        "</FullDisclosure>"
    )
    opened = read(cardiosoft, xml_made.cardiosoft(disclosure + xml_made.strip({"I": [1]})))
    assert {n: v.tolist() for n, v in values(opened).items()} == {
        "I": [1, 4],
        "V2": [2, 5],
        "aVF": [3, 6],
    }
    assert opened.signals[0].fs == 100
    assert "StartTime 1:30, from when is not said" in opened.remarks[0]
    assert "strips beside the full disclosure are left out" in opened.remarks[1]
    with pytest.raises(ImportFailed, match="5 samples of 3 leads in turn leave 2"):
        read(cardiosoft, xml_made.cardiosoft(disclosure.replace("5,6,", "5,")))


def test_cardiosoft_files_that_contradict_themselves_are_refused(read):
    for body, reason in (
        (xml_made.strip({"I": [1]}, number=2), "NumberOfLeads says 2, there are 1"),
        (xml_made.strip({"I": [1]}, count=9), "1 samples, ChannelSampleCountTotal says 9"),
        (xml_made.strip({"I": [1]}) * 2, "2 strips"),
        (xml_made.strip({"I": ["x"]}), "expected whole numbers, found 'x'"),
        (xml_made.strip({"I": [1]}, rate="none"), "SampleRate: expected a number"),
        ("", "neither StripData nor FullDisclosure"),
        ("<FullDisclosure/>", "neither StripData nor FullDisclosure"),
    ):
        with pytest.raises(ImportFailed, match=f"made.xml: .*{reason}"):
            read(cardiosoft, xml_made.cardiosoft(body))
    opened = read(cardiosoft, xml_made.cardiosoft(xml_made.strip({"I": [1]}, unit="x")))
    assert opened.signals[0].unit is None


# Philips Sierra

LEAD = st.lists(st.integers(-6000, 6000), min_size=3, max_size=40)


@settings(max_examples=60, deadline=None)
@given(leads=st.lists(LEAD, min_size=1, max_size=3))
def test_xli_gives_back_what_was_compressed(leads):
    for lead, found in zip(leads, sierra_xli.decode(xml_made.xli(leads)), strict=True):
        assert found.tolist() == lead


def test_xli_goes_on_when_its_table_is_full():
    rng = np.random.default_rng(7)
    lead = np.cumsum(rng.integers(-30, 30, 5000))
    (found,) = sierra_xli.decode(xml_made.xli([lead]))
    assert np.array_equal(found, lead)


def test_compressed_limb_leads_are_what_is_left_of_einthoven_and_goldberger(read):
    rng = np.random.default_rng(1)
    one, two = np.cumsum(rng.integers(-9, 9, (2, 200)), axis=1)
    three = two - one + rng.integers(-1, 2, 200)
    half = lambda v: np.trunc(v / 2).astype(int)  # noqa: E731
    r, a, f = (half(v) + rng.integers(-1, 2, 200) for v in (-one - two, one - three, two + three))
    chest = rng.integers(-99, 99, 200)
    leads = {"I": one, "II": two, "III": three, "aVR": r, "aVL": a, "aVF": f, "V1": chest}
    left = [
        one, two, two - one - three, -r - half(one + two), half(one - three) - a,
        half(two + three) - f, chest, np.zeros(200, int),
    ]  # fmt: skip
    text = base64.b64encode(xml_made.xli(left)).decode()
    opened = read(
        sierra,
        xml_made.sierra(
            leads, encoding="Base64", text=text, compressflag="True", compression="XLI"
        ),
    )
    assert all(np.array_equal(found, leads[name]) for name, found in values(opened).items())


@pytest.mark.parametrize("encoding", ["Plain", "Base64"])
def test_uncompressed_sierra_files_are_read_with_offset_and_resolution(read, encoding):
    raw = xml_made.sierra({"I": [5, -6], "V9": [7, 8]}, encoding=encoding, signaloffset="3")
    opened = read(sierra, raw)
    assert {n: v.tolist() for n, v in values(opened).items()} == {"I": [5, -6], "V9": [7, 8]}
    assert {(s.unit, s.gain, s.baseline) for s in opened.signals} == {("uV", 0.2, 3.0)}
    assert opened.start_time == 1_230_061_486.0


def test_sierra_files_that_contradict_themselves_are_refused(read):
    leads = {"I": [1, 2], "II": [3, 4]}
    bomb = base64.b64encode(b"\xff\xff\xff\x7f" + b"\0" * 20).decode()
    for change, reason in (
        ({"version": "9"}, "version '9'"),
        ({"durationperchannel": 6}, "2 leads of 3 samples announced, 4 samples there"),
        ({"durationperchannel": "-1"}, "cannot be right"),
        ({"durationperchannel": "1e308", "samplespersecond": "1e308"}, "cannot be right"),
        ({"numberofleads": 3}, "3 leads announced, 2 named"),
        ({"resolution": 0}, "signalresolution of 0"),
        ({"dataencoding": "Morse"}, "dataencoding 'Morse'"),
        ({"compressmethod": "ZIP"}, "compression 'ZIP'"),
        ({"compressmethod": "XLI", "text": bomb}, "2147483647 bytes announced"),
        ({"samplespersecond": "1e9"}, "announced|cannot be"),
        ({"text": "1 2 3 four"}, "expected whole numbers, found 'four'"),
    ):
        with pytest.raises(ImportFailed, match=f"made.xml: .*({reason})"):
            read(sierra, xml_made.sierra(leads, **change))


def test_an_lzw_stream_that_says_too_much_is_refused_before_it_is_all_said(monkeypatch):
    monkeypatch.setattr(sierra_xli, "MOST_SAMPLES", 20_000)
    stream = xml_made.lzw(b"\0" * 100_000, 10)
    raw = len(stream).to_bytes(4, "little") + b"\0\0\0\0" + stream
    with pytest.raises(ImportFailed, match="more than 20000 samples"):
        sierra_xli.decode(raw)
