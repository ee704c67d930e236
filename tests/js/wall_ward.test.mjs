import assert from "node:assert/strict";
import { test } from "node:test";

import { Ward } from "../../static/js/wall/ward.js";
import { fakeCanvas, FakeWorld } from "./doubles.mjs";

const FS = 100;
const LENGTH = 3000;
const LEAD = { name: "II", unit: "mV", gain: 1000, baseline: 0 };
/** UTC less the server's time. */
const AHEAD = 1_000_000;

const bed = (record, more = {}) => ({
    label: `Bed ${record}`, pseudonym: `PX-${record}`, record, kind: "stored", at: "shared", fs: FS,
    leads: [{ ...LEAD, kind: "ecg" }], missing: null, ...more,
});
const wallOf = (beds, more = {}) => ({
    name: "w", title: "W", version: "1", mm_per_s: 25, mm_per_mv: 10, privacy: false, dim: null, beds, toml: "", ...more,
});

/** A ward and its server, which plays on the shared clock. */
class Played {
    world = new FakeWorld();
    said = [];
    sent = new Map();
    ahead = AHEAD;
    boot = 0;

    constructor(beds = [bed("a"), bed("b")], more = {}, canvas = fakeCanvas()) {
        this.ward = new Ward(canvas, this.world, (message) => this.said.push(message));
        this.ward.ask({ ask: "looks", palette: {}, cssPxPerMm: 4 });
        this.ward.ask({ ask: "size", size: { width: 1200, height: 600, dpr: 1 } });
        this.ward.ask({ ask: "wall", wall: wallOf(beds, more) });
    }

    /** Seconds that the screen's clock stood still. */
    slept = 0;

    get server() {
        return this.world.time + this.slept + 500 + 1000 * this.boot;
    }

    get socket() {
        return this.world.socket;
    }

    get tiles() {
        return this.said.findLast((message) => message.say === "status").tiles;
    }

    get status() {
        return this.said.findLast((message) => message.say === "status");
    }

    /** The whole sample due now on the shared clock, and since when. */
    get due() {
        const utc = this.server + this.ahead;
        const whole = Math.floor(utc * FS + 1e-6);
        return { sample: whole % LENGTH, time: whole / FS - this.ahead };
    }

    welcome(server = "ecgstream 1") {
        this.socket.say({
            type: "welcome", protocol: 1, server, boot: String(this.boot), time: this.server, utc: this.server + this.ahead,
            limits: {}, user: "u", notice: "n",
        });
        this.sent.clear();
    }

    /** Answer what was subscribed to and not yet answered. */
    answer() {
        for (const command of this.socket.sent.splice(0)) {
            if (command.op === "ping") this.socket.say({ type: "pong", id: command.id, time: command.time, server_time: this.server });
            if (command.op === "unsubscribe") {
                this.sent.delete(command.sid);
                this.socket.say({ type: "unsubscribed", id: command.id, sid: command.sid });
            }
            if (command.op !== "subscribe") continue;
            assert.equal(command.at, "shared");
            assert.equal(command.ahead, 0);
            this.socket.say({ type: "subscribed", id: command.id, record: command.record, kind: "stored", fs: FS, length: LENGTH, start_time: null, zone: null, ...this.state(command.sid, this.due.sample) });
            this.sent.set(command.sid, { at: Math.floor((this.server + this.ahead) * FS + 1e-6) });
        }
    }

    state(sid, next) {
        const { sample, time } = this.due;
        return { sid, next, leads: [LEAD], dtype: "i2", frame: 20, playing: true, speed: 1, clock: { sample, time, rate: FS } };
    }

    /** Send what was due of each bed `delay` seconds ago. @param {(sid: number) => boolean} to */
    serve(to = () => true, delay = 0) {
        for (const [sid, place] of this.sent) {
            if (!to(sid)) continue;
            // Positions on the shared clock: laps do not matter to what is due.
            const due = Math.floor((this.server - delay + this.ahead) * FS + 1e-6);
            while (place.at <= due) {
                const start = place.at % LENGTH;
                const stop = Math.min(LENGTH, (Math.floor(start / 20) + 1) * 20);
                const values = Int16Array.from({ length: stop - start }, (_, i) => i);
                this.socket.say([sid, start, stop - start, new Uint8Array(values.buffer)]);
                place.at += stop - start;
                if (stop < LENGTH) continue;
                const clock = { sample: 0, time: place.at / FS - this.ahead, rate: FS };
                this.socket.say({ type: "state", id: null, why: "looped", ...this.state(sid, 0), clock });
            }
        }
    }

