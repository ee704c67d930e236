import assert from "node:assert/strict";
import { test } from "node:test";

import { lapOf, Tape } from "../../static/js/wall/tape.js";

const LEADS = [{ name: "II", unit: "mV", gain: 1000, baseline: 0 }];
const FS = 100;

function tape(next = 0, offset = 1000) {
    const made = new Tape();
    made.page(10);
    made.begin({ leads: LEADS, fs: FS, next, offset });
    return made;
}

const wave = (count, value = 1) => [Float64Array.from({ length: count }, (_, i) => value + i)];
const runs = (made) => made.ring.runs(0).map(({ start, stop }) => [start, stop]);

test("the lap is counted from 1970, whatever part of a sample the clock is past", () => {
    assert.equal(lapOf({ sample: 250, time: 5, rate: 100 }, 70_002.5, 100, 1000), 7000);
    assert.equal(lapOf({ sample: 999, time: 5, rate: 100 }, 70_009.994, 100, 1000), 7000);
    assert.equal(lapOf({ sample: 0, time: 5, rate: 100 }, 70_010.003, 100, 1000), 7001);
    assert.equal(lapOf({ sample: 3, time: 5, rate: 100 }, 70_010, 100, 0), 0);
});

test("a looped record goes on in time, and its seam lifts the pen without a hole", () => {
    const made = tape(980);
    made.put(980, wave(20));
    made.loop(0, 2000);
    made.put(0, wave(20));
    assert.deepEqual([made.ring.start, made.ring.stop], [1980, 2020]);
    assert.deepEqual(runs(made), []);
    assert.deepEqual([...made.ring.cuts], [2000]);
});

test("what was not received is a hole of its true length, and says so", () => {
    const made = tape(0);
    made.put(0, wave(100));
    assert.equal(made.begin({ leads: LEADS, fs: FS, next: 400, offset: 1000 }), 300);
    made.put(400, wave(20));
    assert.deepEqual(runs(made), [[1100, 1400]]);
    assert.equal(made.ring.remarks[0].reason, "not_received");
    assert.equal(made.ring.at(0, 1400), 1);
});

test("a hole over laps is as long as the time that went by", () => {
    const made = tape(900);
    made.put(900, wave(100));
    assert.equal(made.begin({ leads: LEADS, fs: FS, next: 200, offset: 5000 }), 3200);
});

test("a hole of an hour takes no more room than the screen has", () => {
    const made = tape(0);
    made.put(0, wave(100));
    assert.equal(made.begin({ leads: LEADS, fs: FS, next: 360_100, offset: 1000 }), 360_000);
    made.put(360_100, wave(20));
    assert.ok(made.ring.stop - made.ring.start <= made.ring.capacity);
});

test("another server's clock that is a little behind doubles nothing", () => {
    const made = tape(0);
    made.put(0, wave(100));
    assert.equal(made.begin({ leads: LEADS, fs: FS, next: 90, offset: 1000 }), 0);
    made.put(90, wave(20, 500));
    assert.deepEqual([made.ring.at(0, 1089), made.ring.at(0, 1090), made.ring.stop], [90, 500, 1110]);
});

test("a clock that went back far begins a new picture", () => {
    const made = tape(0, 100_000);
    made.put(0, wave(100));
    assert.equal(made.begin({ leads: LEADS, fs: FS, next: 0, offset: 1000 }), -1);
    assert.equal(made.ring.start, 1000);
    assert.equal(made.newest, null);
});

test("other leads are another picture", () => {
    const made = tape(0);
    assert.equal(made.begin({ leads: [...LEADS, { ...LEADS[0], name: "V" }], fs: FS, next: 5, offset: 1000 }), -1);
    assert.equal(made.ring.leads, 2);
});

test("time goes on without samples, and what comes late is put where it belongs", () => {
    const made = tape(0);
    made.put(0, wave(100));
    made.void(1350);
    assert.deepEqual(runs(made), [[1100, 1350]]);
    made.void(1400);
    assert.deepEqual(made.ring.remarks, [{ start: 1100, stop: 1400, leads: null, reason: "not_received" }]);
    made.put(100, wave(50));
    assert.deepEqual(runs(made), []);
    assert.equal(made.ring.stop, 1150);
    made.void(1350);
    assert.deepEqual(runs(made), [[1150, 1350]]);
});

test("what comes too late to be on the screen is passed over, and what follows is taken", () => {
    const made = tape(0);
    made.put(0, wave(100));
    made.void(20_000);
    made.put(100, wave(50));
    assert.equal(made.end, 1150);
    const { start } = made.ring;
    made.gap(start - 1000 - 10, "slow_viewer");
    made.put(start - 1010, wave(30));
    assert.equal(made.ring.at(0, start), 11);
    assert.equal(made.ring.stop, start + 20);
});

test("the newest sample is the newest with a value", () => {
    const made = tape(0);
    made.put(0, [Float64Array.from([1, 2, NaN, NaN])]);
    assert.equal(made.newest, 1002);
    made.gap(50, "source_offline");
    assert.equal(made.newest, 1002);
    assert.equal(made.end, 1050);
});

test("a rail in frames that came one after the other is one run", () => {
    const made = tape(0);
    made.put(0, [new Float64Array(10).fill(3000)]);
    made.put(10, [new Float64Array(10).fill(3000)]);
    assert.deepEqual(made.rails[0], [{ start: 1000, stop: 1020, high: true }]);
});

test("of a record that was replaced nothing of before stays", () => {
    const made = tape(0);
    made.put(0, wave(100));
    assert.equal(made.begin({ leads: LEADS, fs: FS, next: 100, offset: 1000, version: "b" }), -1);
    assert.deepEqual([made.ring.start, made.ring.stop], [1100, 1100]);
    made.put(100, wave(20));
    // The same version goes on where it was.
    assert.equal(made.begin({ leads: LEADS, fs: FS, next: 120, offset: 1000, version: "b" }), 0);
    assert.equal(made.ring.start, 1100);
});
