import assert from "node:assert/strict";
import test from "node:test";

import { linesOf, nearestPoint, plotRange } from "../../static/js/view/rhythm.js";

test("a plot holds every interval on whole lines, and no more lines than there is room for", () => {
    for (const rr of [[600, 1200], [219, NaN, 1042], [300, 3100]]) {
        const range = plotRange(rr, 5);
        const known = rr.filter((one) => !Number.isNaN(one));
        assert.ok(range.low <= Math.min(...known) && range.high >= Math.max(...known), JSON.stringify(range));
        assert.ok(linesOf(range).length <= 7);
        assert.ok(linesOf(range).every((line) => line % range.step === 0));
    }
});

test("an even rhythm is not spread over the whole plot, and of nothing there is a plot too", () => {
    const { low, high } = plotRange([800, 801], 5);
    assert.ok(high - low >= 400);
    assert.deepEqual(linesOf(plotRange([], 5)), [600, 700, 800, 900, 1000]);
});

test("a place on the tachogram leads to the nearest beat that has a point", () => {
    const sample = [100, 200, 300, 400];
    assert.equal(nearestPoint(sample, [800, NaN, 900, NaN], 210), 2);
    assert.equal(nearestPoint(sample, [800, NaN, 900, NaN], 190), 0);
    assert.equal(nearestPoint(sample, [NaN, NaN, NaN, NaN], 190), -1);
});
