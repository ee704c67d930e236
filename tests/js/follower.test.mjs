import assert from "node:assert/strict";
import { test } from "node:test";

import { Follower, Hole } from "../../static/js/signal/follower.js";

const state = (next, more = {}) => ({
    type: "state", id: null, sid: 1, why: null, next, leads: [{ name: "II" }], dtype: "i2", frame: 10, speed: 1, playing: true,
    clock: { sample: next, time: 0, rate: 360 }, ...more,
});
const frame = (start, count = 10) => ({ sid: 1, start, count, values: [] });
const gap = (start, stop, leads = null) => ({ type: "gap", sid: 1, start, stop, leads, reason: "missing" });

function following(next = 100) {
    const follower = new Follower();
    follower.subscribed(state(next));
    return follower;
}

test("frames and whole gaps tile", () => {
    const follower = following();
    assert.ok(follower.frame(frame(100, 7)));
    assert.ok(follower.gap(gap(107, 200)));
    assert.ok(follower.frame(frame(200)));
    assert.equal(follower.next, 210);
});

test("a hole is a fault, before a frame and before a gap, forwards and backwards", () => {
    assert.throws(() => following().frame(frame(101)), Hole);
    assert.throws(() => following().frame(frame(90)), Hole);
    assert.throws(() => following().gap(gap(110, 120)), Hole);
    assert.throws(() => following().gap(gap(100, 100)), Hole);
});

test("a remark on leads takes no part in the tiling", () => {
    const follower = following();
    assert.ok(follower.gap(gap(500, 600, ["II"])));
    assert.equal(follower.next, 100);
});

test("what comes before the answer to a seek is dropped", () => {
    const follower = following();
    follower.turn();
    assert.equal(follower.frame(frame(100)), false);
    assert.equal(follower.gap(gap(110, 120)), false);
    assert.equal(follower.state(state(5000, { id: 3 }), true), true);
    assert.ok(follower.frame(frame(5000)));
});

test("of two seeks the last answer counts", () => {
    const follower = following();
    follower.turn();
    follower.turn();
    assert.equal(follower.state(state(5000, { id: 3 }), true), false);
    assert.equal(follower.frame(frame(5000)), false);
    assert.equal(follower.state(state(9000, { id: 4 }), true), true);
    assert.equal(follower.next, 9000);
});

test("a state that goes on where the tiling stopped is no jump", () => {
    const follower = following();
    follower.frame(frame(100));
    assert.equal(follower.state(state(110, { why: "behind" }), false), false);
    assert.equal(follower.state(state(110, { id: 9 }), false), false);
});

test("a loop, and a state that goes elsewhere, lift the pen", () => {
    const follower = following();
    assert.equal(follower.state(state(0, { why: "looped" }), false), true);
    assert.equal(follower.state(state(40), false), true);
    assert.ok(follower.frame(frame(40)));
});

test("a new subscription forgets what was awaited", () => {
    const follower = following();
    follower.turn();
    follower.subscribed(state(300));
    assert.ok(follower.frame(frame(300)));
});
