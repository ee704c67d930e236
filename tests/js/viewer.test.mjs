import assert from "node:assert/strict";
import { test } from "node:test";

import { Viewer } from "../../static/js/viewer.js";
import { fakeCanvas, FakeWorld } from "./doubles.mjs";

const FS = 100;
const LENGTH = 100_000;
const LEADS = [{ name: "II", unit: "mV", gain: 200, baseline: 0 }];
const DISPLAY = { mode: "fit", windowS: 10, mmPerS: 25, mmPerMv: 10, motion: "sweep", cssPxPerMm: 4, measured: false, sheet: "rows", times: {}, filter: { name: "none", notch: null } };

/** A viewer and the server that it speaks to: answers as the protocol has it, with a clock of its own. */
function watched({ sample = 0, playing = true, version = undefined } = {}) {
    const world = new FakeWorld();
    const said = [];
    const viewer = new Viewer(fakeCanvas(), world, (message) => said.push(message));
    viewer.ask({ ask: "display", display: DISPLAY });
    viewer.ask({ ask: "palette", palette: {} });
    viewer.ask({ ask: "size", size: { width: 1000, height: 400, dpr: 1 } });
    const known = [{ name: "II", kind: "ecg", fs: FS }];
    viewer.ask({ ask: "open", record: "r", version, known, leads: ["II"], sample, speed: 1, playing });
    return { world, viewer, said, status: () => said.findLast((message) => message.say === "status") };
}

const serverTime = (world) => 1000 + world.time;
const clockAt = (world, sample, rate) => ({ sample, time: serverTime(world), rate });

function begin(world, leads = LEADS, version = "a") {
    world.socket.welcome(serverTime(world));
    const asked = world.socket.last("subscribe");
    const { sample } = asked.at;
    world.socket.say({
        type: "subscribed", id: asked.id, sid: 1, record: "r", kind: "stored", fs: FS, leads, dtype: "i2",
        frame: 20, next: sample, length: LENGTH, start_time: null, zone: null, playing: !asked.paused, speed: 1,
        clock: clockAt(world, sample, asked.paused ? 0 : FS), version,
    });
    return sample;
}

function state(world, id, next, { playing = true, why = null, rate = playing ? FS : 0 } = {}) {
    world.socket.say({
        type: "state", id, sid: 1, why, next, leads: LEADS, dtype: "i2", frame: 20, speed: 1, playing,
        clock: clockAt(world, next, rate),
    });
}

function frame(world, start, count = 20) {
    world.socket.say([1, start, count, new Uint8Array(Int16Array.from({ length: count }, (_, i) => i).buffer)]);
}

/** Play [from, to) as the server would, a frame ahead. */
function play(world, from, to) {
    for (let at = from; at < to; at += 20) {
        frame(world, at);
        world.pass(0.2);
    }
}

test("the trace stands where the server's clock stands", () => {
    const { world, status } = watched({ sample: 400 });
    assert.equal(begin(world), 400);
    play(world, 400, 800);
    assert.equal(status().condition, "playing");
    // Told ten times a second, drawn 20 ms late.
    assert.ok(status().shown <= 800 && status().shown > 785, String(status().shown));
    assert.equal(status().stop, 800);
});

test("stale within 2 s of the last word, with its age, and gone again", () => {
    const { world, status } = watched();
    begin(world);
    play(world, 0, 200);
    const last = world.time - 0.2;
    world.pass(1.5);
    assert.equal(status().condition, "playing");
    world.pass(0.3);
    assert.equal(status().condition, "stale");
    assert.ok(world.time - last <= 2.01);
    world.pass(1);
    assert.ok(Math.abs(status().age - (world.time - last)) < 0.15);
    for (let at = 200; at < 700; at += 20) frame(world, at);
    world.pass(0.1);
    assert.equal(status().condition, "playing");
});

test("after an outage it goes on with the first sample that it does not have", () => {
    const { world, status } = watched();
    begin(world);
    play(world, 0, 300);
    world.socket.drop();
    world.pass(3);
    assert.equal(status().condition, "stale");
    assert.equal(status().shown, 300);
    assert.equal(begin(world), 300);
    play(world, 300, 400);
    assert.equal(status().condition, "playing");
    assert.equal(status().stop, 400);
    assert.ok(status().shown > 390);
});

test("paused, it comes back to the very sample on the screen", () => {
    const { world, viewer, status } = watched();
    begin(world);
    play(world, 0, 300);
    viewer.ask({ ask: "pause" });
    state(world, world.socket.last("pause").id, 300, { playing: false, rate: 0 });
    world.pass(0.2);
    assert.equal(status().condition, "paused");
    const { shown } = status();
    assert.equal(shown, 300);
    world.socket.drop();
    world.pass(1);
    assert.equal(begin(world), shown);
    assert.equal(world.socket.last("subscribe").paused, true);
    world.pass(0.2);
    assert.equal(status().shown, shown);
});

