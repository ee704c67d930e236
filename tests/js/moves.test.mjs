import assert from "node:assert/strict";
import { test } from "node:test";

import { moved, placeOf, windowAt, windowLimits, within, zoomed } from "../../static/js/look/moves.js";
import { stepped } from "../../static/js/ui/wander.js";

const DAY = { fs: 500, length: 500 * 86_400 };

test("what is under the pointer stays there while one zooms", () => {
    const look = { start: 10_000, windowS: 60 };
    for (const anchor of [0, 0.25, 1]) {
        const nearer = zoomed(look, 0.1, anchor, DAY);
        assert.equal(nearer.windowS, 6);
        const before = look.start + anchor * look.windowS * DAY.fs;
        assert.ok(Math.abs(nearer.start + anchor * nearer.windowS * DAY.fs - before) < 1e-6);
    }
});

test("a look stays within the record", () => {
    assert.deepEqual(within({ start: -5, windowS: 10 }, DAY), { start: 0, windowS: 10 });
    assert.deepEqual(moved({ start: 0, windowS: 10 }, 1e9, DAY), { start: DAY.length - 5000, windowS: 10 });
    assert.deepEqual(within({ start: 77, windowS: 1e9 }, DAY), { start: 0, windowS: 86_400 });
});

test("the shortest window is a fifth of a second, the longest the whole record", () => {
    assert.deepEqual(windowLimits(DAY), { least: 0.2, most: 86_400 });
    // Of one value a minute a fifth of a second would hold nothing.
    assert.equal(windowLimits({ fs: 1 / 60, length: 100 }).least, 120);
    assert.equal(zoomed({ start: 0, windowS: 1 }, 1e-9, 0.5, DAY).windowS, 0.2);
    assert.equal(zoomed({ start: 500, windowS: 1 }, Infinity, 0.5, DAY).windowS, 86_400);
});

test("the slider comes back to where it was set", () => {
    const limits = windowLimits(DAY);
    assert.equal(windowAt(0, limits), 0.2);
    assert.equal(windowAt(1, limits), 86_400);
    for (const place of [0, 0.3, 0.77, 1]) assert.ok(Math.abs(placeOf(windowAt(place, limits), limits) - place) < 1e-9);
});

test("the keys reach the whole record and the shortest window", () => {
    let windowS = 15;
    const longer = [];
    for (let i = 0; i < 40; i++) longer.push((windowS = stepped(windowS, 1, { fs: 500, length: 500 * 1805 })));
    assert.deepEqual(longer.slice(0, 8), [20, 30, 45, 60, 120, 300, 600, 1805]);
    for (let i = 0; i < 40; i++) windowS = stepped(windowS, -1, DAY);
    assert.equal(windowS, 0.2);
});
