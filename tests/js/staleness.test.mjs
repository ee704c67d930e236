import assert from "node:assert/strict";
import { test } from "node:test";

import { conditionOf, lagOf } from "../../static/js/signal/staleness.js";

const WELL = {
    refused: false, pictured: true, reachable: true, silence: 0.3, lag: 0, old: 0.3, waiting: 0, held: false, ended: false, playing: true,
};
const said = (signs) => conditionOf({ ...WELL, ...signs }).condition;

test("lag is wall time, and nothing while the clock stands", () => {
    assert.equal(lagOf(1000 + 720, 1000, 360), 2);
    assert.equal(lagOf(1000 + 720, 1000, 3600), 0.2);
    assert.equal(lagOf(1720, 1000, 0), 0);
    assert.equal(lagOf(900, 1000, 360), 0);
});

test("the plain cases", () => {
    assert.equal(said({}), "playing");
    assert.equal(said({ playing: false }), "paused");
    assert.equal(said({ playing: false, ended: true }), "ended");
});

test("after 1.8 s of silence or of lag the picture is stale, playing or not", () => {
    assert.equal(said({ silence: 1.79 }), "playing");
    assert.deepEqual(conditionOf({ ...WELL, silence: 1.81 }), { condition: "stale", age: 1.81 });
    assert.deepEqual(conditionOf({ ...WELL, lag: 4 }), { condition: "stale", age: 4 });
    assert.equal(said({ silence: 3, playing: false }), "stale");
    assert.equal(said({ silence: 3, ended: true }), "stale");
});

test("held is loading, not stale; silence is stale even so", () => {
    assert.equal(said({ held: true }), "loading");
    assert.equal(said({ held: true, silence: 2 }), "stale");
    assert.deepEqual(conditionOf({ ...WELL, held: true, old: 14 }), { condition: "loading", age: 14 });
    assert.deepEqual(conditionOf({ ...WELL, held: true, old: 1.7 }), { condition: "loading", age: 0 });
    assert.deepEqual(conditionOf({ ...WELL, waiting: 3, old: 3 }), { condition: "loading", age: 3 });
    assert.equal(said({ waiting: 1 }), "loading");
    assert.equal(said({ waiting: 0.1 }), "playing");
});

test("what plays and gets no sample that is due is stale, though the server speaks", () => {
    assert.equal(said({ old: 1.79 }), "playing");
    assert.deepEqual(conditionOf({ ...WELL, old: 16 }), { condition: "stale", age: 16 });
});

test("without a picture there is nothing to be stale", () => {
    assert.equal(said({ pictured: false, silence: 9 }), "loading");
    assert.equal(said({ pictured: false, reachable: false, silence: 9 }), "offline");
    assert.equal(said({ refused: true }), "offline");
});
