import assert from "node:assert/strict";
import { test } from "node:test";

import { RequestFailed } from "../../static/js/net/api.js";
import { FASTEST, paceOf, SessionClock } from "../../static/js/sessions/clock.js";
import { Keeper } from "../../static/js/sessions/keeper.js";
import { Lead } from "../../static/js/sessions/lead.js";
import { Log } from "../../static/js/sessions/log.js";
import { layerOf, markOf } from "../../static/js/sessions/marks.js";
import { Recorder, SETTLES } from "../../static/js/sessions/recorder.js";

const FS = 360;
const START = 1_700_000_000_000;
const LOOKS = { mode: "fit", windowS: 10, mmPerS: 25, mmPerMv: 10, motion: "sweep", sheet: "rows" };

/** How a viewer stands. */
function view(change = {}) {
    return {
        sample: 36_000, moving: false, playing: false, speed: 1, fs: FS, leads: ["MLII"], looks: LOOKS, times: {}, filter: "none",
        look: null, calipers: "", sight: { start: null, windowS: 10 }, screen: { width: 1280, height: 720 }, ...change,
    };
}

/** A place of the pointer. */
const place = (x, down = false) => ({ x, y: 0.5, sample: null, lead: "MLII", mv: 0, down });

/** A recorder that was told of each `[ms, view]`, as a viewer tells ten times a second. */
function recorded(moments) {
    const recorder = new Recorder(START);
    for (const [at, stood] of moments) recorder.view(stood, { told: START + at, now: START + at });
    return recorder;
}

const all = (recorder) => recorder.take(START + 1e9, { all: true });

/** Playing from sample 0 at `speed` for `ms`, told ten times a second. */
function played(ms, { speed = 1, from = 0, late = () => 0 } = {}) {
    const told = [];
    for (let at = 0; at <= ms; at += 100) {
        told.push([at, view({ sample: from + ((at - late(at)) / 1000) * FS * speed, moving: true, playing: true, speed })]);
    }
    return told;
}

test("the first event is whole, and begins the session", () => {
    const [first] = all(recorded([[60, view()]]));
    assert.equal(first.t, 0);
    assert.deepEqual({ ...first, t: undefined, kind: undefined }, { ...view(), t: undefined, kind: undefined });
});

test("a minute of playing on is one event: the rest follows from it", () => {
    const events = all(recorded(played(60_000)));
    assert.equal(events.length, 1);
    const log = new Log(events, 60_000);
    for (const t of [0, 1234, 59_999]) assert.ok(Math.abs(log.at(t).sample - (t / 1000) * FS) < 0.01);
});

test("a picture that waited is replayed as it stood, to within 20 ms of signal", () => {
    // It waited for 700 ms, after 2 s.
    const waited = (at) => Math.min(700, Math.max(0, at - 2000));
    const moments = played(6000, { late: waited });
    const log = new Log(all(recorded(moments)), 6000);
    for (const [at, stood] of moments) {
        assert.ok(Math.abs(log.at(at).sample - stood.sample) <= 0.02 * FS + 0.01, `at ${at}: ${log.at(at).sample}, was ${stood.sample}`);
    }
    for (let t = 0; t < 6000; t += 10) assert.ok(log.at(t + 10).sample >= log.at(t).sample - 1e-6, `the pen went back at ${t}`);
});

test("a seek is a jump at its time, and not a way there", () => {
    const moments = [...played(1000), ...played(1000, { from: 90_000 }).map(([at, stood]) => [1100 + at, stood])];
    const log = new Log(all(recorded(moments)), 2100);
    assert.ok(Math.abs(log.at(1090).sample - 1.09 * FS) < 1);
    assert.ok(Math.abs(log.at(1101).sample - 90_000) < 1);
    assert.equal(log.at(1101).jump, log.at(1090).jump + 1);
});

test("only what changed is written, with the time at which it did", () => {
    const louder = { ...LOOKS, mmPerMv: 20 };
    const events = all(recorded([[0, view()], [500, view()], [1500, view({ looks: louder })]]));
    assert.deepEqual(events.slice(1), [{ t: 1500, kind: "view", looks: louder }]);
    const log = new Log(events, 2000);
    assert.equal(log.at(1499).view.looks.mmPerMv, 10);
    assert.equal(log.at(1500).view.looks.mmPerMv, 20);
    assert.equal(log.at(1500).view.filter, "none");
});

