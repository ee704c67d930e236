import assert from "node:assert/strict";
import { test } from "node:test";

import { Loader } from "../../static/js/disclosure/loader.js";

const settled = () => new Promise(setImmediate);

/** A loader whose answers a test gives. */
function loading({ size = 10, budget } = {}) {
    const waiting = new Map();
    const started = [];
    const heard = [];
    const loader = new Loader(
        (line, signal) => {
            started.push(line);
            return new Promise((resolve, reject) => {
                signal.addEventListener("abort", () => reject(signal.reason));
                waiting.set(line, { resolve, reject });
            });
        },
        (line) => heard.push(line),
        budget,
    );
    const come = async (line) => {
        waiting.get(line).resolve({ kind: "samples", start: 0, values: new Float64Array(size), corrupt: [] });
        await settled();
    };
    const fail = async (line, message = "away") => {
        waiting.get(line).reject(new Error(message));
        await settled();
    };
    return { loader, started, heard, come, fail };
}

test("a few lines are fetched at once, in the order of need", async () => {
    const { loader, started, come } = loading();
    loader.want([5, 6, 4, 7, 3, 8]);
    await settled();
    assert.deepEqual(started, [5, 6, 4, 7]);
    await come(6);
    assert.deepEqual(started, [5, 6, 4, 7, 3]);
    assert.equal(loader.pending, 5);
});

test("what is no longer wanted is given up, and its place taken", async () => {
    const { loader, started, heard, come } = loading();
    loader.want([1, 2, 3, 4]);
    await settled();
    loader.want([3, 50, 51]);
    await settled();
    assert.deepEqual(started, [1, 2, 3, 4, 50, 51]);
    await come(50);
    assert.deepEqual(heard, [50]);
    assert.equal(loader.content(1), null);
});

test("a line is fetched once, however often it is wanted", async () => {
    const { loader, started, come } = loading();
    loader.want([1]);
    loader.want([1]);
    await settled();
    await come(1);
    loader.want([1]);
    await settled();
    assert.deepEqual(started, [1]);
    assert.ok(loader.content(1));
});

test("what failed says why, is not asked for by itself, and is tried again", async () => {
    const { loader, started, heard, come, fail } = loading();
    loader.want([1, 2]);
    await settled();
    await fail(1, "the server does not answer");
    await come(2);
    loader.want([1, 2]);
    await settled();
    assert.deepEqual(started, [1, 2]);
    assert.equal(loader.failed.get(1).message, "the server does not answer");
    loader.retry();
    await settled();
    assert.equal(loader.failed.size, 0);
    assert.deepEqual(started, [1, 2, 1]);
    await come(1);
    assert.ok(loader.content(1));
    assert.deepEqual(heard, [1, 2, 1, 1]);
});

test("a failure that is out of sight is forgotten", async () => {
    const { loader, fail } = loading();
    loader.want([1]);
    await settled();
    await fail(1);
    loader.want([9]);
    assert.equal(loader.failed.size, 0);
});

test("memory is bounded: what was used longest ago goes first", async () => {
    const { loader, come } = loading({ size: 10, budget: 30 });
    for (const line of [1, 2, 3]) {
        loader.want([line]);
        await settled();
        await come(line);
    }
    loader.content(1);
    loader.want([4]);
    await settled();
    await come(4);
    assert.equal(loader.size, 30);
    assert.equal(loader.content(2), null);
    assert.ok(loader.content(1) && loader.content(3) && loader.content(4));
});

test("cleared, it holds nothing and hears of nothing", async () => {
    const { loader, heard, come } = loading();
    loader.want([1, 2]);
    await settled();
    await come(1);
    loader.clear();
    await settled();
    assert.deepEqual([loader.size, loader.pending, loader.content(1)], [0, 0, null]);
    assert.deepEqual(heard, [1]);
});