test("paused, it stands where the server says, though it had gone a little further", () => {
    const { world, viewer, status } = watched();
    begin(world);
    play(world, 0, 300);
    viewer.ask({ ask: "pause" });
    state(world, world.socket.last("pause").id, 300, { playing: false, rate: 0 });
    const sample = 297;
    world.socket.say({
        type: "state", id: null, sid: 1, why: null, next: 300, leads: LEADS, dtype: "i2", frame: 20, speed: 1,
        playing: false, clock: clockAt(world, sample, 0),
    });
    world.pass(0.2);
    assert.equal(status().shown, sample);
});

test("a hole is shown, and the line is opened anew at the first missing sample", () => {
    const { world, said } = watched();
    begin(world);
    play(world, 0, 200);
    frame(world, 220);
    assert.equal(world.sockets[0].closed, true);
    assert.match(said.at(-1).text, /jumped from sample 200 to 220/);
    world.pass(0.3);
    assert.equal(begin(world), 200);
});

test("a dragged slider is one seek at a time, and the last place wins", () => {
    const { world, viewer, status } = watched();
    begin(world);
    play(world, 0, 100);
    for (const sample of [1000, 2000, 3000, 4000]) viewer.ask({ ask: "seek", sample });
    const seeks = () => world.socket.sent.filter((command) => command.op === "seek");
    assert.deepEqual(seeks().map((one) => one.at.sample), [1000]);
    frame(world, 100); // on its way from the old place
    state(world, seeks()[0].id, 1000);
    assert.deepEqual(seeks().map((one) => one.at.sample), [1000, 4000]);
    frame(world, 1000);
    state(world, seeks()[1].id, 4000);
    play(world, 4000, 4100);
    assert.equal(world.sockets.length, 1);
    assert.equal(status().stop, 4100);
});

test("a place that is still on its way when the line breaks is not forgotten", () => {
    const { world, viewer } = watched();
    begin(world);
    play(world, 0, 100);
    viewer.ask({ ask: "seek", sample: 1000 });
    viewer.ask({ ask: "seek", sample: 5000 });
    world.socket.drop();
    world.pass(1);
    assert.equal(begin(world), 5000);
});

/** Nothing but signs of life for so many seconds. */
function alive(world, seconds) {
    for (let past = 0; past < seconds; past += 0.25) {
        world.socket.say({ type: "heartbeat", time: serverTime(world) });
        world.pass(0.25);
    }
}

test("held for its data it is loading, not stale, and its age goes back to the last sample", () => {
    const { world, status } = watched();
    begin(world);
    play(world, 0, 100);
    state(world, null, 100, { why: "loading", rate: 0 });
    alive(world, 1.5);
    assert.equal(status().condition, "loading");
    assert.equal(status().lag, 0);
    assert.equal(status().age, 0);
    alive(world, 1.5);
    assert.equal(status().condition, "loading");
    assert.ok(Math.abs(status().age - 3) < 0.3, String(status().age));
    state(world, null, 100, { why: "caught_up" });
    play(world, 100, 200);
    assert.equal(status().condition, "playing");
    assert.equal(status().trouble, null);
});

test("data that does not come is never playing, and its age counts on over errors, attempts and answers", () => {
    const { world, status } = watched();
    begin(world);
    play(world, 0, 100);
    const stood = world.time;
    state(world, null, 100, { why: "loading", rate: 0 });
    const conditions = new Set();
    const stale = (seconds) => {
        for (let past = 0; past < seconds; past += 0.5) {
            alive(world, 0.5);
            conditions.add(status().condition);
            const late = world.time - stood - status().age;
            assert.ok(Math.abs(late) < 0.3, `${late} s too young`);
        }
    };
    alive(world, 2.5);
    world.socket.say({ type: "waiting", sid: 1, message: "the store is down" });
    stale(12);
    assert.equal(status().trouble.text, "the store is down");
    assert.equal(status().trouble.retryIn, Infinity);
    // The server gives it up, and refuses it anew.
    const away = { type: "error", sid: 1, code: "unavailable", message: "the store is down", retryable: true, retry_after_ms: 1000 };
    world.socket.say({ ...away, id: null });
    stale(8);
    world.socket.say({ ...away, id: world.socket.last("subscribe").id });
    stale(8);
    // An answer alone brings no sample.
    const asked = world.socket.last("subscribe");
    assert.equal(asked.at.sample, 100);
    world.socket.say({
        type: "subscribed", id: asked.id, sid: 1, record: "r", kind: "stored", fs: FS, leads: LEADS, dtype: "i2", frame: 20,
        next: 100, length: LENGTH, start_time: null, zone: null, playing: true, speed: 1, clock: clockAt(world, 100, FS), version: "a",
    });
    stale(1);
    // Held, then without a subscription, then answered without a sample.
    assert.deepEqual([...conditions], ["loading", "stale"]);
    state(world, null, 100);
    play(world, 100, 200);
    assert.equal(status().condition, "playing");
});

