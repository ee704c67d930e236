import assert from "node:assert/strict";
import { test } from "node:test";

import { readEvent } from "../../static/js/wire/events.js";
import { BadMessage } from "../../static/js/wire/frames.js";

const STATE = {
    type: "state", id: 4, sid: 1, why: null, next: 720, dtype: "i2", frame: 72, speed: 1, playing: true,
    leads: [{ name: "II", unit: "mV", gain: 200, baseline: 1024 }],
    clock: { sample: 720, time: 12.5, rate: 360 },
};

test("a state is read field by field", () => {
    assert.deepEqual(readEvent(STATE), STATE);
});

test("fields that are not known are left out, types that are not known are nothing", () => {
    assert.deepEqual(readEvent({ type: "heartbeat", time: 3, mood: "good" }), { type: "heartbeat", time: 3 });
    assert.equal(readEvent({ type: "weather", rain: true }), null);
    assert.equal(readEvent({ type: "constructor" }), null);
});

test("nil stands for what is not there", () => {
    const event = readEvent({ type: "error", id: null, sid: 1, code: "corrupt", message: "m", retryable: false, retry_after_ms: null });
    assert.equal(event.id, null);
    assert.equal(event.retry_after_ms, null);
});

for (const [what, message] of [
    ["no map", 7],
    ["nothing", null],
    ["a dtype that there is not", { ...STATE, dtype: "u1" }],
    ["no leads", { ...STATE, leads: [] }],
    ["a gain of 0", { ...STATE, leads: [{ ...STATE.leads[0], gain: 0 }] }],
    ["a gain that is no number", { ...STATE, leads: [{ ...STATE.leads[0], gain: NaN }] }],
    ["a next that is a fraction", { ...STATE, next: 1.5 }],
    ["no clock", { ...STATE, clock: undefined }],
    ["playing that is neither", { ...STATE, playing: 1 }],
    ["an infinite rate", { ...STATE, clock: { ...STATE.clock, rate: Infinity } }],
]) {
    test(`an event with ${what} is refused`, () => {
        assert.throws(() => readEvent(message), BadMessage);
    });
}

test("an annotation comes as it was written, to be read by whoever shows it", () => {
    const annotation = { id: "a", sample: 5, symbol: "V" };
    const event = readEvent({ type: "annotation", record: "r", change: "added", annotation });
    assert.deepEqual(event, { type: "annotation", record: "r", change: "added", annotation });
    assert.equal(readEvent({ type: "annotation", record: "r", change: "set", set: "s", annotation: null }).annotation, null);
    assert.throws(() => readEvent({ type: "annotation", record: "r", change: "added", annotation: [1] }), BadMessage);
});
