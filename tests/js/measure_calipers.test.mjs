import assert from "node:assert/strict";
import { test } from "node:test";

import { broken, holesIn, readingOf, snapped, valueAt } from "../../static/js/measure/calipers.js";
import { marches } from "../../static/js/measure/marchout.js";
import { FS, mark, MARKS, millivolts, PERIOD, stretch } from "./measure_beat.mjs";

test("a time is the samples between by the rate, and its events a minute are 60,000 by it", () => {
    // 400 samples of 2 ms are 800 ms: 75 a minute.
    const reading = readingOf({ kind: "time", marks: [mark(195), mark(595)] }, FS, []);
    assert.deepEqual(reading, { ms: 800, bpm: 75, mv: null, reason: null });
});

test("a time is the same whichever end was set first, and at a rate that does not divide a second", () => {
    assert.equal(readingOf({ kind: "time", marks: [mark(595), mark(195)] }, FS, []).ms, 800);
    // 288 samples at 360 Hz: 288 / 0.36 = 800 ms.
    assert.equal(readingOf({ kind: "time", marks: [mark(0), mark(288)] }, 360, []).ms, 800);
});

test("an amplitude is the second height less the first", () => {
    const one = readingOf({ kind: "amplitude", marks: [mark(180, -0.1), mark(195, 1.2)] }, FS, []);
    assert.ok(Math.abs(one.mv - 1.3) < 1e-12);
    assert.equal(one.ms, null);
    const other = readingOf({ kind: "both", marks: [mark(195, 1.2), mark(212, -0.3)] }, FS, []);
    assert.ok(Math.abs(other.mv + 1.5) < 1e-12);
    assert.equal(other.ms, 34);
});

test("in time the nearest sample is taken, half a sample off at the most", () => {
    const near = stretch(0, 1000);
    for (let at = 150; at < 260; at += 0.13) {
        const { sample, mv } = snapped(near, at, null);
        assert.ok(Math.abs(sample - at) <= 0.5, `${at}: ${sample}`);
        assert.ok(Math.abs(mv - millivolts(sample)) <= 0.0005);
    }
});

test("a height is the sample's own value, whatever the pointer's height is", () => {
    // 4 samples a pixel: half a pixel is 2 samples. The R peak of 1.2 mV is sample 195.
    const peak = snapped(stretch(0, 1000), 194.2, { mv: 1.28, reach: 2 });
    assert.deepEqual(peak, { sample: 195, mv: 1.2 });
    const foot = snapped(stretch(0, 1000), 184, { mv: -0.5, reach: 2 });
    assert.deepEqual(foot, { sample: 185, mv: -0.1 });
});

test("a height is looked for within half a pixel and no further", () => {
    const near = stretch(0, 1000);
    for (const reach of [0.1, 0.5, 2, 5]) {
        for (let at = 170; at < 230; at += 0.37) {
            const { sample, mv } = snapped(near, at, { mv: 1.2, reach });
            assert.ok(Math.abs(sample - at) <= Math.max(0.5, reach), `${at}: ${sample}`);
            assert.ok(Math.abs(mv - millivolts(sample)) <= 0.02);
        }
    }
});

test("a missing sample has no value, and one that is not at hand has none yet", () => {
    const near = stretch(100, 200, [[150, 160]]);
    assert.equal(valueAt(near, 155), null);
    assert.equal(valueAt(near, 99), null);
    assert.equal(valueAt(near, 200), null);
    assert.deepEqual(snapped(near, 155.4, null), { sample: 155, mv: null });
    assert.deepEqual(snapped(null, 155.4, { mv: 1, reach: 9 }), { sample: 155, mv: null });
    assert.equal(snapped(near, -3, null).sample, 0);
});

test("the missing samples between two marks are found, those at the ends with them", () => {
    const near = stretch(100, 300, [[150, 160], [200, 201]]);
    assert.deepEqual(holesIn(near, 120, 200), [{ start: 150, stop: 160 }, { start: 200, stop: 201 }]);
    assert.deepEqual(holesIn(near, 160, 199), []);
    assert.equal(holesIn(near, 99, 120), null);
    assert.equal(holesIn(near, 250, 300), null);
    assert.equal(holesIn(null, 0, 1), null);
});

test("across a gap there is no number but the reason", () => {
    const holes = holesIn(stretch(0, 1000, [[300, 301]]), 195, 595);
    for (const kind of ["time", "amplitude", "both", "march"]) {
        const reading = readingOf({ kind, marks: [mark(195, 1.2), mark(595, 1.2)] }, FS, holes);
        assert.deepEqual(reading, { ms: null, bpm: null, mv: null, reason: "gap" });
    }
});

test("one missing sample beside the marks breaks nothing, one at a mark does", () => {
    const holes = [{ start: 300, stop: 310 }];
    assert.equal(broken(holes, 310, 400), false);
    assert.equal(broken(holes, 200, 299), false);
    assert.equal(broken(holes, 309, 400), true);
    assert.equal(broken(holes, 400, 309), true);
    assert.equal(broken(holes, 200, 300), true);
});

test("what nobody has read yet is not taken for whole", () => {
    const marks = [mark(195), mark(595)];
    assert.equal(readingOf({ kind: "time", marks }, FS, "pending").reason, "pending");
    assert.equal(readingOf({ kind: "time", marks }, FS, "unloaded").reason, "unloaded");
});

test("an amplitude without a scale and a time of nothing are refused", () => {
    assert.equal(readingOf({ kind: "amplitude", marks: [mark(1), mark(5)] }, FS, []).reason, "unscaled");
    assert.equal(readingOf({ kind: "time", marks: [mark(5), mark(5)] }, FS, []).reason, "same");
    assert.equal(readingOf({ kind: "both", marks: [mark(5), mark(5)] }, FS, []).reason, "unscaled");
    assert.equal(readingOf({ kind: "both", marks: [mark(1), mark(6)] }, FS, []).ms, 10);
});

test("a march-out meets every beat of a steady rhythm, both ways, without its own marks", () => {
    const r = 100 + MARKS.r;
    const found = marches(r + 2 * PERIOD, r + 3 * PERIOD, { start: 0, stop: 2400.5 });
    assert.deepEqual(found, [195, 595, 1795, 2195]);
    assert.ok(found.every((sample) => Math.abs(millivolts(sample) - 1.2) < 1e-9));
});

test("a march-out fills what is in sight where its marks are not", () => {
    assert.deepEqual(marches(100, 500, { start: 10_000, stop: 11_000 }), [10_100, 10_500, 10_900]);
    assert.deepEqual(marches(500, 100, { start: 10_000, stop: 11_000 }), [10_100, 10_500, 10_900]);
});

test("a march-out of nothing, or of steps too near to be told apart, is none", () => {
    assert.deepEqual(marches(100, 100, { start: 0, stop: 1000 }), []);
    assert.deepEqual(marches(100, 103, { start: 0, stop: 1000 }, 8), []);
});
