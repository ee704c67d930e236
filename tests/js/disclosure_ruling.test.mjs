import assert from "node:assert/strict";
import { test } from "node:test";

import { byNeed, inSight, lineHeight, paperOf, readElapsed, Ruling } from "../../static/js/disclosure/ruling.js";

const ruling = (fs, length, seconds = 60) => new Ruling({ fs, length, seconds });

for (const [fs, length, lines] of [[500, 43_200_000, 1440], [500, 30_000, 1], [500, 30_001, 2], [1 / 60, 7, 7], [200 / 3, 4_000, 1]]) {
    test(`${length} samples at ${fs} Hz stand on ${lines} lines of a minute`, () => {
        assert.equal(ruling(fs, length).lines, lines);
    });
}

test("an empty record still has a line to say so", () => {
    assert.equal(ruling(500, 0).lines, 1);
    assert.deepEqual(ruling(500, 0).span(0), { start: 0, stop: 0 });
});

for (const fs of [500, 360, 200 / 3, 1 / 60, 0.3, 977.0001]) {
    test(`the lines of ${fs} Hz hold every sample once`, () => {
        const of = ruling(fs, Math.round(fs * 600) + 3);
        let next = 0;
        for (let line = 0; line < of.lines; line++) {
            const { start, stop } = of.span(line);
            assert.equal(start, next);
            for (const sample of [start, stop - 1]) if (sample >= start) assert.equal(of.lineOf(sample), line);
            next = stop;
        }
        assert.equal(next, of.length);
    });
}

test("a place on a line leads to its sample, and a sample to its place", () => {
    const of = ruling(360, 650_000);
    for (const sample of [0, 1, 21_599, 21_600, 21_601, 250_000, 649_999]) {
        assert.equal(of.sampleAt(of.lineOf(sample), of.along(sample)), sample);
    }
});

test("behind the end of the record there is its last sample, not one that is none", () => {
    const of = ruling(100, 9_000);
    assert.equal(of.sampleAt(1, 0.9), 8_999);
    assert.equal(of.sampleAt(1, 0.25), 7_500);
});

test("of few samples a line has those beside it too, of many its own", () => {
    const slow = ruling(1 / 60, 60);
    assert.deepEqual(slow.reach(0, 1_000), { start: 0, stop: 2 });
    assert.deepEqual(slow.reach(30, 1_000), { start: 29, stop: 32 });
    assert.deepEqual(slow.reach(59, 1_000), { start: 58, stop: 60 });
    assert.deepEqual(ruling(500, 90_000).reach(1, 0.06), { start: 30_000, stop: 60_000 });
});

test("lines become higher with the gain, so that peaks are not cut", () => {
    const px = 96 / 25.4;
    assert.ok(lineHeight(20, px) > 2 * 20 * px);
    assert.ok(lineHeight(10, px) > lineHeight(5, px));
    assert.equal(lineHeight(2.5, px), 40);
});

test("the light lines of the paper are left out where they would be a grey", () => {
    assert.equal(paperOf(28, 60, 1).x.minor, 28);
    assert.equal(paperOf(28, 60, 1).x.major, 280);
    assert.equal(paperOf(2.5, 60, 1).x.minor, 0);
    assert.ok(paperOf(28, 60, 1).y.major > 0, "a step of nothing would never end");
});

test("half a window on both sides of the sight is at hand, and no line that there is not", () => {
    const each = 50;
    assert.deepEqual(inSight({ top: 5_000, height: 500, each, lines: 1440 }), { first: 100, last: 109, from: 95, to: 114 });
    assert.deepEqual(inSight({ top: 0, height: 500, each, lines: 1440 }), { first: 0, last: 9, from: 0, to: 14 });
    assert.deepEqual(inSight({ top: 25, height: 500, each, lines: 1440 }), { first: 0, last: 10, from: 0, to: 16 });
    assert.deepEqual(inSight({ top: 0, height: 500, each, lines: 3 }), { first: 0, last: 2, from: 0, to: 2 });
    assert.deepEqual(inSight({ top: 71_800, height: 500, each, lines: 1440 }), { first: 1436, last: 1439, from: 1434, to: 1439 });
});

test("what is seen is fetched first, then the nearest beside it, each line once", () => {
    assert.deepEqual(byNeed({ first: 10, last: 12, from: 8, to: 14 }), [10, 11, 12, 13, 9, 14, 8]);
    assert.deepEqual(byNeed({ first: 0, last: 1, from: 0, to: 3 }), [0, 1, 2, 3]);
    assert.deepEqual(byNeed({ first: 5, last: 5, from: 3, to: 5 }), [5, 4, 3]);
});

for (const [text, seconds] of [["1:02:03", 3723], ["2:03", 123], ["75", 75], [" 0:00:00 ", 0], ["12:00:00.5", 43_200.5], ["100:00:00", 360_000]]) {
    test(`"${text}" is ${seconds} s`, () => assert.equal(readElapsed(text), seconds));
}

for (const text of ["", "x", "1:60", "1:2:3:4", "-1", "1.5:00", "1:", "1e3"]) {
    test(`"${text}" is no time`, () => assert.equal(readElapsed(text), null));
}
