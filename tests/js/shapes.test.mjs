import assert from "node:assert/strict";
import { test } from "node:test";

import { drawnIn, segmentsOf } from "../../static/js/view/shapes.js";

const spans = (all) => all.map(({ start, stop }) => [start, stop]);

test("a stretch without cuts is one line", () => {
    assert.deepEqual(spans(drawnIn(10, 20, [], [])), [[10, 20]]);
    assert.deepEqual(spans(drawnIn(20, 20, [], [])), []);
});

test("a cut lifts the pen and loses no sample", () => {
    assert.deepEqual(spans(drawnIn(10, 20, [5, 10, 14, 20, 30], [])), [[10, 14], [14, 20]]);
});

test("a rail is left out of the line", () => {
    const rails = [{ start: 0, stop: 11 }, { start: 14, stop: 16 }, { start: 19, stop: 40 }];
    assert.deepEqual(spans(drawnIn(10, 20, [13], rails)), [[11, 13], [13, 14], [16, 19]]);
    assert.deepEqual(spans(drawnIn(15, 18, [], [{ start: 0, stop: 100 }])), []);
});

const RUN = { start: 100, stop: 200 };

test("a hole of which nobody says more is missing", () => {
    assert.deepEqual(segmentsOf(RUN, [], "II"), [{ ...RUN, reason: "missing" }]);
    assert.deepEqual(segmentsOf(RUN, [{ ...RUN, leads: ["V"], reason: "lead_off" }], "II"), [{ ...RUN, reason: "missing" }]);
});

test("a hole of two reasons is two shapes", () => {
    const remarks = [{ start: 50, stop: 140, leads: ["II"], reason: "lead_off" }, { start: 180, stop: 300, leads: null, reason: "slow_viewer" }];
    assert.deepEqual(segmentsOf(RUN, remarks, "II"), [
        { start: 100, stop: 140, reason: "lead_off" },
        { start: 140, stop: 180, reason: "missing" },
        { start: 180, stop: 200, reason: "slow_viewer" },
    ]);
});

test("two remarks of one reason are one shape", () => {
    const remarks = [{ start: 100, stop: 150, leads: null, reason: "lead_off" }, { start: 150, stop: 200, leads: null, reason: "lead_off" }];
    assert.deepEqual(segmentsOf(RUN, remarks, "II"), [{ ...RUN, reason: "lead_off" }]);
});
