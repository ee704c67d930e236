import assert from "node:assert/strict";
import { test } from "node:test";

import { baseFor, baseWords } from "../../static/js/wall/base.js";

const room = { above: 1, below: 0.8 };
/** @param {number} mv */
const around = (mv) => Array.from({ length: 200 }, (_, i) => mv + (i % 20 === 0 ? 1.5 : 0.1 * Math.sin(i)));

test("a signal whose middle is in its row stays where it is, however high its peaks", () => {
    assert.equal(baseFor(around(0.6), room, 0), 0);
    assert.equal(baseFor(around(-0.6), room, 0), 0);
});

test("a signal that has left its row is shown around a round number of its own", () => {
    assert.equal(baseFor(around(4.74), room, 0), 4.5);
    assert.equal(baseFor(around(-5.3), room, 0), -5.5);
});

test("one that comes back is shown around zero again, and one that stays is left alone", () => {
    assert.equal(baseFor(around(4.9), room, 4.5), 4.5);
    assert.equal(baseFor(around(0), room, 4.5), 0);
});

test("where half of it is missing nothing is moved", () => {
    const mv = around(5).map((value, i) => (i % 5 < 3 ? NaN : value));
    assert.equal(baseFor(mv, room, 0), 0);
    assert.equal(baseFor([], room, 1), 1);
});

test("a base is said with its sign", () => {
    assert.equal(baseWords(4.5), "+4.5 mV");
    assert.equal(baseWords(-5), "\u22125 mV");
});
