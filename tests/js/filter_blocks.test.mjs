import assert from "node:assert/strict";
import { test } from "node:test";

import { designed, padS } from "../../static/js/filter/design.js";
import { hostFilter } from "../../static/js/filter/host.js";
import { filteredLead } from "../../static/js/filter/job.js";
import { Pieces } from "../../static/js/filter/pieces.js";
import { FilteredBlocks } from "../../static/js/filter/strip.js";
import { zeroPhase } from "../../static/js/filter/zerophase.js";

const FS = 100;
const MONITOR = { name: "monitor", notch: null };
const DIAGNOSTIC = { name: "diagnostic", notch: null };
/** Nothing hums at 40 Hz, but at 100 Hz a higher notch is left out. */
const NOTCHED = { name: "none", notch: 40 };

/** Stored values, 200 to the mV around 1024, of a lead whose baseline wanders with a period of 50 s. */
function recorded(seconds, phase = 0) {
    return Float64Array.from({ length: seconds * FS }, (_, i) => {
        const t = i / FS;
        const beat = Math.exp(-((((t + phase) % 0.8) - 0.3) ** 2) / 2e-4);
        return 1024 + Math.round(200 * (beat + 0.5 * Math.sin((2 * Math.PI * t) / 50) + 300));
    });
}

/** A record that notes what is fetched of it. */
class Archive {
    fetched = [];
    broken = false;

    constructor(leads) {
        this.leads = leads;
    }

    fetch = async (leads, start, stop, signal) => {
        this.fetched.push({ leads: [...leads], start, stop });
        if (this.broken) throw new Error("no line");
        assert.equal(signal.aborted, false);
        return leads.map((lead) => this.leads[lead].slice(start, stop));
    };
}

const compute = async (job) => job.windows.map((_, lead) => filteredLead(job, lead));

function blocksOf(archive, preset, more = {}) {
    const heard = [];
    const faults = [];
    const blocks = new FilteredBlocks({
        fs: FS,
        length: Math.max(...Object.values(archive.leads).map((values) => values.length)),
        leads: Object.keys(archive.leads).map((name) => ({ name, baseline: 1024 })),
        preset,
        fetch: archive.fetch,
        filter: compute,
        hear: (block) => heard.push(block),
        fault: (error, block) => faults.push({ error, block }),
        ...more,
    });
    return { blocks, heard, faults };
}

/** All that is on its way has come. */
const settle = () => new Promise((resolve) => void setImmediate(resolve));

const greatest = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

test("a strip is the same to the bit however it was reached", async () => {
    for (const preset of [MONITOR, DIAGNOSTIC, NOTCHED]) {
        const archive = new Archive({ II: recorded(300) });
        const one = blocksOf(archive, preset).blocks;
        for (let at = 0; at < 300; at += 10) {
            one.want(["II"], at * FS, (at + 10) * FS);
            await settle();
        }
        const other = blocksOf(archive, preset).blocks;
        for (const [from, to] of [[12_345, 14_567], [200, 1000], [11_000, 13_000]]) {
            other.want(["II"], from, to);
            await settle();
            const { whole, ...there } = other.read("II", from, to);
            assert.equal(whole, true);
            const { whole: also, ...here } = one.read("II", from, to);
            assert.equal(also, true);
            assert.deepEqual(there, here);
        }
    }
});

test("blocks put together are the whole record filtered at once, to a microvolt, 300 mV of offset or not", async () => {
    for (const preset of [MONITOR, DIAGNOSTIC, NOTCHED]) {
        const values = recorded(300);
        values.fill(NaN, 14_000, 14_080);
        const { blocks } = blocksOf(new Archive({ II: values }), preset);
        blocks.want(["II"], 0, values.length);
        for (let turn = 0; turn < 40; turn++) await settle();
        const found = blocks.read("II", 0, values.length);
        const whole = zeroPhase(values, designed(preset, FS), { baseline: 1024, recordEnds: [true, true] });
        assert.equal(found.whole, true);
        assert.deepEqual(found.settled, whole.settled);
        values.forEach((value, i) => assert.equal(Number.isNaN(found.values[i]), Number.isNaN(value)));
        const apart = greatest(found.values.map((v) => v || 0), whole.values.map((v) => v || 0)) / 200;
        assert.ok(apart < 1e-3, `${apart} mV`);
        assert.ok(padS(preset) > 1);
    }
});