    /** Let time go by with the server playing. */
    play(seconds, to) {
        for (let i = 0; i < seconds * 10; i++) {
            this.answer();
            this.serve(to);
            this.world.pass(0.1);
            if (!this.status || this.world.time % 0.4 < 0.1) this.socket.say({ type: "heartbeat", time: this.server });
        }
    }
}

const words = (played) => played.tiles.map((tile) => tile.word);

test("all beds are one socket, and each is REPLAY when its samples come", () => {
    const played = new Played();
    assert.deepEqual(words(played), ["LOADING", "LOADING"]);
    played.welcome();
    played.play(2);
    assert.equal(played.world.sockets.length, 1);
    assert.deepEqual(words(played), ["REPLAY", "REPLAY"]);
    assert.ok(played.tiles.every((tile) => tile.age < 0.3));
});

test("the picture is by the shared clock, through the seam of a looped record", () => {
    const played = new Played();
    played.welcome();
    played.play(70);
    const due = (played.server + AHEAD) * FS;
    for (const tile of played.tiles) {
        assert.ok(due - tile.position < 0.3 * FS && due >= tile.position, `${due - tile.position}`);
        assert.equal(tile.hole, 0);
    }
    assert.deepEqual(words(played), ["REPLAY", "REPLAY"]);
});

test("without a word from the server all are STALE within 2 s and NO DATA within 5", () => {
    const played = new Played();
    played.welcome();
    played.play(3);
    const { position } = played.tiles[0];
    played.world.pass(1.5);
    assert.deepEqual(words(played), ["REPLAY", "REPLAY"]);
    played.world.pass(0.5);
    assert.deepEqual(words(played), ["STALE", "STALE"]);
    played.world.pass(3);
    assert.deepEqual(words(played), ["NO DATA", "NO DATA"]);
    // Time goes on: what is old is wiped out.
    assert.ok(played.tiles[0].position - position > 4 * FS);
});

test("one bed without samples is told on its tile alone", () => {
    const played = new Played();
    played.welcome();
    played.play(3);
    played.play(2.2, (sid) => sid === 1);
    assert.deepEqual(words(played), ["REPLAY", "STALE"]);
    assert.equal(played.tiles[1].detail, "The signal does not come");
    played.play(3, (sid) => sid === 1);
    assert.deepEqual(words(played), ["REPLAY", "NO DATA"]);
});

test("after an outage of any length the hole is as long as that, and the present is shown", () => {
    for (const seconds of [10, 3600]) {
        const played = new Played();
        played.welcome();
        played.play(3);
        played.socket.drop();
        played.world.pass(seconds, 0.5);
        played.boot++;
        played.ahead -= 1000;
        played.welcome();
        played.play(1);
        assert.deepEqual(words(played), ["REPLAY", "REPLAY"]);
        for (const tile of played.tiles) assert.ok(Math.abs(tile.hole - seconds) < 0.5, `${tile.hole} of ${seconds} s`);
    }
});

test("it comes back within 5 s however long it was away", () => {
    const played = new Played();
    played.world.chance = 0.999;
    played.welcome();
    played.play(1);
    played.socket.drop();
    let longest = 0;
    let before = played.world.time;
    for (let i = 0; i < 200; i++) {
        const count = played.world.sockets.length;
        played.world.pass(0.1);
        if (played.world.sockets.length > count) {
            longest = Math.max(longest, played.world.time - before);
            before = played.world.time;
        }
    }
    assert.ok(longest < 4.6, String(longest));
});

test("reconnecting for weeks leaves no timer and no socket behind", () => {
    const played = new Played();
    const counts = [];
    for (let i = 0; i < 60; i++) {
        played.welcome();
        played.play(2);
        played.socket.drop();
        played.world.pass(1.2);
        if (i % 20 === 19) counts.push(played.world.timers.length);
    }
    assert.ok(Math.max(...counts) <= Math.min(...counts) + 1 && counts[0] < 12, counts.join(" "));
});

