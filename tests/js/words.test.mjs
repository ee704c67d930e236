import assert from "node:assert/strict";
import { test } from "node:test";

import {
    boxWords, conditionWords, gainWords, isRefused, momentOf, positionWords, rangeWords, rateWords, replayWords, spanWords, sparseWords, speedWords, timeWords, unitsWords, unplayedWords,
} from "../../static/js/ui/words.js";

const DISPLAY = { mode: "calibrated", windowS: 15, mmPerS: 25, mmPerMv: 10, motion: "sweep", cssPxPerMm: 4, measured: false };
const SCALE = { mmPerS: 31.75, windowS: 15 };
const STATUS = { condition: "playing", age: 0, held: null, silence: 0.1, trouble: null };

test("a place counts whole seconds, or tenths", () => {
    assert.equal(positionWords(3661.99), "1:01:01");
    assert.equal(positionWords(59.95, true), "0:00:59.9");
    assert.equal(positionWords(0.1 + 0.2, true), "0:00:00.3");
    assert.equal(positionWords(-1), "0:00:00");
});

test("the year 2704 is told as the recording has it", () => {
    assert.equal(timeWords(23173469058.529, null, 0), "2704-05-04 10:44:18 (zone unknown)");
    assert.equal(timeWords(23173469058.529, "UTC", 3600), "2704-05-04 11:44:18 (UTC)");
    assert.equal(timeWords(-86400, "Europe/Berlin", 1), "1969-12-31 00:00:01 (Europe/Berlin)");
    assert.equal(timeWords(null, null, 5), "time of day unknown");
    assert.equal(timeWords(null, null, 5, true), "time of day unknown, dates shifted");
    assert.equal(timeWords(0, "UTC", 1, true), "1970-01-01 00:00:01 (UTC, dates shifted)");
});

test("paper that nobody measured says so", () => {
    assert.equal(speedWords(DISPLAY, SCALE), "25 mm/s (screen not calibrated)");
    assert.equal(gainWords(DISPLAY, true), "10 mm/mV (screen not calibrated)");
    assert.equal(gainWords({ ...DISPLAY, mode: "fit" }, true), "10 mm/mV, not calibrated");
    assert.equal(gainWords({ ...DISPLAY, mode: "fit", measured: true }, true), "10 mm/mV");
    assert.equal(speedWords({ ...DISPLAY, measured: true }, SCALE), "25 mm/s");
    assert.equal(speedWords({ ...DISPLAY, mode: "fit" }, SCALE), "31.8 mm/s, fit to 15 s, not calibrated");
});

test("no mV is claimed where none is known", () => {
    assert.equal(gainWords({ ...DISPLAY, measured: true }, true), "10 mm/mV");
    assert.equal(gainWords(DISPLAY, false), "no mV scale");
    assert.equal(gainWords(DISPLAY, false, ["II"]), "NOT CALIBRATED: unit unknown");
    assert.equal(gainWords({ ...DISPLAY, measured: true }, true, ["II", "V5"]), "10 mm/mV; NOT CALIBRATED: II, V5; each lead to its own scale: heights are not to be compared");
    assert.equal(gainWords(DISPLAY, false, ["II", "V5"]), "NOT CALIBRATED: unit unknown; each lead to its own scale: heights are not to be compared");
    assert.equal(gainWords({ ...DISPLAY, measured: true }, true, ["V5"]), "10 mm/mV; NOT CALIBRATED: V5; each lead to its own scale: heights are not to be compared");
    assert.equal(boxWords({ majorS: 0.2, majorMm: 5 }, DISPLAY, true), "0.2 s \u00d7 0.5 mV");
    assert.equal(boxWords({ majorS: 1, majorMm: 5 }, DISPLAY, false), "1 s");
    const lead = { name: "ABP", unit: "mmHg", gain: 10, baseline: 0, range: { low: 600, high: 1200 } };
    assert.equal(rangeWords(lead), "60 to 120 mmHg");
    assert.equal(rangeWords({ ...lead, unit: null }), "60 to 120 units, NOT CALIBRATED");
    assert.equal(unitsWords({ ...lead, unit: null }), "60 to 120 units");
    assert.equal(rangeWords({ ...lead, unit: null, range: null }), "unit unknown, NOT CALIBRATED");
});

test("a rate that was inferred says so", () => {
    assert.equal(rateWords(360, "inferred from 108000 timestamps"), "360 Hz (inferred)");
    assert.equal(rateWords(360, "header of the source"), "360 Hz");
    assert.equal(rateWords(250, "default of WFDB, not in header"), "250 Hz (assumed)");
    assert.equal(rateWords(1 / 60, "header"), "1 sample in 60 s");
});