test("a strip at the end of the record is settled, and ends with it", async () => {
    const values = recorded(65).subarray(0, 6_450);
    const { blocks, heard } = blocksOf(new Archive({ II: values }), MONITOR);
    blocks.want(["II"], 6_000, 9_999);
    await settle();
    assert.deepEqual(heard, [{ leads: ["II"], start: 6_000, stop: 6_450 }]);
    const block = blocks.block("II", 6_449);
    assert.equal(block.values.length, 450);
    assert.ok(block.settled.every((is) => is === 1));
});

test("each stored sample is fetched once, for all leads together, and not more than a minute at a time", async () => {
    const leads = { I: recorded(300), II: recorded(300, 0.2) };
    const archive = new Archive(leads);
    const { blocks, heard } = blocksOf(archive, DIAGNOSTIC);
    blocks.want(["I", "II"], 10_000, 16_000);
    for (let turn = 0; turn < 20; turn++) await settle();
    assert.equal(heard.length, 6);
    const seen = new Uint8Array(30_000);
    for (const { leads: names, start, stop } of archive.fetched) {
        assert.deepEqual(names, ["I", "II"]);
        assert.ok(stop - start <= 6_000);
        for (let i = start; i < stop; i++) assert.equal(seen[i]++, 0);
    }
});

test("another lead comes without what is there being asked for again", async () => {
    const archive = new Archive({ I: recorded(60), II: recorded(60, 0.2) });
    const { blocks, heard } = blocksOf(archive, MONITOR);
    blocks.want(["I"], 2_000, 3_000);
    await settle();
    archive.fetched.length = 0;
    blocks.want(["I", "II"], 2_000, 3_000);
    await settle();
    assert.deepEqual(archive.fetched.map(({ leads }) => leads), [["II"]]);
    assert.deepEqual(heard.at(-1), { leads: ["II"], start: 2_000, stop: 3_000 });
    assert.notDeepEqual(blocks.block("I", 2_000).values, blocks.block("II", 2_000).values);
});

test("what is not wanted any more is not begun, what is on its way is not asked for twice", async () => {
    const waiting = [];
    const filter = (job) => new Promise((resolve) => waiting.push(async () => resolve(await compute(job))));
    const { blocks, heard } = blocksOf(new Archive({ II: recorded(300) }), MONITOR, { filter });
    blocks.want(["II"], 0, 10_000);
    await settle();
    assert.equal(waiting.length, 2);
    blocks.want(["II"], 1_000, 2_000);
    blocks.want(["II"], 20_000, 21_000);
    for (let turn = 0; turn < 10; turn++) {
        await waiting.shift()?.();
        await settle();
    }
    assert.deepEqual(heard.map(({ start }) => start), [0, 1_000, 20_000]);
});

test("a block on its way is not asked for by the next picture", async () => {
    const waiting = [];
    const filter = (job) => new Promise((resolve) => waiting.push(async () => resolve(await compute(job))));
    const { blocks, heard } = blocksOf(new Archive({ II: recorded(300) }), MONITOR, { filter });
    for (let picture = 0; picture < 3; picture++) {
        blocks.want(["II"], 0, 1_000);
        await settle();
    }
    assert.equal(waiting.length, 1);
    await waiting[0]();
    await settle();
    blocks.want(["II"], 0, 1_000);
    await settle();
    assert.deepEqual([waiting.length, heard.length], [1, 1]);
});

test("stored values are kept within bounds: what was wanted last stays, the rest is fetched again", async () => {
    const archive = new Archive({ II: recorded(100) });
    const pieces = new Pieces({ size: 1_000, length: 10_000, fetch: archive.fetch, most: 3 });
    for (const at of [0, 1_000, 2_000, 0, 5_000, 0, 1_000]) {
        const [window] = await pieces.window(["II"], at + 10, at + 900);
        assert.deepEqual(window, archive.leads.II.slice(at + 10, at + 900));
    }
    assert.deepEqual(archive.fetched.map(({ start }) => start), [0, 1_000, 2_000, 5_000, 1_000]);
});

