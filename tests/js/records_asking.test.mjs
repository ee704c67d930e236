import assert from "node:assert/strict";
import test from "node:test";

import { Kept, Latest, Places } from "../../static/js/records/asking.js";

/** A promise that the test settles. */
function held() {
    const one = {};
    one.promise = new Promise((resolve, reject) => Object.assign(one, { resolve, reject }));
    return one;
}

test("an older answer never counts once something newer was asked", async () => {
    const latest = new Latest();
    const slow = held();
    const quick = held();
    const first = latest.ask(() => slow.promise);
    const second = latest.ask(() => quick.promise);
    quick.resolve("new");
    assert.deepEqual(await second, { current: true, value: "new" });
    slow.resolve("old");
    assert.deepEqual(await first, { current: false });
});

test("what is asked anew calls off what was asked before", () => {
    const latest = new Latest();
    let signal;
    void latest.ask((one) => {
        signal = one;
        return held().promise;
    });
    assert.equal(signal.aborted, false);
    void latest.ask(() => held().promise);
    assert.equal(signal.aborted, true);
});

test("an older failure is not told, the newest one is", async () => {
    const latest = new Latest();
    const old = held();
    const first = latest.ask(() => old.promise);
    const second = latest.ask(() => Promise.reject(new Error("away")));
    old.reject(new Error("aborted"));
    assert.deepEqual(await first, { current: false });
    await assert.rejects(second, /away/);
});

test("an answer after cancel does not count", async () => {
    const latest = new Latest();
    const one = held();
    const asked = latest.ask(() => one.promise);
    latest.cancel();
    one.resolve(1);
    assert.deepEqual(await asked, { current: false });
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("no more than the places run at once, and all run in the end", async () => {
    const places = new Places(2);
    const tasks = [held(), held(), held(), held()];
    const started = [];
    const done = tasks.map((task, i) =>
        places.run(new AbortController().signal, () => {
            started.push(i);
            return task.promise;
        }),
    );
    await turn();
    assert.deepEqual(started, [0, 1]);
    assert.equal(places.waiting, 2);
    tasks[1].resolve("b");
    await turn();
    assert.deepEqual(started, [0, 1, 2]);
    for (const task of tasks) task.resolve("x");
    assert.deepEqual(await Promise.all(done), ["x", "b", "x", "x"]);
    assert.equal(places.waiting, 0);
});

test("a task called off while it waits is never started and frees nothing it had not", async () => {
    const places = new Places(1);
    const first = held();
    const control = new AbortController();
    let started = false;
    const one = places.run(new AbortController().signal, () => first.promise);
    const two = places.run(control.signal, () => {
        started = true;
        return Promise.resolve();
    });
    control.abort();
    await assert.rejects(two, { name: "AbortError" });
    assert.equal(places.waiting, 0);
    first.resolve();
    await one;
    assert.equal(started, false);
    assert.equal(await places.run(new AbortController().signal, () => Promise.resolve(3)), 3);
});

test("a task that is called off before it asks is refused", async () => {
    const task = () => assert.fail("it was started");
    await assert.rejects(new Places(1).run(AbortSignal.abort(), task), { name: "AbortError" });
});

test("a task that fails gives its place back", async () => {
    const places = new Places(1);
    const { signal } = new AbortController();
    await assert.rejects(places.run(signal, () => Promise.reject(new Error("no"))), /no/);
    assert.equal(await places.run(signal, () => Promise.resolve(1)), 1);
});

test("what was used last is kept", () => {
    const kept = new Kept(2);
    kept.set("a", 1);
    kept.set("b", 2);
    kept.get("a");
    kept.set("c", 3);
    assert.deepEqual([kept.get("a"), kept.get("b"), kept.get("c")], [1, undefined, 3]);
});
