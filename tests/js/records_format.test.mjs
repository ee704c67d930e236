import assert from "node:assert/strict";
import test from "node:test";

import {
    counted,
    duration,
    gapSummary,
    percent,
    position,
    rate,
    rateRemark,
    startTime,
    total,
    units,
} from "../../static/js/records/format.js";

test("a length is said in the units that people read", () => {
    assert.equal(duration(0), "0 s");
    assert.equal(duration(0.25), "0.25 s");
    assert.equal(duration(38.4), "38.4 s");
    assert.equal(duration(650000 / 360), "30 min 06 s");
    assert.equal(duration(543240 / 125), "1 h 12 min 26 s");
    assert.equal(duration(86400), "24 h 00 min 00 s");
});

test("a length is never rounded to sixty of something", () => {
    assert.equal(duration(59.96), "1 min 00 s");
    assert.equal(duration(59.94), "59.9 s");
    assert.equal(duration(3599.6), "1 h 00 min 00 s");
});

test("a length that is no number is unknown", () => {
    assert.equal(duration(NaN), "unknown");
    assert.equal(duration(Infinity), "unknown");
    assert.equal(duration(-1), "unknown");
});

test("a position counts on beyond a day", () => {
    assert.equal(position(0), "0:00:00");
    assert.equal(position(205.9), "0:03:25");
    assert.equal(position(90061), "25:01:01");
});

test("a rate is said exactly, and a slow one by its interval", () => {
    assert.equal(rate(360), "360 Hz");
    assert.equal(rate(128.01), "128.01 Hz");
    assert.equal(rate(0.0166666666667), "1 sample in 60 s");
    assert.equal(rate(1), "1 Hz");
    assert.equal(rate(0), "unknown rate");
    assert.equal(rate(NaN), "unknown rate");
});

test("only a rate that nobody wrote down has a remark", () => {
    assert.equal(rateRemark("header of the source"), null);
    assert.equal(rateRemark("metadata"), null);
    assert.equal(rateRemark("inferred from 108000 timestamps"), "inferred from 108000 timestamps");
    assert.equal(rateRemark("default of WFDB, not in header"), "default of WFDB, not in header");
});

test("a start in the year 2704 is shown to the millisecond, its zone said to be unknown", () => {
    assert.equal(startTime(23173469058.529, null), "2704-05-04 10:44:18.529 (zone unknown)");
});

test("a start is the recording's own wall clock, before 1970 too", () => {
    assert.equal(startTime(-1, "UTC"), "1969-12-31 23:59:59 (UTC)");
    assert.equal(startTime(0, "+02:00"), "1970-01-01 00:00:00 (+02:00)");
    assert.equal(startTime(0, "Europe/Vienna"), "1970-01-01 00:00:00 (Europe/Vienna)");
});

test("a start that is not stated, or beyond all dates, is said so", () => {
    assert.equal(startTime(null, null), "not stated");
    assert.equal(startTime(null, null, true), "not stated (dates shifted)");
    assert.equal(startTime(0, "UTC", true), "1970-01-01 00:00:00 (UTC, dates shifted)");
    assert.equal(startTime(1e15, null), "1000000000000000 s after 1970 (zone unknown)");
});

test("a small share is not none, and nearly all is not all", () => {
    assert.equal(percent(0), "0 %");
    assert.equal(percent(0.00001), "under 0.1 %");
    assert.equal(percent(0.0489), "4.9 %");
    assert.equal(percent(0.9999), "over 99.9 %");
    assert.equal(percent(1), "100 %");
});

test("a start is not moved to the zone of this machine", () => {
    const zone = process.env.TZ;
    process.env.TZ = "Asia/Kolkata";
    try {
        assert.equal(new Date(0).getHours(), 5, "this machine's zone can be set");
        assert.equal(startTime(0, null), "1970-01-01 00:00:00 (zone unknown)");
    } finally {
        if (zone === undefined) delete process.env.TZ;
        else process.env.TZ = zone;
    }
});

const lead = (name, unit = "mV") => ({ name, unit, gain: 1, baseline: 0, kind: "ecg", fs: 125 });
const record = { leads: [lead("II"), lead("V"), lead("ABP", "mmHg")] };

test("leads with the same holes are named together", () => {
    const gaps = { II: [[0, 5]], V: [[0, 5]], ABP: [] };
    const quality = { II: { missing: 0.05 }, V: { missing: 0.05 }, ABP: { missing: 0 } };
    assert.equal(gapSummary(record, { gaps, quality }), "1 gap in II, V (5 % missing)");
});

test("holes that all leads share are said of every lead", () => {
    const runs = [[0, 5], [9, 12]];
    const gaps = { II: runs, V: runs, ABP: runs };
    const quality = { II: { missing: 0.5 }, V: { missing: 0.5 }, ABP: { missing: 0.5 } };
    assert.equal(gapSummary(record, { gaps, quality }), "2 gaps in every lead (50 % missing)");
});

test("a lead that cannot be read is said, and no holes are none", () => {
    const none = { II: [], V: [], ABP: [] };
    const whole = { missing: 0 };
    assert.equal(gapSummary(record, { gaps: none, quality: { II: whole, V: whole, ABP: whole } }), "none");
    assert.equal(
        gapSummary(record, { gaps: { ...none, V: null }, quality: { II: whole, V: null, ABP: whole } }),
        "V: cannot be read",
    );
});

test("units are named once each, and an unknown one is said", () => {
    assert.equal(units([lead("I"), lead("II"), lead("x", null)]), "mV, unit unknown, NOT CALIBRATED");
});

test("counts are said as far as they are known", () => {
    assert.equal(counted(1, "record"), "1 record");
    assert.equal(counted(10000, "record"), "10,000 records");
    assert.equal(total(17, 15), "17 records of 15 patients");
    assert.equal(total(1700, null), "1,700 records");
});
