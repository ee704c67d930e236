import assert from "node:assert/strict";
import { test } from "node:test";

import { afterTick, kindWords } from "../../static/js/ui/leads.js";
import { anyGaps, commonGaps } from "../../static/js/signal/gaps.js";

const KNOWN = [
    { name: "I", unit: "mV", kind: "ecg", fs: 500 },
    { name: "II", unit: "mV", kind: "ecg", fs: 500 },
    { name: "ABP", unit: "mmHg", kind: "abp", fs: 500 },
    { name: "HR", unit: null, kind: "numeric", fs: 1 / 60 },
];

test("leads stay in the record's order, and one at least is shown", () => {
    assert.deepEqual(afterTick(KNOWN, ["ABP"], "I", true), ["I", "ABP"]);
    assert.deepEqual(afterTick(KNOWN, ["I", "II"], "I", false), ["II"]);
    assert.deepEqual(afterTick(KNOWN, ["II"], "II", false), ["II"]);
});

test("a lead of another rate leaves the others out", () => {
    assert.deepEqual(afterTick(KNOWN, ["I", "II"], "HR", true), ["HR"]);
    assert.deepEqual(afterTick(KNOWN, ["HR"], "II", true), ["II"]);
});

test("what is no ECG says so", () => {
    assert.equal(kindWords(KNOWN[0]), "ECG \u00b7 mV \u00b7 500 Hz");
    assert.match(kindWords(KNOWN[2]), /not an ECG/);
    assert.match(kindWords(KNOWN[3]), /unit unknown, NOT CALIBRATED \u00b7 1 in 60 s/);
    assert.match(kindWords({ ...KNOWN[2], kind: "temp" }), /temp, not an ECG/);
});

test("the seek bar knows where all leads are missing, and where any is", () => {
    const gaps = [[[0, 10], [50, 60]], [[5, 20], [55, 58], [90, 95]]];
    assert.deepEqual(commonGaps(gaps), [{ start: 5, stop: 10 }, { start: 55, stop: 58 }]);
    assert.deepEqual(anyGaps(gaps), [{ start: 0, stop: 20 }, { start: 50, stop: 60 }, { start: 90, stop: 95 }]);
    assert.deepEqual(commonGaps([]), []);
});