test("a clock of the server that went back begins a new picture, with nothing twice", () => {
    const played = new Played();
    played.welcome();
    played.play(3);
    played.socket.drop();
    played.world.pass(1.5);
    played.ahead -= 3600;
    played.welcome();
    played.play(1);
    assert.deepEqual(words(played), ["REPLAY", "REPLAY"]);
    assert.equal(played.tiles[0].hole, 0);
    assert.ok(Math.abs((played.server + played.ahead) * FS - played.tiles[0].position) < 0.3 * FS);
});

test("a heart rate is shown, and gone when it is not valid, not fresh, or the picture is not of now", () => {
    const played = new Played();
    played.welcome();
    played.play(1);
    const hr = (value) => played.socket.say({
        type: "numeric", sid: 1, name: "hr", sample: played.due.sample, value, unit: "/min", method: "m", reason: null,
    });
    hr(72.4);
    played.play(0.5);
    assert.deepEqual(played.tiles.map((tile) => tile.rate), ["72", "---"]);
    hr(null);
    played.play(0.5);
    assert.equal(played.tiles[0].rate, "---");
    hr(80);
    played.play(9);
    assert.equal(played.tiles[0].rate, "80");
    played.play(2);
    assert.equal(played.tiles[0].rate, "---");
    hr(81);
    played.play(0.5);
    played.world.pass(2);
    assert.equal(played.tiles[0].rate, "---");
});

test("a pause is shown with its length, up to what is on the screen, until the next beat", () => {
    const played = new Played();
    played.welcome();
    played.play(1);
    const say = (name, value, reason, unit) => played.socket.say({
        type: "numeric", sid: 1, name, sample: played.due.sample, value, unit, method: "m", reason,
    });
    say("hr", 60, null, "/min");
    played.play(2.5);
    assert.equal(played.tiles[0].pause, "");
    say("hr", null, "pause", "/min");
    say("pause", 2.5, null, "s");
    played.play(1);
    const [, seconds] = played.tiles[0].pause.match(/^PAUSE ([0-9.]+) s$/) ?? [];
    assert.ok(Number(seconds) > 2.5 && Number(seconds) <= 3.5, played.tiles[0].pause);
    assert.equal(played.tiles[0].rate, "---");
    assert.deepEqual(played.tiles[1].pause, "");
    say("pause", 3.5, null, "s");
    played.play(1);
    assert.match(played.tiles[0].pause, /^PAUSE [34]\.[0-9] s$/);
    say("hr", null, "too_few_beats", "/min");
    played.play(0.5);
    assert.equal(played.tiles[0].pause, "");
});

test("a pause that is not said any more, or not of now, is not shown", () => {
    const played = new Played();
    played.welcome();
    played.play(1);
    const pause = (value) => played.socket.say({
        type: "numeric", sid: 1, name: "pause", sample: played.due.sample, value, unit: "s", method: "m", reason: null,
    });
    pause(3);
    played.play(9);
    assert.match(played.tiles[0].pause, /^PAUSE/);
    played.play(2);
    assert.equal(played.tiles[0].pause, "");
    pause(3);
    played.play(0.5);
    assert.match(played.tiles[0].pause, /^PAUSE/);
    played.world.pass(2);
    assert.equal(played.tiles[0].pause, "");
});

test("beds that are the same go on when the wall changes, the others are asked for anew", () => {
    const played = new Played([bed("a"), bed("b"), bed("c")]);
    played.welcome();
    played.play(2);
    const { position } = played.tiles[0];
    played.socket.sent.splice(0);
    played.ward.ask({ ask: "wall", wall: wallOf([bed("a", { label: "Other" }), bed("d")], { version: "2" }) });
    const asked = played.socket.sent.map(({ op, sid, record }) => [op, sid, record]);
    assert.deepEqual(asked, [["unsubscribe", 2, undefined], ["subscribe", 2, "d"], ["unsubscribe", 3, undefined]]);
    // What is still on its way of the bed that was there is not taken for the new one.
    played.serve();
    played.play(1);
    assert.deepEqual(words(played), ["REPLAY", "REPLAY"]);
    assert.equal(played.tiles[0].label, "Other");
    assert.ok(played.tiles[0].position > position);
    assert.equal(played.world.sockets.length, 1);
});

