import assert from "node:assert/strict";
import { test } from "node:test";

import { bandsOf, density, holds, momentsOf, nearest, pixelAt, pixelsOf, placed } from "../../static/js/view/strip.js";

test("the bands of a strip lie one under the other, words only where there is room", () => {
    for (const dpr of [1, 2]) {
        const high = bandsOf(68 * dpr, dpr);
        assert.equal(high.marks.bottom, high.trace.top);
        assert.equal(high.trace.bottom, high.quality.top);
        assert.equal(high.quality.bottom, high.axis.top);
        assert.equal(high.axis.bottom, 68 * dpr);
        assert.ok(high.axis.bottom - high.axis.top >= 12 * dpr);
        const low = bandsOf(28 * dpr, dpr);
        assert.equal(low.axis.top, low.axis.bottom);
        assert.ok(low.trace.bottom - low.trace.top >= 12 * dpr);
    }
});

const even = (low, high, length) => ({
    low: Float64Array.from(low),
    high: Float64Array.from(high),
    edges: Array.from({ length: low.length + 1 }, (_, k) => Math.floor((k * length) / low.length)),
});

test("no peak is lost, however many columns a pixel has", () => {
    const count = 1000;
    const high = new Float64Array(count);
    high[777] = 5;
    const { low: lows, high: highs } = pixelsOf({ ...even(new Float64Array(count), high, 100_000), high }, 100_000, 7);
    assert.equal(Math.max(...highs), 5);
    assert.equal(highs.indexOf(5), Math.floor((777 * 7) / 1000));
    assert.ok(lows.every((value) => value === 0));
});

test("a column that is wider than a pixel is in every pixel that it touches", () => {
    const { low, high } = pixelsOf(even([1, 2], [3, 9], 100), 100, 8);
    assert.deepEqual([...high], [3, 3, 3, 3, 9, 9, 9, 9]);
    assert.deepEqual([...low], [1, 1, 1, 1, 2, 2, 2, 2]);
    assert.deepEqual([...pixelsOf(even([1, 2], [3, 9], 100), 100, 3).high], [3, 9, 9]);
});

test("where nothing is there, nothing is drawn", () => {
    const { low, high } = pixelsOf(even([NaN, 2], [NaN, 4], 100), 100, 4);
    assert.deepEqual([...high], [NaN, NaN, 4, 4]);
    assert.deepEqual([...low], [NaN, NaN, 2, 2]);
});

test("an infinite sample takes no peak beside it away", () => {
    const { low, high } = pixelsOf(even([-5, -1, 0], [9, NaN, 2], 99), 99, 1);
    assert.deepEqual([...low, ...high], [-5, 9]);
});

test("every beat is counted in one pixel, those beyond the ends in the last", () => {
    assert.deepEqual([...density([0, 10, 10, 99, 100, 250], 100, 10)], [1, 2, 0, 0, 0, 0, 0, 0, 0, 3]);
    assert.equal(pixelAt(-5, 100, 10), 0);
    assert.equal(pixelAt(50, 100, 10), 5);
});

test("words that would lie on each other are left out, and none leaves the strip", () => {
    const words = [{ x: 0, width: 20 }, { x: 10, width: 20 }, { x: 40, width: 20 }, { x: 90, width: 20 }];
    assert.deepEqual(placed(words, 100, 5), [0, null, 40, 70]);
    assert.deepEqual(placed([{ x: 2, width: 300 }], 100, 5), [null]);
});

test("the axis names whole moments, no closer than there is room", () => {
    assert.deepEqual(momentsOf(1805, 1000, 90), [300, 600, 900, 1200, 1500, 1800]);
    assert.deepEqual(momentsOf(86400, 1000, 90), [10800, 21600, 32400, 43200, 54000, 64800, 75600]);
    assert.deepEqual(momentsOf(10, 1000, 90), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const seconds of [3, 75, 4346, 1e5, 3e7]) {
        for (const width of [300, 1200]) {
            const moments = momentsOf(seconds, width, 90);
            assert.ok(moments.length <= width / 90, `${seconds} s`);
            assert.ok(moments.every((at) => at > 0 && at < seconds));
        }
    }
});

test("the nearest mark is found on both sides, and none that is far", () => {
    const strip = { length: 1000, width: 100, slack: 3 };
    assert.equal(nearest([100, 500], 11, strip), 0);
    assert.equal(nearest([100, 500], 48, strip), 1);
    assert.equal(nearest([100, 500], 30, strip), -1);
    assert.equal(nearest([], 30, strip), -1);
});

test("a box of a day is a line that can be held, a box of everything cannot be moved", () => {
    const line = { left: 50, width: 1 };
    assert.ok(holds(50.5, line, 1000, false));
    assert.ok(holds(55, line, 1000, false));
    assert.ok(!holds(60, line, 1000, false));
    assert.ok(holds(60, line, 1000, true));
    const wide = { left: 100, width: 200 };
    assert.ok(holds(100, wide, 1000, false) && holds(300, wide, 1000, false));
    assert.ok(!holds(97, wide, 1000, false) && !holds(303, wide, 1000, false));
    assert.ok(!holds(500, { left: 0, width: 1000 }, 1000, false));
});