test("what has not come is told from what is missing", async () => {
    const values = recorded(60);
    values.fill(NaN, 2_500, 2_600);
    const { blocks } = blocksOf(new Archive({ II: values }), MONITOR);
    blocks.want(["II"], 2_000, 3_000);
    await settle();
    const there = blocks.read("II", 2_400, 2_700);
    assert.equal(there.whole, true);
    assert.ok(Number.isNaN(there.values[150]) && Number.isFinite(there.values[0]));
    const half = blocks.read("II", 2_900, 3_100);
    assert.equal(half.whole, false);
    assert.ok(Number.isFinite(half.values[99]) && Number.isNaN(half.values[100]));
    assert.equal(half.settled[100], 0);
    assert.equal(blocks.block("II", 3_000), null);
});

test("a lead that ends sooner than the record is missing from there on", async () => {
    const archive = new Archive({ I: recorded(60), II: recorded(25) });
    const { blocks } = blocksOf(archive, MONITOR);
    blocks.want(["I", "II"], 2_000, 4_000);
    await settle();
    const { values, settled } = blocks.read("II", 2_000, 4_000);
    assert.ok(Number.isFinite(values[499]) && Number.isNaN(values[500]) && Number.isNaN(values[1_999]));
    assert.equal(settled[499], 0);
    assert.ok(Number.isFinite(blocks.read("I", 2_000, 4_000).values[1_999]));
});

test("a line that is down is told once, and asked again when it is said to be up", async () => {
    const archive = new Archive({ II: recorded(60) });
    archive.broken = true;
    const { blocks, heard, faults } = blocksOf(archive, MONITOR);
    for (let frame = 0; frame < 5; frame++) {
        blocks.want(["II"], 2_000, 3_000);
        await settle();
    }
    assert.equal(faults.length, 1);
    assert.equal(faults[0].error.message, "no line");
    assert.deepEqual(faults[0].block, { leads: ["II"], start: 2_000, stop: 3_000 });
    archive.broken = false;
    blocks.retry();
    blocks.want(["II"], 2_000, 3_000);
    await settle();
    assert.equal(heard.length, 1);
});

test("no more is kept than was allowed, what was wanted last the longest; more is refused", async () => {
    const archive = new Archive({ II: recorded(300) });
    const { blocks } = blocksOf(archive, MONITOR, { mostBytes: 9 * 1_000 * 3 });
    assert.equal(blocks.want(["II"], 0, 3_001), false);
    assert.equal(archive.fetched.length, 0);
    for (const at of [0, 1_000, 2_000, 0, 5_000]) {
        assert.equal(blocks.want(["II"], at, at + 1_000), true);
        await settle();
    }
    const there = [0, 1_000, 2_000, 5_000].map((at) => blocks.block("II", at) !== null);
    assert.deepEqual(there, [true, false, true, true]);
});

test("once closed nothing is heard, and what is on its way is called off", async () => {
    let signal;
    let answer;
    const fetch = (leads, start, stop, given) => {
        signal = given;
        return new Promise((resolve) => {
            answer = () => resolve(leads.map(() => new Float64Array(stop - start)));
        });
    };
    const { blocks, heard, faults } = blocksOf(new Archive({ II: recorded(60) }), MONITOR, { fetch });
    blocks.want(["II"], 2_000, 3_000);
    blocks.close();
    assert.equal(signal.aborted, true);
    answer();
    await settle();
    assert.deepEqual([heard, faults], [[], []]);
    assert.equal(blocks.block("II", 2_000), null);
});

test("slices of several leads go through a host that has no worker", async () => {
    const turns = [];
    const host = await hostFilter({ start: async () => null, pause: async () => void turns.push(0) });
    assert.equal(host.where, "slices");
    const archive = new Archive({ I: recorded(60), II: recorded(60, 0.3) });
    const { blocks, heard } = blocksOf(archive, MONITOR, { filter: (job) => host.filter(job) });
    const direct = blocksOf(archive, MONITOR).blocks;
    for (const one of [blocks, direct]) one.want(["I", "II"], 2_000, 4_000);
    await settle();
    assert.equal(heard.length, 2);
    assert.equal(turns.length, 4);
    assert.deepEqual(blocks.block("II", 3_000), direct.block("II", 3_000));
});
