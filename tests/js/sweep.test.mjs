import assert from "node:assert/strict";
import { test } from "node:test";

import { columnAt, advance, barOf, byPage, unrolled, visible } from "../../static/js/view/sweep.js";

test("the blank bar is 2 to 5 % of the row", () => {
    for (const page of [200, 390, 1500, 3840]) {
        const part = barOf(page) / page;
        assert.ok(part >= 0.02 && part <= 0.05, `${page}: ${part}`);
    }
});

test("columns are cut where pages end, and none lies before the record", () => {
    assert.deepEqual(byPage(-5, 3, 10), [{ from: 0, to: 3 }]);
    assert.deepEqual(byPage(8, 25, 10), [{ from: 8, to: 10 }, { from: 10, to: 20 }, { from: 20, to: 25 }]);
    assert.deepEqual(byPage(5, 5, 10), []);
});

test("picture and bar together are one page", () => {
    const { from, to } = visible(5000, 1000, 30);
    assert.equal(to - from + 30, 1000);
    assert.equal(to, 5001);
    assert.equal(visible(10, 1000, 30).from, 0);
});

test("a frame paints what is new and what that touches", () => {
    assert.deepEqual(advance(100, 104, 1000, 96), { from: 96, to: 105 });
    assert.deepEqual(advance(100, 100, 1000, 97), { from: 97, to: 101 });
    assert.deepEqual(advance(2, 3, 1000, -4), { from: 0, to: 4 });
});

test("a first picture, a step back and a long step paint everything", () => {
    assert.equal(advance(null, 10, 1000, 5), null);
    assert.equal(advance(100, 90, 1000, 80), null);
    assert.equal(advance(100, 700, 1000, 96), null);
});

test("unrolled, the newest column is at the right edge and each column is there once", () => {
    for (const head of [0, 5, 9, 10, 13, 99]) {
        const slots = unrolled(head, 10).flatMap(({ slot, x, width }) =>
            Array.from({ length: width }, (_, i) => [x + i, slot + i]),
        );
        assert.equal(slots.length, 10);
        assert.deepEqual(slots.map(([x]) => x), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert.equal(slots[9][1], head % 10);
        assert.equal(new Set(slots.map(([, slot]) => slot)).size, 10);
    }
});

test("the column at a place is the one painted there, and in the bar there is none", () => {
    // A page of 100 columns, the newest being 230: 200 to 230 at the left, then a bar of 3, then 134 to 199.
    const swept = (x) => columnAt(x, 230, 100, 3, false);
    assert.deepEqual([swept(0), swept(30), swept(30.7)], [200, 230, 230.7]);
    assert.deepEqual([swept(31), swept(33)], [null, null]);
    assert.deepEqual([swept(34), swept(99)], [134, 199]);
    assert.deepEqual([swept(-1), swept(100)], [null, null]);
    assert.equal(columnAt(50, 20, 100, 3, false), null);
    const scrolled = (x, head = 230) => columnAt(x, head, 100, 0, true);
    assert.deepEqual([scrolled(0), scrolled(99)], [131, 230]);
    assert.deepEqual([scrolled(0, 20), scrolled(79, 20)], [null, 0]);
});