test("a change of the look while it plays does not set the pen back", () => {
    const moments = played(2000);
    const still = { ...LOOKS, motion: "scroll" };
    for (const [at, stood] of moments) if (at >= 1000) stood.looks = still;
    const log = new Log(all(recorded(moments)), 2000);
    assert.ok(Math.abs(log.at(1500).sample - 1.5 * FS) < 0.1);
});

test("another speed goes on from where the pen was", () => {
    const first = played(1000);
    const second = played(1000, { speed: 4, from: 1.1 * FS }).map(([at, stood]) => [1100 + at, stood]);
    const log = new Log(all(recorded([...first, ...second])), 2100);
    assert.ok(Math.abs(log.at(1050).sample - 1.05 * FS) < 15);
    assert.ok(Math.abs(log.at(2000).sample - (1.1 + 0.9 * 4) * FS) < 2);
    assert.equal(log.at(2000).jump, 0);
});

test("the pointer is written forty times a second at most, and where it stood still", () => {
    const recorder = recorded([[0, view()]]);
    for (let at = 0; at < 1000; at += 4) recorder.pointer(place(at / 1000), START + at);
    recorder.pointer(place(1), START + 1003);
    const events = all(recorder).filter(({ kind }) => kind === "pointer");
    assert.ok(events.length <= 41, `${events.length}`);
    assert.deepEqual(events.at(-1), { t: 1003, kind: "pointer", place: place(1) });
    const log = new Log([...all(recorded([[0, view()]])), ...events], 2000);
    for (let at = 30; at < 1000; at += 7) assert.ok(Math.abs(log.at(at).pointer.x - at / 1000) <= 0.03, `at ${at}`);
});

test("a press is written at once, however soon after a move", () => {
    const recorder = recorded([[0, view()]]);
    recorder.pointer(place(0.5), START + 100);
    recorder.pointer(place(0.5, true), START + 101);
    recorder.pointer(null, START + 102);
    const told = all(recorder).filter(({ kind }) => kind === "pointer").map(({ t, place: at }) => [t, at && at.down]);
    assert.deepEqual(told, [[100, false], [101, true], [102, null]]);
});

test("events leave in the order of their times, whichever was heard first", () => {
    const recorder = recorded([[0, view()]]);
    recorder.pointer(place(0.4), START + 900);
    recorder.note("late", 5.7, START + 850);
    const times = recorder.take(START + 900 + SETTLES).map(({ t }) => t);
    assert.deepEqual(times, [0, 850, 900]);
    // What comes after that, with a time before it, is put behind it.
    recorder.note("later", 6, START + 300);
    assert.deepEqual(all(recorder).map(({ t }) => t), [900]);
});

test("what has not settled stays until it has", () => {
    const recorder = recorded([[0, view()]]);
    recorder.note("now", 1, START + 1000);
    assert.deepEqual(recorder.take(START + 1000).map(({ kind }) => kind), ["view"]);
    assert.deepEqual(recorder.take(START + 1000 + SETTLES).map(({ kind }) => kind), ["note"]);
});

test("a log without a view is no session", () => {
    assert.throws(() => new Log([], 1000).at(0), RangeError);
});

// The time of a replay.

test("the time of a session is counted from an anchor, whatever the pace was", () => {
    const clock = new SessionClock();
    clock.go(4, 1000);
    assert.equal(clock.at(2000), 4000);
    clock.go(0, 2000);
    assert.equal(clock.at(9000), 4000);
    clock.go(0.5, 9000);
    assert.equal(clock.at(11_000), 5000);
});

test("what was played fast is not replayed faster than the server plays", () => {
    assert.equal(paceOf(16, { moving: true, speed: 8 }) * 8, FASTEST);
    assert.equal(paceOf(0.25, { moving: true, speed: 0.1 }), 1);
    assert.equal(paceOf(16, { moving: false, speed: 8 }), 16);
    assert.equal(paceOf(4, { moving: true, speed: 1 }), 4);
});

// What a viewer is asked for.

const STANDS = { fs: FS, stop: 1e6, ended: false, aim: null, speed: 1 };
const ask = (deeds) => deeds.map((deed) => deed.do);

test("a viewer is asked for all of a view at first, then for what changes", () => {
    const lead = new Lead();
    const events = all(recorded([...played(1000), [1100, view({ sample: 1.1 * FS, moving: true, playing: true, leads: ["V1"] })]]));
    const log = new Log(events, 1100);
    const first = lead.step(log.at(0), { pace: 1, now: 0, stands: STANDS });
    assert.deepEqual(ask(first), ["display", "leads", "look", "calipers", "speed", "seek", "play", "pen"]);
    assert.deepEqual(ask(lead.step(log.at(500), { pace: 1, now: 500, stands: STANDS })), ["pen"]);
    assert.deepEqual(ask(lead.step(log.at(1100), { pace: 1, now: 1100, stands: STANDS })), ["leads", "pen"]);
});