test("a record that is not there is said on its tile, and asked for again now and then", () => {
    const played = new Played();
    played.welcome();
    const [one, other] = played.socket.sent.filter(({ op }) => op === "subscribe");
    played.socket.say({ type: "error", id: other.id, sid: 2, code: "not_found", message: "no", retryable: false, retry_after_ms: null });
    played.socket.sent.splice(0, Infinity, one);
    played.play(2);
    assert.deepEqual(words(played), ["REPLAY", "NO DATA"]);
    assert.equal(played.tiles[1].detail, "There is no such record");
    played.play(62);
    assert.deepEqual(words(played), ["REPLAY", "REPLAY"]);
});

test("what the archive has not is said on its tile, and never asked for until the wall changes", () => {
    const gone = bed("b", { leads: [], fs: 1, missing: "there is no record 'b'" });
    const played = new Played([bed("a"), gone]);
    played.welcome();
    assert.deepEqual(played.socket.sent.filter(({ op }) => op === "subscribe").map(({ sid }) => sid), [1]);
    played.play(70);
    assert.deepEqual(words(played), ["REPLAY", "NO DATA"]);
    assert.equal(played.tiles[1].detail, "there is no record 'b'");
    assert.deepEqual([...played.sent.keys()], [1]);
    // It keeps no newer version of the page from being loaded.
    assert.ok(played.status.healthy > 30);
    played.ward.ask({ ask: "wall", wall: wallOf([bed("a"), bed("b")], { version: "2" }) });
    played.play(2);
    assert.deepEqual(words(played), ["REPLAY", "REPLAY"]);
});

test("a record that is taken away has the age of its last sample, and goes on ageing", () => {
    const gone = (record, missing) => bed(record, { leads: [], fs: 1, missing });
    const canvas = fakeCanvas();
    const said = [];
    canvas.getContext().fillText = (text) => said.push(text);
    const played = new Played([bed("a"), bed("b"), gone("c", "there is no record 'c'")], {}, canvas);
    played.welcome();
    played.play(20);
    const counted = () => said.filter((text) => text.startsWith("NO DATA "));
    // Where nothing ever was, nothing is counted.
    assert.deepEqual([said.includes("NO DATA"), counted()], [true, []]);
    for (const why of ["there is no record 'b'", "there is no record 'b'; there is 'a'"]) {
        const beds = [bed("a"), gone("b", why), gone("d", "there is no record 'd'")];
        played.ward.ask({ ask: "wall", wall: wallOf(beds, { version: why }) });
        played.play(7);
    }
    assert.deepEqual(words(played), ["REPLAY", "NO DATA", "NO DATA"]);
    assert.ok(played.tiles[1].age > 14, String(played.tiles[1].age));
    assert.deepEqual(counted().slice(-3), ["NO DATA 12 s", "NO DATA 13 s", "NO DATA 14 s"]);
});

test("what was refused is asked for at once when it is said to be there again", () => {
    const played = new Played();
    played.welcome();
    const [one, other] = played.socket.sent.filter(({ op }) => op === "subscribe");
    played.socket.say({ type: "error", id: other.id, sid: 2, code: "not_found", message: "no", retryable: false, retry_after_ms: null });
    played.socket.sent.splice(0, Infinity, one);
    played.play(2);
    played.socket.sent.length = 0;
    played.ward.ask({ ask: "retry" });
    assert.deepEqual(played.socket.sent.map(({ op, sid }) => [op, sid]), [["subscribe", 2]]);
    played.play(2);
    assert.deepEqual(words(played), ["REPLAY", "REPLAY"]);
    assert.equal(played.world.sockets.length, 1);
});

test("a machine that slept is not taken for a signal of the future: the line is opened anew", () => {
    const played = new Played();
    played.welcome();
    played.play(2);
    // Our clock stood for ten minutes, the server's did not.
    const start = played.sent.get(1).at % LENGTH;
    const { socket } = played;
    socket.say({ type: "gap", sid: 1, start, stop: start + 1000, leads: null, reason: "slow_viewer" });
    assert.equal(socket.closed, false);
    socket.say([1, start + 1000, 20, new Uint8Array(40)]);
    assert.equal(socket.closed, true);
});

