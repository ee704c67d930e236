import assert from "node:assert/strict";
import { test } from "node:test";

import { isEndOfRange, RailFinder } from "../../static/js/signal/rails.js";

const LEAD = { name: "II", unit: "mV", gain: 200, baseline: 1024 };

const found = (lead, values, fs = 100) => {
    const finder = new RailFinder(lead, fs);
    finder.take(0, Float64Array.from(values));
    return finder.runs.map(({ start, stop, high }) => [start, stop, high]);
};
const flat = (count, value) => Array(count).fill(value);

test("a signal that stands at the end of its range is at the rail", () => {
    assert.deepEqual(found(LEAD, [1024, ...flat(15, 2047), 1030]), [[1, 16, true]]);
    assert.deepEqual(found(LEAD, [1024, ...flat(15, 0), 1030]), [[1, 16, false]]);
});

test("so is one that stands far away, wherever its rail may be", () => {
    assert.deepEqual(found({ ...LEAD, gain: 1000, baseline: 0 }, flat(20, 3300)), [[0, 20, true]]);
});

test("a flat line near the baseline is what is stored, and a clipped peak is a peak", () => {
    assert.deepEqual(found(LEAD, flat(200, 1024)), []);
    assert.deepEqual(found({ ...LEAD, gain: 1000, baseline: 0 }, flat(200, 2000)), []);
    assert.deepEqual(found(LEAD, [1024, ...flat(8, 2047), 1030]), []);
});

test("what is no voltage has no rail that we know", () => {
    assert.deepEqual(found({ ...LEAD, unit: "mmHg" }, flat(50, 2047)), []);
});

test("missing samples are no rail, and end one", () => {
    assert.deepEqual(found(LEAD, flat(50, NaN)), []);
    assert.deepEqual(found(LEAD, [...flat(15, 2047), NaN, ...flat(15, 2047)]), [[0, 15, true], [16, 31, true]]);
});

test("a run found late says that what was drawn is to be drawn anew", () => {
    const finder = new RailFinder(LEAD, 100);
    assert.equal(finder.take(0, Float64Array.from(flat(10, 2047))), false);
    assert.equal(finder.take(10, Float64Array.from(flat(10, 2047))), true);
    assert.equal(finder.take(20, Float64Array.from(flat(10, 2047))), false);
    assert.deepEqual(finder.runs, [{ start: 0, stop: 30, high: true }]);
    finder.forget(31);
    assert.deepEqual(finder.runs, []);
});

test("ends of converters", () => {
    for (const [value, baseline] of [[2047, 0], [-2048, 0], [32767, 0], [0, 1024], [2047, 1024], [4095, 2048]]) {
        assert.ok(isEndOfRange(value, baseline), `${value} around ${baseline}`);
    }
    for (const [value, baseline] of [[0, 0], [1000, 0], [1024, 1024], [5000, 0]]) {
        assert.ok(!isEndOfRange(value, baseline), `${value} around ${baseline}`);
    }
});
