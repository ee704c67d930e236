import assert from "node:assert/strict";
import { test } from "node:test";

import { holesIn } from "../../static/js/measure/calipers.js";
import { beatOf, corrected, FORMULAS, guessed, impossible, STEPS } from "../../static/js/measure/qt.js";
import { FS, mark, MARKS, PERIOD, stretch } from "./measure_beat.mjs";

// The second beat, and the R wave of the one before it.
const P = 100 + PERIOD;
const BEAT = [P, P + MARKS.q, P + MARKS.j, P + MARKS.t, P + MARKS.r - PERIOD, P + MARKS.r].map((sample) => mark(sample));

test("the synthetic beat has the intervals that it was made with", () => {
    const beat = beatOf(BEAT, FS, []);
    assert.equal(beat.pr.ms, 160);
    assert.equal(beat.qrs.ms, 90);
    assert.equal(beat.qt.ms, 400);
    assert.equal(beat.rr.ms, 800);
    assert.equal(beat.bpm, 75);
    assert.equal(beat.source, "before");
});

test("its QTc are those computed by hand", () => {
    // RR 0.8 s: sqrt = 0.894427, 400 / 0.894427 = 447.2. cbrt = 0.928318, 400 / 0.928318 = 430.9.
    // 400 + 154 * (1 - 0.8) = 430.8. 400 + 1.75 * (75 - 60) = 426.25.
    const hand = { Bazett: 447.2, Fridericia: 430.9, Framingham: 430.8, Hodges: 426.25 };
    const { qtc } = beatOf(BEAT, FS, []);
    assert.deepEqual(qtc.map(({ formula }) => formula.name), Object.keys(hand));
    for (const { formula, ms } of qtc) {
        assert.ok(Math.abs(ms - hand[formula.name]) < 0.05, `${formula.name}: ${ms}`);
    }
});

test("at 60 a minute no formula corrects anything", () => {
    for (const formula of FORMULAS) assert.ok(Math.abs(corrected(formula, 400, 1000) - 400) < 1e-9, formula.name);
});

test("a number in another unit is refused by every formula", () => {
    // Seconds for ms, and beats a minute for ms.
    for (const [qt, rr, why] of [[400, 0.8, "rr"], [0.4, 800, "qt"], [400, 75, "rr"], [400, 0, "rr"], [400, -800, "rr"], [400, NaN, "rr"], [NaN, 800, "qt"]]) {
        assert.equal(impossible(qt, rr), why, `${qt} ${rr}`);
        for (const formula of FORMULAS) assert.throws(() => corrected(formula, qt, rr), RangeError);
    }
    assert.equal(impossible(400, 800), null);
});

test("a QT as long as its RR is refused: the T wave would end in the next beat", () => {
    assert.equal(impossible(400, 400), "overlap");
    assert.equal(impossible(399, 400), null);
});

test("an RR that is none leaves the QT and takes the QTc", () => {
    const marks = BEAT.with(4, mark(P + MARKS.r - 50));
    const beat = beatOf(marks, FS, []);
    assert.equal(beat.qt.ms, 400);
    assert.equal(beat.rr.reason, "rr");
    assert.equal(beat.bpm, null);
    assert.equal(beat.reason, "rr");
    assert.deepEqual(beat.qtc, []);
});

test("without a P wave there is no PR and all the rest", () => {
    const beat = beatOf(BEAT.with(0, null), FS, []);
    assert.equal(beat.pr.reason, "unset");
    assert.equal(beat.pr.ms, null);
    assert.equal(beat.qtc.length, 4);
});

test("marks out of order are refused, and the J point must lie before the end of T", () => {
    assert.equal(beatOf(BEAT.with(0, mark(P + MARKS.q + 1)), FS, []).pr.reason, "order");
    assert.equal(beatOf(BEAT.with(2, mark(P)), FS, []).qrs.reason, "order");
    const early = beatOf(BEAT.with(3, mark(P + MARKS.j - 10)), FS, []);
    assert.equal(early.qt.reason, "order");
    assert.equal(early.reason, "order");
});

test("R waves may be set in either order, and it is said which they are", () => {
    const turned = BEAT.with(4, BEAT[5]).with(5, BEAT[4]);
    assert.equal(beatOf(turned, FS, []).rr.ms, 800);
    assert.equal(beatOf(turned, FS, []).source, "before");
    const after = BEAT.with(4, BEAT[5]).with(5, mark(P + MARKS.r + PERIOD));
    assert.equal(beatOf(after, FS, []).source, "after");
    const elsewhere = BEAT.with(4, mark(P + MARKS.r + PERIOD)).with(5, mark(P + MARKS.r + 2 * PERIOD));
    assert.equal(beatOf(elsewhere, FS, []).source, "elsewhere");
});

test("a gap takes the interval that it lies in, and what depends on it", () => {
    const first = P + MARKS.r - PERIOD;
    const holesAt = (from, to) => holesIn(stretch(0, 2000, [[from, to]]), first, P + MARKS.t);
    // Between the beats: the QT is whole, its RR is not.
    const between = beatOf(BEAT, FS, holesAt(P - 60, P - 50));
    assert.equal(between.qt.ms, 400);
    assert.equal(between.rr.reason, "gap");
    assert.equal(between.reason, "gap");
    // In the ST segment: PR, QRS and RR are whole.
    const within = beatOf(BEAT, FS, holesAt(P + 150, P + 151));
    assert.deepEqual([within.pr.ms, within.qrs.ms, within.rr.ms], [160, 90, 800]);
    assert.equal(within.qt.reason, "gap");
    assert.deepEqual(within.qtc, []);
});

test("what is not read yet has no number", () => {
    const beat = beatOf(BEAT, FS, "pending");
    assert.deepEqual([beat.pr, beat.qrs, beat.qt, beat.rr].map(({ reason }) => reason), ["pending", "pending", "pending", "pending"]);
    assert.equal(beat.reason, "pending");
});

test("a mark set by key begins where a usual beat has it", () => {
    const none = STEPS.map(() => null);
    assert.equal(guessed(none, 0, FS), null);
    assert.equal(guessed(none.with(0, mark(P)), 1, FS), P + 80);
    assert.equal(guessed(BEAT.with(4, null).with(5, null), 4, FS), P + MARKS.t - 575);
    assert.equal(guessed(none.with(3, mark(10)), 4, FS), 0);
});
