import assert from "node:assert/strict";
import test from "node:test";

import { apart } from "../../static/js/signal/statements.js";

const set = (change = {}) => ({
    name: "statements", readOnly: true, sample: Float64Array.of(0, 0, 0, 0, 300), symbol: Int32Array.of(0, 0, 1, 0, 0),
    note: Int32Array.of(1, 2, 0, 1, 2), chan: Int32Array.of(0, 0, 0, 1, 0), symbols: ['"', "N"], notes: ["", "Sinus rhythm", "Old infarct"],
    leads: ["I", "II"], ...change,
});

test("what is said at the first sample is said of the whole recording, once; a beat there and what comes later are marks", () => {
    const { said, set: left } = apart(set());
    assert.deepEqual(said, ["Sinus rhythm", "Old infarct"]);
    assert.deepEqual([[...left.sample], [...left.symbol], [...left.note]], [[0, 300], [1, 0], [0, 2]]);
});

test("what people write here, what a model says, and a set without statements stay whole", () => {
    for (const whole of [set({ readOnly: false }), set({ score: new Float64Array(5) }), set({ symbols: ["N", "V"] }), set({ sample: Float64Array.of(1, 2, 3, 4, 5) })]) {
        assert.deepEqual(apart(whole), { said: [], set: whole });
    }
});
