import assert from "node:assert/strict";
import { test } from "node:test";

import { FILTERS, isOf, marksOf, nextMark, nextRun } from "../../static/js/signal/marks.js";
import { markWords, SYMBOLS } from "../../static/js/texts/annotations.js";

/** A set of [sample, symbol, note]. */
function setOf(name, rows, leads = ["II"]) {
    const symbols = [...new Set(rows.map(([, symbol]) => symbol))];
    const notes = [...new Set(rows.map(([, , note = ""]) => note))];
    return {
        name, symbols, notes, leads,
        sample: Float64Array.from(rows, ([sample]) => sample),
        symbol: Int32Array.from(rows, ([, symbol]) => symbols.indexOf(symbol)),
        note: Int32Array.from(rows, ([, , note = ""]) => notes.indexOf(note)),
        chan: new Int32Array(rows.length),
    };
}

const ATR = setOf("atr", [
    [0, "+", "(N"], [100, "N"], [200, "V"], [300, "N"], [300, '"', "patient moved"], [400, "~"], [500, "[", ""], [600, "V", "run"],
]);
const at = (found) => found?.sample ?? null;

test("each filter takes what it is named after", () => {
    const taken = (filter) => marksOf([ATR], (symbol, note) => isOf(filter, symbol, note)).map(({ sample }) => sample);
    assert.deepEqual(taken("all"), [0, 100, 200, 300, 300, 400, 500, 600]);
    assert.deepEqual(taken("beats"), [200, 600]);
    assert.deepEqual(taken("rhythm"), [0, 500]);
    assert.deepEqual(taken("comments"), [300, 600]);
    assert.deepEqual(FILTERS, ["all", "beats", "rhythm", "comments"]);
});

test("the next mark is behind the place, the one before is before it", () => {
    assert.equal(at(nextMark([ATR], "beats", 0, 1)), 200);
    assert.equal(at(nextMark([ATR], "beats", 200, 1)), 600);
    assert.equal(at(nextMark([ATR], "beats", 200, -1)), null);
    assert.equal(at(nextMark([ATR], "beats", 201, -1)), 200);
    assert.equal(at(nextMark([ATR], "all", 600, 1)), null);
    assert.equal(at(nextMark([ATR], "all", 300, 1)), 400);
    assert.equal(at(nextMark([ATR], "all", 0, -1)), null);
});

test("of several sets the nearest mark counts, and says whose it is", () => {
    const qrs = setOf("qrs", [[150, "V"], [450, "V"]], ["V5"]);
    const next = nextMark([ATR, qrs], "beats", 100, 1);
    assert.deepEqual([next.sample, next.set, next.lead], [150, "qrs", "V5"]);
    const last = nextMark([ATR, qrs], "beats", 460, -1);
    assert.deepEqual([last.sample, last.set], [450, "qrs"]);
});

test("a signal that is none of the record's leads has no name", () => {
    const odd = { ...setOf("x", [[1, "N"]]), chan: Int32Array.of(7) };
    assert.equal(nextMark([odd], "all", 0, 1).lead, null);
});

test("no set, no mark", () => {
    assert.equal(nextMark([], "all", 0, 1), null);
    assert.equal(nextMark([setOf("empty", [])], "all", 0, -1), null);
});

test("the next run begins behind the place", () => {
    const runs = [{ start: 10, stop: 20 }, { start: 30, stop: 40 }];
    assert.equal(nextRun(runs, 10, 1).start, 30);
    assert.equal(nextRun(runs, 9, 1).start, 10);
    assert.equal(nextRun(runs, 30, 1), null);
    assert.equal(nextRun(runs, 15, -1).start, 10);
    assert.equal(nextRun(runs, 10, -1), null);
});

test("a mark is told in words, a rhythm by its name", () => {
    assert.equal(markWords({ symbol: "+", note: "(AFIB" }), "Rhythm change AFIB");
    assert.equal(markWords({ symbol: "V", note: "" }), SYMBOLS.V);
    assert.equal(markWords({ symbol: "\u00a7", note: "own" }), "\u00a7 own");
});
