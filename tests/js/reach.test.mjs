import assert from "node:assert/strict";
import { test } from "node:test";

import { readRanges } from "../../static/js/net/api.js";
import { reachOf } from "../../static/js/signal/reach.js";
import { farWords, rangeWords } from "../../static/js/ui/words.js";

const COLUMNS = 240;

/** Columns of a heart: little between the beats, a tall one each 20. */
const heart = (tall = 1.5) => ({
    low: Float64Array.from({ length: COLUMNS }, (_, k) => (k % 20 === 3 ? -0.4 : -0.05 - (k % 7) / 100)),
    high: Float64Array.from({ length: COLUMNS }, (_, k) => (k % 20 === 3 ? tall : k % 20 === 7 ? 0.3 : 0.05 + (k % 5) / 100)),
});

test("a few absurd values leave the range that of the heart, and are told", () => {
    for (const [side, absurd] of [["low", -9999], ["high", 1e30], ["low", -99], ["high", 999]]) {
        const of = heart();
        of[side][50] = absurd;
        of[side][51] = absurd;
        const range = reachOf(of);
        assert.deepEqual([range.low, range.high], [-0.4, 1.5]);
        assert.equal(range.whole[side], absurd);
    }
});

test("no wave is taken for absurd, however tall beside the rest", () => {
    for (const tall of [0.2, 1.5, 6]) assert.deepEqual(reachOf(heart(tall)), { low: -0.4, high: Math.max(0.3, tall) });
    const still = { low: new Float64Array(COLUMNS), high: new Float64Array(COLUMNS) };
    still.high[7] = 4;
    assert.deepEqual(reachOf(still), { low: 0, high: 4 });
});

test("an infinite sample spoils one column, and none of nothing has a range", () => {
    const of = heart();
    of.high[3] = NaN;
    of.low[4] = of.high[4] = NaN;
    assert.deepEqual(reachOf(of), { low: -0.4, high: 1.5 });
    assert.equal(reachOf({ low: [NaN], high: [NaN] }), null);
    assert.deepEqual(reachOf({ low: [2], high: [NaN] }), { low: 2, high: 2 });
});

test("the ranges of several leads are read from one answer, infinities and all", () => {
    const bytes = (/** @type {number[]} */ ...values) => new Uint8Array(Float64Array.from(values).buffer);
    const found = readRanges({ dtype: "f8", low: bytes(-1, -2, 5, NaN), high: bytes(Infinity, 3, 6, NaN) }, ["I", "II"]);
    assert.deepEqual([...found], [["I", { low: -2, high: 3 }], ["II", { low: 5, high: 6 }]]);
    assert.throws(() => readRanges({ low: [1] }, ["I"]));
});

test("how far a lead goes beyond its row is said in full", () => {
    const lead = { name: "II", unit: null, gain: 1, baseline: 0, range: { low: -0.5, high: 2.4, whole: { low: -9999, high: 2.4 } } };
    assert.equal(rangeWords(lead), "-0.5 to 2.4 units, NOT CALIBRATED; values far beyond, -9999 to 2.4");
    assert.equal(farWords([lead, { ...lead, range: { low: 0, high: 1 } }]), "II goes beyond its row: -9999 to 2.4");
    assert.equal(farWords([{ ...lead, range: null }]), "");
});