test("sent to a place whose data does not come, what plays is loading, and grows old where it stands", () => {
    const { world, viewer, status } = watched();
    begin(world);
    play(world, 0, 100);
    viewer.ask({ ask: "seek", sample: 5000 });
    alive(world, 1);
    assert.equal(status().condition, "loading");
    alive(world, 2);
    assert.equal(status().condition, "loading");
    assert.ok(status().age > 2.7, String(status().age));
    state(world, world.socket.last("seek").id, 5000);
    play(world, 5000, 5100);
    assert.equal(status().condition, "playing");
});

test("opened while its data is away, it says why from the first word of the server on", () => {
    const { world, status } = watched();
    world.socket.welcome(serverTime(world));
    alive(world, 1);
    assert.deepEqual([status().condition, status().trouble], ["loading", null]);
    world.socket.say({ type: "waiting", sid: 1, message: "the store is down" });
    alive(world, 5);
    assert.equal(status().condition, "loading");
    assert.equal(status().trouble.text, "the store is down");
    begin(world);
    assert.equal(status().trouble, null);
});

test("a lagging signal is stale though heartbeats come, and the server is told at once", () => {
    const { world, status } = watched();
    begin(world);
    play(world, 0, 100);
    for (let i = 0; i < 8; i++) {
        world.socket.say({ type: "heartbeat", time: serverTime(world) });
        world.pass(0.4);
    }
    assert.equal(status().condition, "stale");
    assert.equal(world.socket.last("report").shown, 99);
});

test("a gap carries the picture on, to scale", () => {
    const { world, status } = watched();
    begin(world);
    play(world, 0, 100);
    world.socket.say({ type: "gap", sid: 1, start: 100, stop: 1000, leads: null, reason: "corrupt" });
    for (let i = 0; i < 8; i++) {
        world.socket.say({ type: "heartbeat", time: serverTime(world) });
        world.pass(0.5);
    }
    assert.ok(status().shown <= 500 && status().shown > 485, String(status().shown));
    assert.equal(status().condition, "playing");
});

test("a gap far longer than what is kept leaves what stands before it to be drawn", () => {
    const { world, viewer, status } = watched();
    begin(world);
    // Ahead of time, as at a high pace: 16 s of signal, of which nothing was drawn yet, then the gap.
    for (let at = 0; at < 1600; at += 20) frame(world, at);
    world.socket.say({ type: "gap", sid: 1, start: 1600, stop: 60_000, leads: null, reason: "missing" });
    world.pass(0.5);
    assert.equal(status().oldest, 0);
    assert.equal(status().stop, 60_000);
    assert.equal(status().lag, 0);
    for (let i = 0; i < 60; i++) {
        world.socket.say({ type: "heartbeat", time: serverTime(world) });
        world.pass(0.5);
        const { shown, oldest } = status();
        // Never gone from the ring while it may be on the screen, a window of 10 s.
        assert.ok(oldest <= Math.max(0, shown - 1000), `${oldest} at ${shown}`);
    }
    assert.ok(status().shown > 3000, String(status().shown));
    // Paused, it may stand anywhere in the gap.
    viewer.ask({ ask: "pause" });
    state(world, world.socket.last("pause").id, 60_000, { playing: false, rate: 0 });
    world.pass(0.2);
    assert.equal(status().shown, 60_000);
});

test("the end is the end, and play begins at the start", () => {
    const { world, viewer, status } = watched({ sample: LENGTH - 40 });
    begin(world);
    play(world, LENGTH - 40, LENGTH);
    world.socket.say({ type: "end", sid: 1, sample: LENGTH });
    world.pass(0.1);
    assert.equal(status().condition, "ended");
    assert.equal(status().shown, LENGTH);
    viewer.ask({ ask: "play" });
    assert.deepEqual(world.socket.sent.slice(-2).map((command) => command.op), ["seek", "play"]);
    assert.equal(world.socket.last("seek").at.sample, 0);
});

