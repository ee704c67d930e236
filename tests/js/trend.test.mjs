import assert from "node:assert/strict";
import test from "node:test";

import { columnAt, heightOf, rangeOf, summary } from "../../static/js/view/trend.js";

test("a strip reaches to the next of a few tops, and what is known decides which", () => {
    assert.equal(rangeOf([70, NaN, 119], 100, 9).top, 120);
    assert.equal(rangeOf([70, 121], 100, 9).top, 180);
    assert.equal(rangeOf([350], 100, 9).top, 360);
    assert.equal(rangeOf([NaN], 100, 9).top, 120);
    assert.equal(rangeOf([...new Array(200).fill(90), 280], 100, 9).top, 120, "one artefact does not flatten the rest");
});

test("only lines that have room are named", () => {
    assert.deepEqual(rangeOf([170], 150, 9).lines, [60, 100, 150]);
    assert.deepEqual(rangeOf([290], 27, 9).lines, [60, 150, 250]);
});

test("the top rate stands at the top, the lowest at the foot, and what is beyond stays in the strip", () => {
    const range = { foot: 30, top: 180 };
    assert.deepEqual([180, 30, 10, 400].map((rate) => heightOf(rate, range, 151)), [0, 150, 150, 0]);
    assert.equal(heightOf(105, range, 151), 75);
});

test("what a trend says in all leaves out what is not known", () => {
    const trend = { low: [50, NaN, 60], mean: [55, NaN, 65], high: [58, NaN, 80] };
    assert.deepEqual(summary(trend), { least: 50, most: 80, mean: 60 });
    assert.equal(summary({ low: [NaN], mean: [NaN], high: [NaN] }), null);
});

test("the ends of a record lie in its first and last column", () => {
    assert.deepEqual([0, 0.5, 1].map((part) => columnAt(part, 10)), [0, 5, 9]);
});
