import assert from "node:assert/strict";
import { test } from "node:test";

import { levelFor, pieceOf, ringOf } from "../../static/js/look/looking.js";
import { Store } from "../../static/js/look/store.js";
import { FakeWorld } from "./doubles.mjs";

const settled = () => new Promise((resolve) => setImmediate(resolve));

function stored({ most = 100 } = {}) {
    const world = new FakeWorld();
    const asked = [];
    let changes = 0;
    const store = new Store({
        load: (key, signal) => new Promise((resolve, reject) => asked.push({ key, signal, resolve, reject })),
        sizeOf: () => 10, most, changed: () => changes++, world,
    });
    return { world, store, asked, changes: () => changes, keys: () => asked.map(({ key }) => key) };
}

test("what is wished for first comes first, four at once, and is fetched once", async () => {
    const { store, asked, keys, changes } = stored();
    store.wish(["a", "b", "c", "d", "e"]);
    assert.deepEqual(keys(), ["a", "b", "c", "d"]);
    store.wish(["a", "b", "c", "d", "e"]);
    assert.equal(asked.length, 4);
    asked[0].resolve("A");
    await settled();
    assert.deepEqual(keys(), ["a", "b", "c", "d", "e"]);
    assert.equal(store.get("a"), "A");
    assert.equal(changes(), 1);
    assert.equal(store.waiting, true);
});

test("what is not looked at any more is called off and never comes", async () => {
    const { store, asked, keys } = stored();
    store.wish(["a"]);
    store.wish(["b"]);
    assert.equal(asked[0].signal.aborted, true);
    asked[0].resolve("A");
    await settled();
    assert.equal(store.get("a"), null);
    assert.deepEqual(keys(), ["a", "b"]);
});

test("a piece that failed is asked for again, later, and the reason is told until then", async () => {
    const { store, asked, world } = stored();
    store.wish(["a"]);
    asked[0].reject(new Error("no such luck"));
    await settled();
    assert.equal(store.failure, "no such luck");
    assert.equal(asked.length, 1);
    world.pass(40);
    assert.equal(asked.length, 2);
    asked[1].resolve("A");
    await settled();
    assert.equal(store.failure, null);
});

test("what is kept has a bound, and what is in sight is never dropped for it", async () => {
    const { store, asked } = stored({ most: 30 });
    for (const key of ["a", "b", "c", "d"]) {
        store.wish([key]);
        asked.at(-1).resolve(key);
        await settled();
    }
    assert.equal(store.get("a"), null);
    assert.deepEqual(["b", "c", "d"].map((key) => store.get(key)), ["b", "c", "d"]);
    store.wish(["b", "c", "d", "e", "f"]);
    for (const { resolve } of asked.slice(4)) resolve("x");
    await settled();
    await settled();
    assert.deepEqual(["b", "c", "d", "e"].map((key) => store.get(key) !== null), [true, true, true, true]);
});

test("a column is never wider than a pixel, and ten seconds are samples on a telephone too", () => {
    assert.equal(levelFor(4, 1e6), 0);
    assert.equal(levelFor(16, 60_000), 0);
    for (const samples of [8, 15.9, 16, 63, 64, 1000, 28_800]) {
        const level = levelFor(samples, 1e9);
        assert.ok(4 ** level <= samples && 4 ** (level + 1) > samples, `${samples}: ${level}`);
    }
    assert.equal(pieceOf(2), 16_384);
});

test("blocks side by side are one source, and a damaged stretch says why it is missing", () => {
    const block = (start, values, corrupt = {}) => ({
        start, stop: start + values.length, values: [Float64Array.from(values)], corrupt, leads: [],
    });
    const ring = ringOf([block(4, [1, 2]), block(6, [NaN, NaN, 5], { II: [[6, 8]] })]);
    assert.deepEqual([ring.start, ring.stop, ring.at(0, 5), ring.at(0, 8)], [4, 9, 2, 5]);
    assert.deepEqual(ring.runs(0), [{ start: 6, stop: 8 }]);
    assert.deepEqual(ring.remarks, [{ start: 6, stop: 8, leads: ["II"], reason: "corrupt" }]);
});
