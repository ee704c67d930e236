import assert from "node:assert/strict";
import { test } from "node:test";

import { Delay, playheadAt, ServerTime, Shown } from "../../static/js/signal/playhead.js";

test("the ping that came back soonest gives the offset", () => {
    const time = new ServerTime();
    time.reset(1000, 5, "a");
    assert.equal(time.at(5), 1000);
    time.pong(10, 10.2, 1005.1 + 0.05); // delayed on its way back
    time.pong(11, 11.01, 1006.005);
    time.pong(12, 12.5, 1007.4);
    assert.ok(Math.abs(time.at(20) - 1015) < 1e-9);
});

test("after a welcome it is another clock", () => {
    const time = new ServerTime();
    time.reset(1000, 5, "a");
    time.pong(10, 10.001, 1005);
    time.reset(3, 50, "b");
    assert.equal(time.at(51), 4);
});

test("a welcome that was long on its way makes no sample younger", () => {
    const time = new ServerTime();
    time.reset(1000, 5, "a");
    time.pong(10, 10.001, 1005.0005);
    time.reset(1044, 50, "a"); // 1 s on its way
    assert.ok(Math.abs(time.at(50) - 1045) < 1e-9);
    // Our clock stood still: the server's cannot be earlier than what it said.
    time.reset(1100, 60, "a");
    assert.equal(time.at(60), 1100);
    time.pong(61, 61.001, 1090.0005);
    assert.ok(Math.abs(time.at(61) - 1090) < 1e-9);
});

test("what comes tells the least that the server's clock says", () => {
    const time = new ServerTime();
    time.reset(1000, 5, "a");
    time.pong(10, 10.001, 1005.0005);
    time.heard(1006, 11.2); // on its way for 0.2 s
    assert.ok(Math.abs(time.at(12) - 1007) < 1e-9);
    time.heard(1010, 13); // our clock stood for 2 s
    assert.ok(Math.abs(time.at(13) - 1010) < 1e-9);
    time.pong(14, 14.3, 1011.2);
    assert.ok(Math.abs(time.at(15) - 1012.05) < 1e-9);
});

test("pings that contradict the newest are forgotten: the server's clock stood still", () => {
    const time = new ServerTime();
    time.reset(1000, 5, "a");
    time.pong(10, 10.001, 1005.0005);
    time.pong(20, 20.4, 1012.7); // it stood for 2.5 s; slower, but newer
    assert.ok(Math.abs(time.at(21) - 1013.5) < 1e-9);
});

test("an old ping is forgotten, so that a drifting clock is followed", () => {
    const time = new ServerTime();
    time.reset(0, 0, "a");
    time.pong(0, 0.001, 0.0005);
    for (let i = 1; i <= 8; i++) time.pong(i, i + 0.01, i + 0.005 + 1);
    assert.ok(Math.abs(time.at(9) - 10) < 1e-9);
});

test("an hour of playing does not drift", () => {
    assert.equal(playheadAt({ sample: 100, time: 20, rate: 360 }, 3620), 100 + 3600 * 360);
    assert.equal(playheadAt({ sample: 100, time: 20, rate: 0 }, 3620), 100);
});

test("the delay grows to what late frames need, and not beyond its bound", () => {
    const delay = new Delay();
    for (let i = 0; i < 50; i++) delay.arrived(1000, 1000 + 36, 360, 5); // 0.1 s late
    for (let i = 0; i < 600; i++) delay.settle(1 / 60);
    assert.ok(Math.abs(delay.seconds - 0.12) < 1e-9, String(delay.seconds));
    for (let i = 0; i < 50; i++) delay.arrived(0, 360 * 60, 360, 5);
    for (let i = 0; i < 6000; i++) delay.settle(1 / 60);
    assert.equal(delay.seconds, 0.5);
    for (let i = 0; i < 50; i++) delay.arrived(1000, 900, 360, 5); // early
    for (let i = 0; i < 6000; i++) delay.settle(1 / 60);
    assert.ok(Math.abs(delay.seconds - 0.02) < 1e-9);
});

test("what catches up with a clock that changed is not late", () => {
    const delay = new Delay();
    delay.changed(5);
    delay.arrived(0, 360, 360, 5.9);
    for (let i = 0; i < 600; i++) delay.settle(1 / 60);
    assert.ok(Math.abs(delay.seconds - 0.02) < 1e-9);
    delay.arrived(0, 36, 360, 6.1);
    for (let i = 0; i < 600; i++) delay.settle(1 / 60);
    assert.ok(Math.abs(delay.seconds - 0.12) < 1e-9);
});

test("the delay changes slowly: a second of it takes away no more than a quarter of the pace", () => {
    const delay = new Delay();
    delay.arrived(0, 3600, 360, 5);
    const before = delay.seconds;
    delay.settle(1);
    assert.ok(delay.seconds - before <= 0.25 + 1e-9);
});

test("the picture never runs past the newest sample, and never back", () => {
    const shown = new Shown();
    shown.reset(100);
    assert.equal(shown.advance(150.5, 7, 1000), 143.5);
    assert.equal(shown.advance(900, 7, 200), 200);
    assert.equal(shown.advance(150, 7, 200), 200);
    shown.reset(10);
    assert.equal(shown.advance(11, 7, 200), 10);
});
