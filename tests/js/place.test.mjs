import assert from "node:assert/strict";
import { test } from "node:test";

import { PLACE } from "../../static/js/texts/place.js";
import { offsetOf, readPlace } from "../../static/js/ui/place.js";

const FS = 250;
const HOURS = 30;
// 2026-01-31T22:15:00 on the record's own clock.
const START = Date.UTC(2026, 0, 31, 22, 15) / 1000;
const record = (more = {}) => ({ fs: FS, length: HOURS * 3600 * FS, startTime: START, zone: "+02:00", ...more });
const at = (text, kind = "elapsed", more = {}, from = 0) => {
    const place = readPlace(text, kind, record(more), from);
    return "sample" in place ? place.sample / FS : place.error;
};

test("elapsed time is hours, minutes and seconds, or seconds", () => {
    assert.equal(at("1:23:45.6"), 3600 + 23 * 60 + 45.6);
    assert.equal(at(" 23:45 "), 23 * 60 + 45);
    assert.equal(at("0:05"), 5);
    assert.equal(at("90"), 90);
    assert.equal(at("90,5"), 90.5);
    assert.equal(at("25:00:00"), 25 * 3600);
    assert.equal(at("30:00:00"), 30 * 3600);
});

test("what is no time is said to be none", () => {
    for (const text of ["1:2:3:4", "1:60", "1:61:00", "abc", "-5", "1.5:00", "1e3"]) {
        assert.equal(at(text), PLACE.elapsed(text), text);
    }
    assert.equal(at("   "), PLACE.empty);
    assert.equal(at("30:00:00.1"), PLACE.beyond("30:00:00"));
});

test("a sample is a whole number within the record", () => {
    assert.equal(at("500", "sample") * FS, 500);
    assert.equal(at("#0", "sample"), 0);
    assert.equal(at("1.5", "sample"), PLACE.sample("1.5"));
    assert.equal(at("1:00", "sample"), PLACE.sample("1:00"));
    assert.equal(at("27000000", "sample"), PLACE.beyondSamples(26_999_999));
});

test("a time of day is the next one from where one is, else the one before", () => {
    assert.equal(at("22:20", "clock"), 300);
    assert.equal(at("02:00:30.5", "clock"), 3 * 3600 + 45 * 60 + 30.5);
    // The record ends at 04:15 on the second day after; 22:20 comes twice.
    assert.equal(at("22:20", "clock", {}, 400 * FS), 86400 + 300);
    assert.equal(at("12:00", "clock", {}, 86400 * FS), 13.75 * 3600);
});

test("a time of day that the record does not have is named with what it has", () => {
    const words = at("12:00", "clock", { length: 3600 * FS });
    assert.equal(words, PLACE.outside("2026-01-31 22:15:00 (+02:00)", "2026-01-31 23:15:00 (+02:00)"));
    assert.equal(at("25:00", "clock"), PLACE.clock("25:00"));
    assert.equal(at("12:00", "clock", { startTime: null }), PLACE.noClock);
});

test("a date and time is on the record's own clock, unless it names a zone", () => {
    for (const kind of ["elapsed", "clock", "sample"]) assert.equal(at("2026-01-31T22:15:10", kind), 10);
    assert.equal(at("2026-02-01 00:15"), 7200);
    assert.equal(at("2026-01-31T20:15:10Z"), 10);
    assert.equal(at("2026-01-31T22:15:10.5+02:00"), 10.5);
    assert.equal(at("2026-01-31T15:15-0500"), 0);
});

test("a zone that the record does not say cannot be reckoned with", () => {
    assert.equal(at("2026-01-31T20:15Z", "clock", { zone: null }), PLACE.noZone);
    assert.equal(at("2026-01-31T20:15Z", "clock", { zone: "Nowhere/Land" }), PLACE.badZone("Nowhere/Land"));
    assert.equal(at("2026-01-31T22:15:01", "clock", { zone: null }), 1);
});

test("a named zone has the offset of its own clocks at the start", () => {
    assert.equal(at("2026-01-31T21:15:07Z", "clock", { zone: "Europe/Vienna" }), 7);
    const summer = Date.UTC(2026, 6, 1, 12) / 1000;
    assert.equal(at("2026-07-01T10:00:09Z", "clock", { zone: "Europe/Vienna", startTime: summer }), 9);
    assert.equal(offsetOf("UTC", START), 0);
    assert.equal(offsetOf("-05:30", START), -5.5 * 3600);
    assert.equal(offsetOf("America/New_York", START), -5 * 3600);
});

test("the clock of a recording goes on over the night in which summer time begins", () => {
    const night = Date.UTC(2026, 2, 29, 1) / 1000;
    // Two hours on, the clocks of Vienna say 04:00; the record's say 03:00, and so does the page.
    assert.equal(at("2026-03-29T02:00Z", "clock", { zone: "Europe/Vienna", startTime: night }), 7200);
    assert.equal(at("2026-03-29T03:00", "clock", { zone: "Europe/Vienna", startTime: night }), 7200);
});

test("a day that no calendar has is refused", () => {
    for (const text of ["2026-02-30T10:00", "2026-13-01T10:00", "2026-01-31", "2026-01-31T24:00", "2026-01-31T10:61"]) {
        assert.equal(at(text), PLACE.date(text), text);
    }
});
