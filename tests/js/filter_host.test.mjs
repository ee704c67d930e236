import assert from "node:assert/strict";
import { test } from "node:test";

import { hostFilter } from "../../static/js/filter/host.js";
import { filteredLead } from "../../static/js/filter/job.js";

const jobOf = (leads = 2) => ({
    preset: { name: "monitor", notch: 50 },
    fs: 250,
    windows: Array.from({ length: leads }, (_, lead) =>
        Float64Array.from({ length: 2500 }, (__, i) => Math.sin(i / (9 + lead))),
    ),
    baselines: Array.from({ length: leads }, () => 0),
    recordEnds: [true, false],
    from: 500,
    to: 1500,
});

/** Runs the worker's module beside the host, as a browser would: buffers change hands. */
async function started() {
    const thread = { terminated: false, terminate: () => void (thread.terminated = true) };
    const transferred = [];
    globalThis.self = {
        postMessage: (data, transfer = []) => {
            transferred.push(transfer.length);
            const copy = structuredClone(data, { transfer });
            queueMicrotask(() => thread.onmessage?.({ data: copy }));
        },
    };
    let able;
    thread.onmessage = ({ data }) => able(data);
    const said = new Promise((resolve) => {
        able = resolve;
    });
    // A module runs once: each test wants a worker of its own.
    await import(`../../static/js/filter/worker.js?${Math.random()}`);
    const scope = globalThis.self;
    delete globalThis.self;
    assert.deepEqual(await said, { say: "able" });
    thread.postMessage = (data, transfer) => {
        const copy = structuredClone(data, { transfer });
        queueMicrotask(() => scope.onmessage({ data: copy }));
    };
    return { thread, transferred, scope };
}

const wanted = (job) => job.windows.map((_, lead) => filteredLead(job, lead));

test("a worker filters what is asked, its memory handed over and back", async () => {
    const { thread, transferred } = await started();
    const host = await hostFilter({ start: async () => thread });
    assert.equal(host.where, "worker");
    const expected = wanted(jobOf());
    const job = jobOf();
    const [one, other] = await Promise.all([host.filter(job), host.filter(jobOf(1))]);
    assert.deepEqual(one, expected);
    assert.deepEqual(other, wanted(jobOf(1)));
    assert.equal(job.windows[0].length, 0);
    assert.deepEqual(transferred, [0, 4, 2]);
    assert.equal(one[0].values.length, 1000);
});

test("a job that cannot be done is refused, and the next one done", async () => {
    const { thread } = await started();
    const host = await hostFilter({ start: async () => thread });
    await assert.rejects(host.filter({ ...jobOf(), preset: null }), /TypeError/);
    assert.deepEqual(await host.filter(jobOf()), wanted(jobOf()));
});

test("a worker that dies leaves nobody waiting, and is done without", async () => {
    const { thread } = await started();
    const host = await hostFilter({ start: async () => thread, pause: async () => undefined });
    const asked = host.filter(jobOf());
    thread.onerror({ message: "out of memory" });
    await assert.rejects(asked, /out of memory/);
    assert.equal(thread.terminated, true);
    assert.equal(host.where, "slices");
    assert.deepEqual(await host.filter(jobOf()), wanted(jobOf()));
});

test("in slices others have their turn before each lead, and one job is done after the other", async () => {
    const order = [];
    const host = await hostFilter({
        start: async () => null,
        pause: async () => {
            order.push("turn");
            await Promise.resolve();
        },
    });
    const first = host.filter(jobOf(2)).then((leads) => order.push(`first ${leads.length}`));
    const second = host.filter(jobOf(1)).then((leads) => order.push(`second ${leads.length}`));
    await Promise.all([first, second]);
    assert.deepEqual(order.filter((word) => word !== "turn"), ["first 2", "second 1"]);
    assert.equal(order.filter((word) => word === "turn").length, 3);
    await assert.rejects(host.filter({ ...jobOf(), preset: null }), TypeError);
    assert.deepEqual(await host.filter(jobOf()), wanted(jobOf()));
});

test("once closed nothing is filtered any more", async () => {
    const { thread } = await started();
    const host = await hostFilter({ start: async () => thread, pause: async () => undefined });
    const asked = host.filter(jobOf());
    host.close();
    await assert.rejects(asked, /closed/);
    await assert.rejects(host.filter(jobOf()), /closed/);
    assert.equal(thread.terminated, true);
});