test("at four times the pace the server plays four times as fast, and the pen goes so", () => {
    const lead = new Lead();
    const log = new Log(all(recorded(played(1000))), 1000);
    const deeds = lead.step(log.at(500), { pace: 4, now: 7, stands: STANDS });
    assert.deepEqual(deeds.find((deed) => deed.do === "speed"), { do: "speed", speed: 4 });
    assert.deepEqual(deeds.at(-1), { do: "pen", sample: 180, at: 7, rate: 4 * FS });
});

test("a replay that stands has the server stand, and asks for no other speed", () => {
    const lead = new Lead();
    const log = new Log(all(recorded(played(1000))), 1000);
    lead.step(log.at(500), { pace: 4, now: 0, stands: STANDS });
    const deeds = lead.step(log.at(500), { pace: 0, now: 1, stands: STANDS });
    assert.deepEqual(deeds, [{ do: "pause" }, { do: "pen", sample: 180, at: 1, rate: 0 }]);
    assert.deepEqual(ask(lead.step(log.at(500), { pace: 4, now: 2, stands: STANDS })), ["play", "pen"]);
});

test("a jump is a seek; leads of another rate come with their place", () => {
    const lead = new Lead();
    const events = all(recorded([[0, view()], [1000, view({ sample: 72_000 })], [2000, view({ sample: 50_000, fs: 250, leads: ["ABP"] })]]));
    const log = new Log(events, 3000);
    lead.step(log.at(0), { pace: 1, now: 0, stands: STANDS });
    assert.deepEqual(lead.step(log.at(1000), { pace: 1, now: 1000, stands: STANDS }), [
        { do: "seek", sample: 72_000 }, { do: "pen", sample: 72_000, at: 1000, rate: 0 },
    ]);
    assert.deepEqual(lead.step(log.at(2000), { pace: 1, now: 2000, stands: STANDS })[0], { do: "leads", leads: ["ABP"], sample: 50_000 });
});

test("where the samples do not come the viewer is sent there again, but not at once", () => {
    const lead = new Lead();
    const log = new Log(all(recorded(played(9000))), 9000);
    const far = { ...STANDS, stop: 100 };
    lead.step(log.at(0), { pace: 1, now: 0, stands: STANDS });
    assert.deepEqual(ask(lead.step(log.at(1000), { pace: 1, now: 1000, stands: far })), ["pen"]);
    assert.deepEqual(ask(lead.step(log.at(2000), { pace: 1, now: 2000, stands: far })), ["seek", "pen"]);
    assert.deepEqual(ask(lead.step(log.at(4000), { pace: 1, now: 4000, stands: { ...far, aim: 5 } })), ["pen"]);
});

test("where the server stopped before the place at which the author did, the viewer is sent there", () => {
    const lead = new Lead();
    const log = new Log(all(recorded([...played(1000), [1100, view({ sample: 1.1 * FS })]])), 9000);
    lead.step(log.at(900), { pace: 1, now: 0, stands: STANDS });
    const short = { ...STANDS, stop: 300 };
    assert.deepEqual(ask(lead.step(log.at(1200), { pace: 1, now: 300, stands: short })), ["pause", "pen"]);
    assert.deepEqual(ask(lead.step(log.at(1400), { pace: 1, now: 500, stands: short })), ["pen"]);
    assert.deepEqual(lead.step(log.at(1800), { pace: 1, now: 900, stands: short })[0], { do: "seek", sample: 396 });
    assert.deepEqual(ask(lead.step(log.at(1900), { pace: 1, now: 1000, stands: STANDS })), ["pen"]);
});

// Bringing it to the server.

/** A server that keeps a log, and can be away. */
class Server {
    events = [];
    away = false;
    lose = false;
    refusal = null;
    post = ({ after, events }) => {
        if (this.refusal) return Promise.reject(this.refusal);
        if (this.away) return Promise.reject(new RequestFailed(0, "away"));
        this.events.push(...events.slice(this.events.length - after));
        // It came, and nobody heard that it did.
        if (this.lose) return Promise.reject(new RequestFailed(0, "lost"));
        return Promise.resolve(this.events.length);
    };
}