test("a command that was refused leaves the picture as it was, whole", () => {
    const { world, viewer, said, status } = watched();
    begin(world);
    play(world, 0, 100);
    viewer.ask({ ask: "seek", sample: 5000 });
    frame(world, 100);
    const { id } = world.socket.last("seek");
    world.socket.say({ type: "error", id, sid: 1, code: "unavailable", message: "gone", retryable: true, retry_after_ms: null });
    assert.ok(said.some((message) => message.say === "notice" && message.text === "gone"));
    assert.equal(world.socket.last("unsubscribe").sid, 1);
    assert.equal(world.socket.last("subscribe").at.sample, 100);
    assert.ok(["playing", "loading"].includes(status().condition));
});

test("a record that is not there is said to be so, and not asked for again", () => {
    const { world, status } = watched();
    world.socket.welcome();
    const { id } = world.socket.last("subscribe");
    world.socket.say({ type: "error", id, sid: 1, code: "not_found", message: "there is no record 'r'", retryable: false, retry_after_ms: null });
    world.pass(0.2);
    assert.equal(status().condition, "offline");
    assert.equal(status().trouble.title, "There is no such record");
    assert.equal(status().trouble.retryIn, null);
});

test("a record that goes away under a viewer is asked for until it is back, and nothing moves meanwhile", () => {
    const { world, status } = watched();
    begin(world);
    play(world, 0, 100);
    const gone = { type: "error", sid: 1, code: "not_found", message: "there is no record 'r'", retryable: false, retry_after_ms: null };
    world.socket.say({ ...gone, id: null });
    let { id } = world.socket.last("subscribe");
    for (let i = 0; i < 20; i++) {
        world.socket.say({ type: "heartbeat", time: 0 });
        world.pass(0.5);
        const asked = world.socket.last("subscribe").id;
        if (asked !== id) world.socket.say({ ...gone, id: (id = asked) });
        assert.equal(status().condition, "offline");
        assert.match(status().trouble.text, /Should it come back/);
    }
    const times = world.socket.sent.filter((command) => command.op === "subscribe").length;
    assert.ok(times > 2 && times < 30, String(times));
});

test("data that cannot be had now is asked for again when the server says so", () => {
    const { world, status } = watched();
    world.socket.welcome();
    const { id } = world.socket.last("subscribe");
    world.socket.say({ type: "error", id, sid: 1, code: "unavailable", message: "disk", retryable: true, retry_after_ms: 2000 });
    for (let i = 0; i < 5; i++) {
        world.socket.say({ type: "heartbeat", time: 0 });
        world.pass(0.45);
    }
    assert.notEqual(world.socket.last("subscribe").id, id);
    assert.equal(status().trouble.text, "disk");
});

test("logged out, it says where to log in and does not come back", () => {
    const { world, status } = watched();
    begin(world);
    world.socket.drop(4401);
    world.pass(60, 1);
    assert.equal(world.sockets.length, 1);
    assert.equal(status().trouble.login, true);
    assert.equal(status().condition, "offline");
});

test("frames are asked for three seconds early, and what is at hand is told while it plays", () => {
    const { world, viewer, said } = watched();
    const depth = () => said.findLast((message) => message.say === "line").depth;
    begin(world);
    assert.equal(world.socket.last("subscribe").ahead, 3);
    for (let at = 0; at < 320; at += 20) frame(world, at);
    world.pass(0.4);
    // 3.2 s came, 0.4 s of it are drawn, 20 ms late.
    assert.ok(Math.abs(depth() - 2.82) < 0.11, String(depth()));
    viewer.ask({ ask: "pause" });
    state(world, world.socket.last("pause").id, 320, { playing: false, rate: 0 });
    assert.equal(depth(), null);
});

test("a line that brings half the signal brings an offer of fewer leads, put aside by a word", () => {
    const { world, viewer, said } = watched();
    const offer = () => said.findLast((message) => message.say === "line").offer;
    begin(world, [LEADS[0], { ...LEADS[0], name: "V1" }]);
    const send = (at) => world.socket.say([1, at, 20, new Uint8Array(2 * 20 * 2)]);
    let at = 0;
    for (; at < 600; at += 20) {
        send(at);
        world.pass(0.4);
    }
    assert.deepEqual(offer()?.keep, ["II"]);
    assert.equal(offer().of, 2);
    viewer.ask({ ask: "later" });
    for (; at < 1200; at += 20) {
        send(at);
        world.pass(0.4);
    }
    assert.equal(offer(), null);
    assert.equal(world.socket.last("leads"), undefined, "never by itself");
});

