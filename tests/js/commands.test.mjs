import assert from "node:assert/strict";
import { test } from "node:test";

import { decode, encode } from "../../static/vendor/msgpack/index.mjs";
import * as commands from "../../static/js/wire/commands.js";

test("a subscribe says all that it wants, and its sample as a whole number", () => {
    const wish = { id: 1, sid: 1, record: "100", leads: ["II"], sample: 2 ** 40, speed: 0.1, paused: false, ahead: 0.5 };
    assert.deepEqual(decode(encode(commands.subscribe(wish))), {
        op: "subscribe", id: 1, sid: 1, record: "100", leads: ["II"], at: { sample: 2 ** 40 }, speed: 0.1, paused: false, ahead: 0.5,
    });
});

test("every command carries its op, its id and its sid", () => {
    assert.deepEqual(commands.play(2, 1), { op: "play", id: 2, sid: 1 });
    assert.deepEqual(commands.pause(3, 1), { op: "pause", id: 3, sid: 1 });
    assert.deepEqual(commands.seek(4, 1, 9), { op: "seek", id: 4, sid: 1, at: { sample: 9 } });
    assert.deepEqual(commands.speed(5, 1, 32), { op: "speed", id: 5, sid: 1, speed: 32 });
    assert.deepEqual(commands.leads(6, 1, ["V1"]), { op: "leads", id: 6, sid: 1, leads: ["V1"] });
    assert.deepEqual(commands.unsubscribe(7, 1), { op: "unsubscribe", id: 7, sid: 1 });
    assert.deepEqual(commands.ping(8, 1.25), { op: "ping", id: 8, time: 1.25 });
});

test("a report has no id, for it has no answer", () => {
    assert.deepEqual(commands.report(1, 99), { op: "report", sid: 1, shown: 99 });
});
