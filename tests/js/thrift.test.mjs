import assert from "node:assert/strict";
import { test } from "node:test";

import { Thrift, worthiest } from "../../static/js/net/thrift.js";
import { LINE } from "../../static/js/texts/line.js";

const FS = 500;
const FRAME_S = 0.2;
const TWELVE = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];
const leads = (names) => names.map((name) => ({ name, kind: "ecg" }));

/**
 * A viewer on a line that brings `pace` seconds of signal a second, into a buffer of at most 3 s; an empty
 * one has the server wait. Returns when an offer came (null = never), and the thrift.
 */
function played(pace, { seconds = 60, names = TWELVE, thrift = new Thrift(), from = 0, depth = 0, speed = 1, frame } = {}) {
    let waits = false;
    let due = from;
    let arrived = 0;
    let offered = null;
    for (let step = 1; step <= seconds * 10; step++) {
        const now = from + step / 10;
        const brought = typeof pace === "function" ? pace(now - from) : pace;
        due += Math.min(brought, depth >= 3 ? 1 : brought) * 0.1;
        const whole = frame ?? FRAME_S;
        while (due - from - arrived >= whole) {
            arrived += whole;
            depth += whole;
            thrift.arrived(FS * speed * whole, FS * speed * whole * 2 * names.length, now);
        }
        if (!waits) depth -= 0.1;
        waits = waits ? depth < 0.2 : depth <= 0;
        depth = Math.max(0, depth);
        const offer = thrift.look({ leads: leads(names), fs: FS, speed, moving: true, depth, waits }, now);
        if (offer && offered === null) offered = now - from;
    }
    return { offered, thrift, depth };
}

test("a line that carries the signal is left alone", () => {
    for (const pace of [1.2, 1.5, 4]) assert.equal(played(pace).offered, null, String(pace));
});

test("on a line too narrow the offer comes within ten seconds, and names what it was made of", () => {
    const { offered, thrift } = played(0.6);
    assert.ok(offered > 3 && offered < 10, String(offered));
    const { rate, needed, keep, of, fits } = thrift.offer;
    assert.equal(of, 12);
    assert.equal(fits, true);
    // 500 samples a second of twelve leads, two bytes each.
    assert.ok(Math.abs(needed - 12_000) < 900, String(needed));
    assert.ok(Math.abs(rate - 7200) < 700, String(rate));
    // What is kept takes four fifths of the line at most.
    assert.deepEqual(keep, ["I", "II", "V1", "V2", "V5"]);
});

test("a line that has just become narrow is not taken for what it was before", () => {
    for (const depth of [0.3, 1.2, 2.5]) {
        const { thrift } = played((seconds) => (seconds < 10 ? 1 : 0.6), { seconds: 18, depth });
        assert.ok(thrift.offer.rate < 8000, String(thrift.offer.rate));
        assert.ok(thrift.offer.keep.length <= 6, thrift.offer.keep.join());
        assert.ok(thrift.offer.keep.length >= 4, thrift.offer.keep.join());
    }
});

test("a line that has nothing to spare is said to have none, later", () => {
    const { offered } = played(1, { seconds: 40 });
    assert.ok(offered > 8 && offered < 25, String(offered));
});

test("a full buffer that a narrow line empties is no trouble before it is nearly empty", () => {
    const { offered } = played(0.8, { depth: 3 });
    assert.ok(offered > 8 && offered < 20, String(offered));
});

test("a lost packet, or an outage of four seconds, is not a narrow line", () => {
    for (const out of [0.8, 4]) {
        const { offered } = played((at) => (at > 20 && at < 20 + out ? 0 : 3), { seconds: 60 });
        assert.equal(offered, null, `${out} s`);
    }
});

test("one lead is never offered less", () => {
    assert.equal(played(0.4, { names: ["II"] }).offered, null);
});

test("where not even one fits, the offer says so", () => {
    const { thrift } = played(0.05, { names: TWELVE });
    assert.equal(thrift.offer.keep.length, 1);
    assert.equal(thrift.offer.fits, false);
    assert.match(LINE.keep(thrift.offer), /Even one lead is more/);
});

test("put aside it does not come back for the same leads and pace for three minutes", () => {
    const { thrift } = played(0.6, { seconds: 15 });
    thrift.later(15);
    assert.equal(thrift.offer, null);
    assert.equal(played(0.6, { thrift, from: 15, seconds: 179 }).offered, null);
    assert.ok(played(0.6, { thrift, from: 194, seconds: 20 }).offered !== null);
});

test("put aside it is made again for other leads", () => {
    const { thrift } = played(0.6, { seconds: 15 });
    thrift.later(15);
    const { offered } = played(0.6, { thrift, from: 15, seconds: 15, names: TWELVE.slice(0, 8) });
    assert.ok(offered !== null);
});

test("an offer goes when the leads change, and when the line has become wide enough", () => {
    const { thrift } = played(0.6, { seconds: 15 });
    assert.ok(thrift.offer);
    thrift.look({ leads: leads(["II"]), fs: FS, speed: 1, moving: true, depth: 0, waits: false }, 15.1);
    assert.equal(thrift.offer, null);
    const other = played(0.6, { seconds: 15 }).thrift;
    played(3, { thrift: other, from: 15, seconds: 12 });
    assert.equal(other.offer, null);
});

test("what stands still needs nothing of the line", () => {
    const thrift = new Thrift();
    for (let now = 0; now < 60; now++) {
        const standing = { leads: leads(TWELVE), fs: FS, speed: 1, moving: false, depth: 0, waits: false };
        assert.equal(thrift.look(standing, now), null);
    }
});

test("at 32 times the pace, whose frames are long, it is offered too", () => {
    const { offered } = played(0.6, { speed: 32, frame: 1.5 });
    assert.ok(offered !== null && offered < 20, String(offered));
});

test("the leads kept are those that tell most, in the order in which they stand", () => {
    assert.deepEqual(worthiest(leads(TWELVE), 1), ["II"]);
    assert.deepEqual(worthiest(leads(TWELVE), 3), ["II", "V1", "V5"]);
    assert.deepEqual(worthiest(leads(["v5", "avr", "ii", "v1"]), 3), ["v5", "ii", "v1"]);
    const mixed = [{ name: "PLETH", kind: "ppg" }, { name: "XYZ", kind: "ecg" }, { name: "V", kind: "ecg" }];
    assert.deepEqual(worthiest(mixed, 2), ["XYZ", "V"]);
});

test("rates are told as lines are sold", () => {
    const offer = { rate: 30_100, needed: 48_000, keep: ["II", "V1"], of: 12, fits: true };
    assert.match(LINE.what(offer), /brings 241 kbit\/s, these 12 leads need 384 kbit\/s: the replay has to wait/);
    assert.match(LINE.what({ ...offer, rate: 290_000, needed: 300_000 }), /2\.3 Mbit\/s.*2\.4 Mbit\/s: nothing is left/);
    assert.equal(LINE.keep(offer), "These 2 leads fit, with every sample: II, V1.");
    assert.equal(LINE.take({ ...offer, keep: ["II"] }), "Show II alone");
});
