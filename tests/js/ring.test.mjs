import assert from "node:assert/strict";
import { test } from "node:test";

import { Ring } from "../../static/js/signal/ring.js";

const lead = (...values) => [Float64Array.from(values)];
const held = (ring, k = 0) => Array.from({ length: ring.stop - ring.start }, (_, i) => ring.at(k, ring.start + i));

test("samples are found by their index", () => {
    const ring = new Ring(10, 2, 100);
    ring.append(100, [Float64Array.of(1, 2), Float64Array.of(3, 4)]);
    assert.equal(ring.at(0, 101), 2);
    assert.equal(ring.at(1, 100), 3);
    assert.ok(Number.isNaN(ring.at(0, 99)));
    assert.ok(Number.isNaN(ring.at(0, 102)));
});

test("the oldest make room", () => {
    const ring = new Ring(3, 1, 0);
    for (let i = 0; i < 8; i++) ring.append(i, lead(i));
    assert.deepEqual(held(ring), [5, 6, 7]);
    ring.append(8, lead(8, 9, 10, 11, 12));
    assert.deepEqual(held(ring), [10, 11, 12]);
});

test("a hole cannot be appended over", () => {
    const ring = new Ring(3, 1, 0);
    assert.throws(() => ring.append(1, lead(1)), RangeError);
    assert.throws(() => ring.prepend(-3, lead(1, 2)), RangeError);
});

test("what is missing is a run, joined across frames", () => {
    const ring = new Ring(20, 1, 0);
    ring.append(0, lead(1, NaN, 3, NaN));
    ring.append(4, lead(NaN, 6, NaN, NaN));
    assert.deepEqual(ring.runs(0), [{ start: 1, stop: 2 }, { start: 3, stop: 5 }, { start: 6, stop: 8 }]);
});

test("a gap of hours is one run and costs what the ring holds", () => {
    const ring = new Ring(4, 1, 0);
    ring.append(0, lead(1, 2, 3));
    ring.skip(10_000_000_000);
    assert.equal(ring.start, 10_000_000_000 - 4);
    assert.deepEqual(ring.runs(0), [{ start: 3, stop: 10_000_000_000 }]);
    assert.ok(held(ring).every(Number.isNaN));
    ring.append(10_000_000_000, lead(7));
    assert.equal(ring.at(0, 10_000_000_000), 7);
});

test("what stands before is put before, as far as there is room", () => {
    const ring = new Ring(5, 1, 10);
    ring.append(10, lead(10, 11));
    const { revision } = ring;
    ring.prepend(4, lead(4, 5, 6, 7, 8, 9));
    assert.deepEqual(held(ring), [7, 8, 9, 10, 11]);
    assert.ok(ring.revision > revision);
});

test("runs join where what stands before meets what came", () => {
    const ring = new Ring(10, 1, 4);
    ring.append(4, lead(NaN, 5));
    ring.prepend(1, lead(1, NaN, NaN));
    assert.deepEqual(ring.runs(0), [{ start: 2, stop: 5 }]);
});

test("truncated, it goes on from there", () => {
    const ring = new Ring(10, 1, 0);
    ring.append(0, lead(0, 1, NaN, NaN, 4));
    ring.truncate(3);
    assert.equal(ring.stop, 3);
    assert.deepEqual(ring.runs(0), [{ start: 2, stop: 3 }]);
    ring.append(3, lead(33));
    assert.deepEqual(held(ring).slice(0, 2), [0, 1]);
    assert.equal(ring.at(0, 3), 33);
});

test("resized, it holds the same samples, the newest first", () => {
    const ring = new Ring(6, 1, 0);
    ring.append(0, lead(0, 1, 2, NaN, 4, 5));
    ring.remark({ start: 3, stop: 4, leads: null, reason: "corrupt" });
    const larger = ring.resized(100);
    assert.deepEqual(held(larger), held(ring));
    assert.deepEqual(larger.runs(0), [{ start: 3, stop: 4 }]);
    assert.equal(larger.remarks.length, 1);
    assert.deepEqual(held(ring.resized(2)), [4, 5]);
});

test("remarks and runs that left the ring are forgotten", () => {
    const ring = new Ring(2, 1, 0);
    ring.append(0, lead(NaN));
    ring.remark({ start: 0, stop: 1, leads: ["II"], reason: "lead_off" });
    ring.append(1, lead(1, 2, 3));
    assert.equal(ring.remarks.length, 0);
    assert.equal(ring.runs(0).length, 0);
});

test("a gap that lies ahead pushes nothing out before it is reached", () => {
    const ring = new Ring(6, 1, 0);
    ring.append(0, lead(0, 1, 2, 3));
    ring.declare(1_000_000);
    ring.declare(2_000_000); // another reason, right behind
    assert.deepEqual(held(ring), [0, 1, 2, 3]);
    assert.equal(ring.declared, 2_000_000);
    ring.reach(6);
    assert.deepEqual(held(ring), [0, 1, 2, 3, NaN, NaN]);
    assert.deepEqual(ring.runs(0), [{ start: 4, stop: 6 }]);
    assert.throws(() => ring.append(6, lead(1)), RangeError);
    ring.reach(8);
    assert.deepEqual(held(ring), [2, 3, NaN, NaN, NaN, NaN]);
    ring.append(2_000_000, lead(7));
    assert.deepEqual(ring.runs(0), [{ start: 4, stop: 2_000_000 }]);
    assert.equal(ring.at(0, 2_000_000), 7);
    assert.equal(ring.declared, ring.stop);
    ring.reach(3_000_000);
    assert.equal(ring.stop, 2_000_001);
});

test("a gap that lies ahead is still ahead when resized, and cut when truncated", () => {
    const ring = new Ring(4, 1, 0);
    ring.append(0, lead(0, 1));
    ring.declare(1000);
    ring.reach(500);
    const larger = ring.resized(100);
    assert.deepEqual(larger.runs(0), [{ start: 496, stop: 500 }]);
    assert.equal(larger.declared, 1000);
    larger.prepend(420, [new Float64Array(76).fill(NaN)]);
    assert.deepEqual(larger.runs(0), [{ start: 420, stop: 500 }]);
    larger.truncate(700);
    assert.equal(larger.declared, 700);
    assert.equal(larger.stop, 500);
    larger.truncate(450);
    assert.equal(larger.declared, 450);
    assert.equal(larger.stop, 450);
});
