import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { encode } from "../../static/vendor/msgpack/index.mjs";
import { History, portionOf } from "../../static/js/net/history.js";
import { Portions } from "../../static/js/net/portions.js";

const usual = globalThis.fetch;
afterEach(() => {
    globalThis.fetch = usual;
});

/** A line that brings `rate` samples a second, 0.2 s late; keeps account of what was asked. */
function lineOf(rate) {
    const line = { now: 0, asked: [], aborted: 0 };
    globalThis.fetch = async (path, { signal }) => {
        const query = new URL(path, "http://x").searchParams;
        const [start, stop] = ["start", "stop"].map((name) => Number(query.get(name)));
        const leads = query.getAll("leads");
        line.asked.push([start, stop]);
        signal?.addEventListener("abort", () => line.aborted++);
        await Promise.resolve();
        signal?.throwIfAborted();
        line.now += 0.2 + ((stop - start) * leads.length) / rate;
        const samples = new Uint8Array((stop - start) * leads.length * 2);
        const infos = leads.map((name) => ({ name, unit: "mV", gain: 200, baseline: 0 }));
        const body = encode({ start, stop, dtype: "i2", leads: infos, samples });
        return { ok: true, arrayBuffer: async () => body.slice().buffer };
    };
    return line;
}

const strip = (start, stop, leads = ["I", "II"]) => ({ record: "r", leads, start, stop });

test("a strip is asked for from its end on, in portions of half a second of the line", async () => {
    const line = lineOf(16_000);
    const history = new History(() => line.now);
    const all = strip(0, 60_000);
    let stop = all.stop;
    const took = [];
    while (stop > all.start) {
        const before = line.now;
        const window = await history.ask({ ...all, stop });
        assert.equal(window.stop, stop);
        assert.ok(window.start < stop);
        took.push(line.now - before);
        stop = window.start;
    }
    assert.equal(line.asked[0][1] - line.asked[0][0], 6000);
    assert.ok(Math.max(...took.slice(3)) < 0.6, took.join());
    assert.ok(took.length > 5);
});

test("on a quick line the second portion is all the rest", async () => {
    const line = lineOf(50_000_000);
    const history = new History(() => line.now);
    const first = await history.ask(strip(0, 20_000));
    assert.deepEqual(line.asked, [[14_000, 20_000]]);
    assert.equal(history.quick(strip(0, first.start)), true);
    await history.ask(strip(0, first.start));
    assert.deepEqual(line.asked.at(-1), [0, 14_000]);
});

test("once the line was seen to be narrow, not even the first portion holds up what is played", async () => {
    const line = lineOf(50_000_000);
    const history = new History(() => line.now);
    await history.ask(strip(0, 20_000));
    history.limit(6000);
    await history.ask(strip(0, 14_000));
    assert.deepEqual(line.asked.at(-1), [12_500, 14_000]);
});

test("what was asked ahead is not asked again, and what nobody wants any more is called off", async () => {
    const line = lineOf(1e6);
    const history = new History(() => line.now);
    history.prefetch(strip(0, 1000));
    history.prefetch(strip(5000, 9000));
    const window = await history.ask(strip(5000, 9000));
    assert.equal(window.stop, 9000);
    assert.deepEqual(line.asked, [[0, 1000], [5000, 9000]]);
    assert.equal(line.aborted, 1);
    history.prefetch(strip(0, 3000));
    await history.ask(strip(0, 4000));
    assert.equal(line.aborted, 2);
});

test("one that is called off answers nothing", async () => {
    const line = lineOf(1e6);
    const history = new History(() => line.now);
    const asked = history.ask(strip(0, 1000));
    history.drop();
    assert.equal(await asked, null);
    history.prefetch(strip(0, 2000));
    const early = history.ask(strip(0, 2000));
    history.drop();
    assert.equal(await early, null);
});

test("a portion is the end of a strip, and at least a sample of it", () => {
    assert.deepEqual(portionOf(strip(0, 1000), 600), strip(700, 1000));
    assert.deepEqual(portionOf(strip(0, 1000), 1e9), strip(0, 1000));
    assert.deepEqual(portionOf(strip(0, 1000), 0), strip(999, 1000));
});

test("an answer too small to tell of the line changes nothing", () => {
    const portions = new Portions();
    const { most } = portions;
    portions.took(500, 0.3);
    assert.equal(portions.most, most);
    portions.took(8000, 0.5);
    assert.equal(portions.most, 8000);
    portions.took(2000, 100);
    assert.equal(portions.most, 2000);
});