test("what nobody acknowledged is sent again, and is there once", async () => {
    const recorder = recorded([[0, view()]]);
    const server = new Server();
    const keeper = new Keeper(recorder, server.post, START);
    server.away = true;
    recorder.note("one", 1, START + 100);
    await keeper.send(() => START + 1000);
    assert.equal(keeper.kept, 0);
    assert.equal(keeper.silent(START + 1000), 1000);
    server.away = false;
    server.lose = true;
    recorder.note("two", 2, START + 1100);
    await keeper.send(() => START + 2000);
    server.lose = false;
    recorder.note("three", 3, START + 2100);
    await keeper.send(() => START + 3000, { end: true });
    assert.deepEqual(server.events.map(({ text }) => text), [undefined, "one", "two", "three"]);
    assert.ok(keeper.ended);
    assert.equal(keeper.silent(START + 3000), 0);
});

test("a page that goes away waits for no answer: all goes at once, and the session is over", async () => {
    const recorder = recorded([[0, view()]]);
    const sent = [];
    let answer = () => {};
    const keeper = new Keeper(recorder, (batch) => {
        sent.push(batch);
        return new Promise((resolve) => { answer = () => resolve(batch.after + batch.events.length); });
    }, START);
    const first = keeper.send(() => START + 1000);
    recorder.note("last words", 1, START + 1050);
    const last = keeper.send(() => START + 1060, { end: true, last: true });
    assert.deepEqual(sent.map(({ after, events, ended, last: goes = false }) => [after, events.length, ended, goes]), [
        [0, 1, false, false], [0, 2, true, true],
    ]);
    answer();
    await last;
    assert.ok(keeper.ended);
    void first;
});

test("a refusal ends the recording and says why; a server that is away does not", async () => {
    const server = new Server();
    const keeper = new Keeper(recorded([[0, view()]]), server.post, START);
    server.refusal = new RequestFailed(503, "going away");
    await keeper.send(() => START + 1000);
    assert.equal(keeper.failure, "");
    server.refusal = new RequestFailed(403, "not yours");
    await keeper.send(() => START + 2000);
    assert.equal(keeper.failure, "not yours");
});

test("a session that the server has lost events of goes on no more", async () => {
    const recorder = recorded([[0, view()]]);
    const server = new Server();
    const keeper = new Keeper(recorder, server.post, START);
    await keeper.send(() => START + 1000);
    assert.equal(keeper.kept, 1);
    // Restored from a backup, say.
    server.events = [];
    await keeper.send(() => START + 2000);
    assert.equal(keeper.failure, "lost");
});

// Annotations.

const TOLD = { id: "a", version: 1, sample: 720, stop: null, lead: "II", symbol: "V", aux_note: "wide", deleted: false, changed_by: "anna" };

test("an annotation of the author is written down as it was made, changed and removed, and that of others is not", () => {
    const of = { author: "anna", fs: FS };
    const mark = markOf(TOLD, of);
    assert.deepEqual(mark, { change: "added", id: "a", fs: FS, sample: 720, stop: null, lead: "II", symbol: "V", text: "wide" });
    assert.equal(markOf({ ...TOLD, version: 2 }, of).change, "changed");
    assert.equal(markOf({ ...TOLD, version: 3, deleted: true }, of).change, "removed");
    assert.equal(markOf({ ...TOLD, changed_by: "bert" }, of), null);
});

test("annotations are drawn as they stood, at the rate that is shown", () => {
    const made = { t: 1, kind: "mark", ...markOf(TOLD, { author: "anna", fs: FS }) };
    const other = { ...made, t: 2, id: "b", sample: 360, stop: 540, lead: null, text: "" };
    const layer = layerOf([made, other], FS / 2);
    assert.deepEqual([...layer.sample], [180, 360]);
    assert.deepEqual([...layer.stop], [270, NaN]);
    assert.deepEqual(layer.labels, ["V", "V wide"]);
    assert.deepEqual([[...layer.lead], layer.leads], [[-1, 0], ["II"]]);
    const moved = { ...made, t: 3, change: "changed", sample: 100 };
    assert.deepEqual([...layerOf([made, moved], FS).sample], [100]);
    assert.equal(layerOf([made, { ...moved, change: "removed" }], FS), null);
});

test("a log grows while it is replayed", () => {
    const recorder = recorded(played(1000));
    const log = new Log(recorder.take(START + 1000 + SETTLES), 1000);
    const { count } = log;
    recorder.note("more", 7, START + 1500);
    for (const event of all(recorder)) log.add(event);
    log.extend(2000);
    assert.deepEqual([count, log.count, log.end, log.at(1600).note.text], [1, 2, 2000, "more"]);
});