test("spans and paces", () => {
    assert.equal(spanWords(15), "15 s");
    assert.equal(spanWords(3600), "60 min");
    assert.equal(spanWords(14400), "4 h");
    assert.equal(replayWords(0.1), "Replay 0.1\u00d7");
    assert.equal(replayWords(32), "Replay 32\u00d7");
});

test("stale counts its age and says why", () => {
    const said = conditionWords({
        ...STATUS, condition: "stale", age: 4.23, trouble: { title: "No connection", text: "Why.", login: false, retryIn: 1.2 },
    });
    assert.equal(said.word, "STALE 4.2 s");
    assert.equal(said.detail, "No connection. Why. Next attempt in 2 s.");
    const trying = { title: "No connection", text: "Why.", login: false, retryIn: 0 };
    assert.equal(
        conditionWords({ ...STATUS, condition: "stale", trouble: trying }).detail, "No connection. Why. Connecting\u2026",
    );
    assert.equal(conditionWords({ ...STATUS, condition: "stale", age: 3 }).detail, "The signal is late");
    assert.equal(conditionWords({ ...STATUS, condition: "stale", silence: 3 }).detail, "No word from the server");
    assert.equal(conditionWords({ ...STATUS, condition: "stale", age: 130 }).word, "STALE 130 s");
});

test("why data does not come is one sentence with what and why, before there is a picture too", () => {
    const trouble = { title: "The data cannot be had at the moment", text: "the store is down", login: false, retryIn: 2.5 };
    const said = "The data cannot be had at the moment: the store is down. Next attempt in 3 s.";
    assert.equal(conditionWords({ ...STATUS, condition: "stale", trouble }).detail, said);
    assert.equal(
        conditionWords({ ...STATUS, condition: "loading", trouble: { ...trouble, retryIn: Infinity } }).detail,
        "The data cannot be had at the moment: the store is down. The server keeps trying.",
    );
});

test("every condition has a word", () => {
    for (const condition of ["playing", "paused", "ended", "loading", "offline"]) {
        assert.ok(conditionWords({ ...STATUS, condition }).word);
    }
    assert.match(conditionWords({ ...STATUS, condition: "loading", held: "behind" }).detail, /slower/);
});

test("what was refused is not said to be a line that is down", () => {
    const trouble = { title: "No such record", text: "It is not here.", login: false, retryIn: null };
    assert.equal(conditionWords({ ...STATUS, condition: "offline", trouble }).word, "NOT SHOWN");
    assert.equal(conditionWords({ ...STATUS, condition: "offline", trouble: { ...trouble, retryIn: 2 } }).word, "OFFLINE");
    assert.equal(conditionWords({ ...STATUS, condition: "offline" }).word, "OFFLINE");
});

test("the moment of the picture moves between two samples of a slow signal", () => {
    assert.equal(positionWords(momentOf(7200, 360), true), "0:00:20.0");
    assert.equal(positionWords(momentOf(40, 1 / 60), true), "0:40:00.0");
    assert.equal(positionWords(momentOf(40.5, 1 / 60), true), "0:40:30.0");
    assert.equal(momentOf(-1, 360), 0);
});

test("paper on which a slow signal has no line says why", () => {
    assert.match(sparseWords(DISPLAY, 13, 1 / 60), /25 mm\/s.* 13 s long.* 1 sample in 60 s/);
    assert.equal(sparseWords(DISPLAY, 13, 360), "");
    assert.equal(sparseWords({ ...DISPLAY, mode: "fit" }, 13, 1 / 60), "");
});

test("blank paper says why it is blank, and only where it is", () => {
    const status = { condition: "paused", shown: 0, fs: 360 };
    assert.match(unplayedWords(status, false), /nothing was played yet/);
    for (const other of [{ condition: "playing" }, { condition: "loading" }, { shown: 1 }, { fs: 0 }]) {
        assert.equal(unplayedWords({ ...status, ...other }, false), "");
    }
    assert.equal(unplayedWords(status, true), "");
});

test("what was refused does not play; a line that is down may come back", () => {
    const trouble = { title: "t", text: "x", login: false, retryIn: null };
    assert.equal(isRefused({ condition: "offline", trouble }), true);
    assert.equal(isRefused({ condition: "offline", trouble: { ...trouble, retryIn: 3 } }), false);
    assert.equal(isRefused({ condition: "offline", trouble: null }), false);
    assert.equal(isRefused({ condition: "playing", trouble: null }), false);
});