test("a heart rate is told as it comes, and a turn says that none of before belongs to what follows", () => {
    const { world, viewer, said } = watched();
    begin(world);
    play(world, 0, 100);
    world.socket.say({ type: "numeric", sid: 1, name: "hr", sample: 120, value: 71, unit: "/min", method: "m", reason: null });
    world.socket.say({ type: "numeric", sid: 1, name: "hr", sample: 220, value: null, unit: "/min", method: "m", reason: "noise" });
    const told = () => said.filter(({ say }) => say === "numeric").map(({ sample, value, reason }) => [sample, value, reason]);
    assert.deepEqual(told(), [[120, 71, null], [220, null, "noise"]]);
    viewer.ask({ ask: "seek", sample: 5000 });
    // What was on its way when somebody went elsewhere is of the place that was left.
    world.socket.say({ type: "numeric", sid: 1, name: "hr", sample: 320, value: 72, unit: "/min", method: "m", reason: null });
    assert.equal(told().length, 2);
    state(world, world.socket.last("seek").id, 5000);
    assert.equal(said.findLast(({ say }) => say === "turned").sample, 5000);
    world.socket.say({ type: "numeric", sid: 1, name: "hr", sample: 5000, value: 64, unit: "/min", method: "m", reason: null });
    assert.deepEqual(told().at(-1), [5000, 64, null]);
});

test("a picture that is led stands where it is led to, from one moment to the next", () => {
    const { world, viewer, status } = watched();
    begin(world);
    play(world, 0, 400);
    frame(world, 400, 400);
    // Half a second before the server's clock, then as far behind it.
    viewer.ask({ ask: "pen", pen: { sample: 450, at: 1000 * world.time, rate: FS } });
    world.pass(1);
    assert.ok(Math.abs(status().shown - 550) < 11, String(status().shown));
    assert.ok(Math.abs(status().shown - (450 + (status().at / 1000 - (world.time - 1)) * FS)) < 1e-6);
    viewer.ask({ ask: "pen", pen: { sample: 300, at: 1000 * world.time, rate: 0 } });
    world.pass(1);
    assert.equal(status().shown, 300);
});

test("a picture is never led past what is at hand", () => {
    const { world, viewer, status } = watched();
    begin(world);
    play(world, 0, 200);
    viewer.ask({ ask: "pen", pen: { sample: 5000, at: 1000 * world.time, rate: FS } });
    world.pass(0.3);
    assert.equal(status().shown, status().stop);
});

test("let go while it stands, it stays there, and the server is sent there", () => {
    const { world, viewer, status } = watched();
    begin(world);
    play(world, 0, 400);
    viewer.ask({ ask: "pause" });
    state(world, world.socket.last("pause").id, 400, { playing: false });
    viewer.ask({ ask: "pen", pen: { sample: 250.5, at: 1000 * world.time, rate: 0 } });
    world.pass(0.2);
    viewer.ask({ ask: "pen", pen: null });
    world.pass(0.2);
    assert.equal(status().shown, 250.5);
    const { id, at } = world.socket.last("seek");
    assert.deepEqual(at, { sample: 250 });
    state(world, id, 250, { playing: false });
    world.pass(0.2);
    assert.equal(status().shown, 250);
});

test("played again at the end, it begins anew, but not where it was sent elsewhere", () => {
    const { world, viewer } = watched({ sample: LENGTH });
    begin(world);
    world.socket.say({ type: "end", sid: 1, sample: LENGTH });
    viewer.ask({ ask: "seek", sample: 700 });
    viewer.ask({ ask: "play" });
    const seeks = world.socket.sent.filter(({ op }) => op === "seek");
    assert.deepEqual(seeks.map(({ at }) => at.sample), [700]);
    state(world, seeks[0].id, 700, { playing: false });
    assert.deepEqual(world.socket.sent.filter(({ op }) => op === "seek").length, 1);
});

test("a record that was replaced is begun anew by the page, and nothing of it is drawn on the old", () => {
    for (const how of ["told", "seen after a return"]) {
        const { world, said, status } = watched({ version: "a" });
        begin(world);
        play(world, 0, 200);
        assert.equal(said.some((message) => message.say === "replaced"), false);
        if (how === "told") {
            world.socket.say({ type: "error", id: null, sid: 1, code: "unavailable", message: "m", retryable: true, retry_after_ms: 500, replaced: true });
        } else {
            world.socket.drop();
            world.pass(0.6);
            begin(world, LEADS, "b");
            frame(world, 200);
        }
        assert.equal(said.filter((message) => message.say === "replaced").length, 1);
        world.pass(60);
        assert.equal(status().stop, 200);
        assert.match(status().trouble.title, /replaced by a newer version/);
    }
});