test("samples that are always late are dropped with their line, and it is said", () => {
    const played = new Played();
    played.welcome();
    played.play(3);
    assert.equal(played.status.slow, false);
    const { socket } = played;
    // Frames come, but at half their pace: more and more wait on the line.
    let delay = 0;
    for (; delay < 6 && !socket.closed; delay += 0.05) {
        played.serve(() => true, delay);
        played.world.pass(0.1);
    }
    assert.equal(socket.closed, true);
    assert.ok(delay > 3.5 && delay < 4.7, String(delay));
    assert.equal(played.status.slow, true);
    played.world.pass(1.2);
    played.welcome();
    played.play(1);
    assert.deepEqual(words(played), ["REPLAY", "REPLAY"]);
});

test("sources that stop are no matter of the line, and it is said whose matter", () => {
    const played = new Played();
    played.welcome();
    played.play(3);
    const { socket } = played;
    played.play(8, () => false);
    assert.equal(socket.closed, false);
    assert.equal(played.status.slow, false);
    assert.deepEqual(played.tiles.map(({ word, detail }) => [word, detail]), Array(2).fill(["NO DATA", "The signal does not come"]));
});

test("a screen whose clock stood still knows it by the next frame", () => {
    const played = new Played();
    played.welcome();
    played.play(20);
    // The machine slept 1.9 s: its clock is behind, the server's is not.
    played.slept = 1.9;
    played.play(1);
    const due = (played.server + played.ahead) * FS;
    for (const tile of played.tiles) assert.ok(due - tile.position < 0.5 * FS, `${(due - tile.position) / FS} s`);
    assert.ok(played.tiles.every((tile) => tile.age < 0.5));
    played.play(1.9, () => false);
    assert.deepEqual(words(played), ["STALE", "STALE"]);
});

test("another server whose clock is behind makes nothing younger", () => {
    const played = new Played();
    played.welcome();
    played.play(3);
    played.socket.drop();
    played.boot++;
    played.ahead -= 1000 + 4;
    played.world.pass(1.2);
    played.welcome();
    played.play(2, () => false);
    assert.notEqual(words(played)[0], "REPLAY");
});

test("what was refused just after the wall was changed is asked for again soon, then seldom", () => {
    const played = new Played();
    played.welcome();
    const refuse = () => {
        const [asked] = played.socket.sent.filter(({ op, sid }) => op === "subscribe" && sid === 2);
        played.socket.say({ type: "error", id: asked.id, sid: 2, code: "not_found", message: "no", retryable: false, retry_after_ms: null });
        played.socket.sent.length = 0;
    };
    const asked = (seconds) => {
        for (let passed = 0; passed < seconds - 1e-9; passed += 0.1) {
            played.world.pass(0.1);
            played.socket.say({ type: "heartbeat", time: played.server });
        }
        return played.socket.sent.some(({ op, sid }) => op === "subscribe" && sid === 2);
    };
    refuse();
    assert.equal(asked(4.8), false);
    assert.equal(asked(0.4), true);
    refuse();
    assert.equal(asked(10), false);
});

test("a canvas that was lost is no picture, and is painted whole when it is back", () => {
    const canvas = fakeCanvas();
    const played = new Played(undefined, undefined, canvas);
    played.welcome();
    played.play(2);
    canvas.lose();
    played.play(0.5);
    const { frames } = played.status;
    played.play(2);
    assert.equal(played.status.frames, frames);
    const written = [];
    canvas.getContext().fillText = (text) => written.push(text);
    canvas.restore();
    assert.ok(written.includes("Bed a") && written.includes("HR /min"), written.join());
    played.play(1);
    assert.ok(played.status.frames > frames);
});

test("a call to identify is passed on, and what is not known is left alone", () => {
    const played = new Played();
    played.welcome();
    played.socket.say({ type: "identify", name: "screen-3", seconds: 10 });
    played.socket.say({ type: "weather", rain: true });
    assert.deepEqual(played.said.at(-1), { say: "identify", name: "screen-3", seconds: 10 });
    assert.equal(played.socket.closed, false);
});

test("health begins anew with each trouble", () => {
    const played = new Played();
    played.welcome();
    played.play(40);
    assert.ok(played.status.healthy > 30);
    played.play(2.5, (sid) => sid === 1);
    assert.ok(played.status.healthy < 1);
});
