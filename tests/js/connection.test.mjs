import assert from "node:assert/strict";
import { test } from "node:test";

import { Connection } from "../../static/js/net/connection.js";
import { FakeWorld } from "./doubles.mjs";

function connected() {
    const world = new FakeWorld();
    const heard = { events: [], frames: [], downs: [] };
    const connection = new Connection(world, {
        event: (event) => heard.events.push(event),
        frame: (message) => heard.frames.push(message),
        down: (closing, detail, retryIn) => heard.downs.push({ title: closing.title, detail, retryIn }),
    });
    connection.start();
    world.socket.welcome();
    return { world, connection, heard };
}

test("a welcome is answered by a ping at once, three more soon, then seldom", () => {
    const { world } = connected();
    const pings = () => world.sockets[0].sent.filter((command) => command.op === "ping").length;
    assert.equal(pings(), 1);
    for (let i = 0; i < 40; i++) {
        world.socket.say({ type: "heartbeat", time: 0 });
        world.pass(1);
    }
    assert.equal(pings(), 6);
});

test("nothing is sent before the welcome", () => {
    const world = new FakeWorld();
    const connection = new Connection(world, { event() {}, frame() {}, down() {} });
    connection.start();
    connection.send({ op: "play", id: 1, sid: 1 });
    assert.deepEqual(world.socket.sent, []);
});

test("a broken line comes back, later each time, and soon again once it was good", () => {
    const { world, connection, heard } = connected();
    for (const wait of [0.25, 0.5, 1]) {
        world.socket.drop();
        assert.equal(heard.downs.at(-1).retryIn, wait);
        const before = world.sockets.length;
        world.pass(wait);
        assert.equal(world.sockets.length, before + 1);
    }
    world.socket.welcome();
    connection.proved();
    world.socket.drop();
    assert.equal(heard.downs.at(-1).retryIn, 0.25);
});

test("what the server asks for in its bye is done", () => {
    const { world, heard } = connected();
    world.socket.say({ type: "bye", code: 4429, reason: "full", retry_after_ms: 7000 });
    world.socket.drop(4429);
    assert.deepEqual(heard.downs, [{ title: "The server takes nobody in now", detail: "full", retryIn: 7 }]);
});

test("who was sent away stays away", () => {
    for (const code of [1000, 4400, 4401, 4403, 4409]) {
        const { world, heard } = connected();
        world.socket.drop(code);
        world.pass(120, 1);
        assert.equal(world.sockets.length, 1, String(code));
        assert.equal(heard.downs[0].retryIn, null);
    }
});

test("a silent line is dead after five seconds, an unanswered handshake after ten", () => {
    const { world, heard } = connected();
    world.pass(4.9);
    assert.equal(heard.downs.length, 0);
    world.pass(0.2);
    assert.equal(heard.downs.length, 1);
    assert.equal(world.sockets[0].closed, true);
    world.pass(1);
    const { length } = world.sockets;
    world.pass(10.1);
    assert.ok(world.sockets.length > length);
});

test("a message that cannot be read is a fault of the line", () => {
    const { world, heard } = connected();
    world.socket.say({ type: "gap", sid: 1, start: -5 });
    assert.equal(heard.downs.length, 1);
    assert.equal(world.sockets[0].closed, true);
});

test("what an old socket still says is not heard", () => {
    const { world, heard, connection } = connected();
    const old = world.socket;
    const { onmessage } = old;
    connection.fail("test");
    const before = heard.events.length;
    old.onmessage = onmessage;
    old.say({ type: "heartbeat", time: 1 });
    assert.equal(heard.events.length, before);
});
