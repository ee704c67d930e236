import assert from "node:assert/strict";
import test from "node:test";

import { heartRate, Numerics } from "../../static/js/signal/heartrate.js";

const FS = 100;
const told = (sample, value, reason = null) => ({ sample, value, reason });
const BEATS = {
    known: [{ start: 0, stop: 5000 }], pauses: [{ start: 3000, stop: 3600 }],
    rates: { sample: Float64Array.of(0, 1000, 3250, 3600), bpm: Float64Array.of(NaN, 71, NaN, NaN), why: ["too_few_beats", "", "pause", "too_few_beats"] },
};

test("a value that came early waits until its sample is on the screen", () => {
    const numerics = new Numerics();
    numerics.add(told(1000, 70));
    numerics.add(told(1300, 75));
    assert.equal(numerics.at(999), null);
    assert.equal(numerics.at(1299).value, 70);
    assert.equal(numerics.at(1300).value, 75);
});

test("what is told of an earlier place begins anew, and nothing is left after a turn", () => {
    const numerics = new Numerics();
    numerics.add(told(9000, 70));
    numerics.add(told(100, 50));
    assert.equal(numerics.at(9500).value, 50);
    numerics.clear();
    assert.equal(numerics.at(9500), null);
});

test("where the beats are at hand they say the rate; beyond them what was told does", () => {
    const at = (shown, beats = BEATS) => heartRate({ shown, fs: FS }, told(4000, 66), beats);
    assert.deepEqual(at(1500), { bpm: 71, why: "", pauseS: null });
    assert.deepEqual(at(500), { bpm: null, why: "too_few_beats", pauseS: null });
    assert.deepEqual(at(6000), { bpm: 66, why: "", pauseS: null });
    assert.deepEqual(heartRate({ shown: 6000, fs: FS }, null, null), { bpm: null, why: "analysing", pauseS: null });
});

test("a pause grows while it lasts, and is no rate", () => {
    assert.deepEqual(heartRate({ shown: 3300, fs: FS }, null, BEATS), { bpm: null, why: "pause", pauseS: 3 });
    assert.equal(heartRate({ shown: 3550, fs: FS }, null, BEATS).pauseS, 5.5);
    assert.equal(heartRate({ shown: 3600, fs: FS }, null, BEATS).pauseS, null);
    const alone = heartRate({ shown: 8100, fs: FS }, told(8000, null, "pause"), null);
    assert.deepEqual(alone, { bpm: null, why: "pause", pauseS: 3.5 });
});
