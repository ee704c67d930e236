import assert from "node:assert/strict";
import { test } from "node:test";

import { BadMessage } from "../../static/js/wire/frames.js";
import { readAnnotations, readEnvelope } from "../../static/js/net/findings.js";

const bytes = (array) => new Uint8Array(array.buffer);

/** On an odd byte, as a decoded bin may be. */
function odd(array) {
    const from = bytes(array);
    const room = new Uint8Array(from.length + 1);
    room.set(from, 1);
    return room.subarray(1);
}

const set = (more = {}) => ({
    name: "atr", fs: 360, source: null, read_only: true, count: 2, sample_dtype: "i4",
    sample: odd(Int32Array.of(5, 9)), symbol: odd(Int32Array.of(1, 0)), symbols: ["N", "+"],
    subtype: 0, chan: 1, num: 0, aux_note: bytes(Int32Array.of(0, 1)), aux_notes: ["", "(N"], ...more,
});

test("columns are read on whichever byte they begin, and one number is all of a column", () => {
    const [read] = readAnnotations({ leads: ["I", "II"], sets: [set()] });
    assert.deepEqual([...read.sample], [5, 9]);
    assert.deepEqual([...read.symbol], [1, 0]);
    assert.deepEqual([...read.note], [0, 1]);
    assert.deepEqual([...read.chan], [1, 1]);
    assert.deepEqual(read.leads, ["I", "II"]);
});

test("sample numbers beyond 32 bits come as doubles", () => {
    const wide = Float64Array.of(5, 2 ** 40 + 1);
    const [read] = readAnnotations({ leads: [], sets: [set({ sample: odd(wide), sample_dtype: "f8" })] });
    assert.deepEqual([...read.sample], [5, 2 ** 40 + 1]);
});

test("what is no set of annotations is refused", () => {
    for (const body of [null, {}, { leads: [], sets: [set({ sample: "5" })] }, { leads: [], sets: [set({ symbol: bytes(Int32Array.of(1)) })] }]) {
        assert.throws(() => readAnnotations(body), BadMessage);
    }
});

test("an envelope has the edges that the server cut it at", () => {
    const three = { start: 0, stop: 10, columns: 3, dtype: "i2" };
    const bins = { low: odd(Int16Array.of(1, -32768, 3)), high: odd(Int16Array.of(2, -32768, 4)) };
    const { edges, low, high } = readEnvelope({ ...three, ...bins });
    assert.deepEqual(edges, [0, 3, 6, 10]);
    assert.deepEqual([...low], [1, NaN, 3]);
    assert.deepEqual([...high], [2, NaN, 4]);
    assert.throws(() => readEnvelope(three), BadMessage);
    assert.throws(() => readEnvelope({ ...three, ...bins, columns: 4 }), BadMessage);
});
