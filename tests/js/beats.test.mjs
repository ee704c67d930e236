import assert from "node:assert/strict";
import test from "node:test";

import { readBeats, readTrend } from "../../static/js/net/beats.js";
import { BeatBook, runAt } from "../../static/js/signal/beatbook.js";
import { followed, intervals, pairs, rateAt, variability, within } from "../../static/js/signal/beats.js";
import { RHYTHM } from "../../static/js/texts/beats.js";
import { MARKS } from "../../static/js/texts/marks.js";

const FS = 100;
const LENGTH = 300_000;

/** A sheet of [start, stop) with a beat each second. */
function sheet(start, stop, change = {}) {
    const sample = Float64Array.from({ length: Math.ceil((stop - start) / FS) }, (_, i) => start + i * FS);
    return {
        fs: FS, length: LENGTH, start, stop, complete: true, analysed: [{ start, stop }], leads: [{ start, stop, lead: "II" }],
        source: { detector: "d-1", method: "m", unit: "/min", notice: "for research and education" },
        blind: [], pauses: [], sample, symbol: "Q", rates: { sample: Float64Array.of(start), bpm: Float64Array.of(60), why: [""] },
        ...change,
    };
}

test("an RR is counted from beat to beat, and never across what was not looked at", () => {
    const sample = Float64Array.of(0, 80, 180, 400, 500);
    const rr = intervals(sample, [{ start: 200, stop: 210 }, { start: 400, stop: 401 }], FS);
    assert.deepEqual([...rr], [800, 1000, NaN, NaN, NaN]);
    assert.deepEqual([...intervals(sample, [], FS)], [800, 1000, 2200, 1000, NaN]);
});

test("a Poincare plot pairs only intervals that follow each other", () => {
    const { x, y, at } = pairs([800, 900, NaN, 700, 710, 720]);
    assert.deepEqual([[...x], [...y], [...at]], [[800, 700, 710], [900, 710, 720], [0, 3, 4]]);
});

test("SD1 and SD2 are those of Brennan's definition: the spread across and along the line of identity", () => {
    const rr = [800, 850, 790, 820, 860, 805, 830, 830, 780, 900, 840];
    const { x, y } = pairs(rr);
    const spread = (values) => {
        const mean = values.reduce((a, b) => a + b) / values.length;
        return Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (values.length - 1));
    };
    const across = Array.from(x, (one, i) => (y[i] - one) / Math.SQRT2);
    const along = Array.from(x, (one, i) => (y[i] + one) / Math.SQRT2);
    const found = variability(rr);
    assert.ok(Math.abs(found.sd1 - spread(across)) < 1e-9);
    assert.ok(Math.abs(found.sd2 - spread(along)) < 1e-9);
    assert.ok(Math.abs(found.rmssd - Math.sqrt((50 ** 2 + 60 ** 2 + 30 ** 2 + 40 ** 2 + 55 ** 2 + 25 ** 2 + 50 ** 2 + 120 ** 2 + 60 ** 2) / 10)) < 1e-9);
    assert.equal(found.prr50, (100 * 4) / 10);
    assert.deepEqual([found.count, found.least, found.most, found.pairs], [11, 780, 900, 10]);
});

test("of an even rhythm nothing varies, and of no beats nothing is said", () => {
    const even = variability(new Array(11).fill(600));
    assert.deepEqual([even.mean, even.sdrr, even.sd1, even.sd2, even.rmssd], [600, 0, 0, 0, 0]);
    const none = variability([NaN]);
    assert.deepEqual([none.count, none.mean, none.sd1, none.rmssd, none.prr50], [0, NaN, NaN, NaN, NaN]);
});

test("no spread is told of fewer than ten intervals, or ten pairs, and it is named one of RR, never of NN", () => {
    const known = (count) => {
        const { mean, sdrr, rmssd, prr50, sd1, sd2 } = variability(Array.from({ length: count }, (_, i) => 800 + 10 * (i % 3)));
        return [mean, sdrr, rmssd, prr50, sd1, sd2].map((value) => !Number.isNaN(value));
    };
    assert.deepEqual(known(9), [true, false, false, false, false, false]);
    assert.deepEqual(known(10), [true, true, false, false, false, false]);
    assert.deepEqual(known(11), [true, true, true, true, true, true]);
    const said = (count) => RHYTHM.facts({ ...variability(new Array(count).fill(800)), beats: count + 1, pauses: 0, blindS: 0 });
    const words = JSON.stringify([said(9), said(11)]);
    for (const of of ["SDNN", "pNN50"]) assert.ok(!words.includes(of));
    const named = (count, name) => said(count).find(([term]) => term === name)?.[1];
    assert.deepEqual(["SDRR", "RMSSD of RR", "pRR50"].map((name) => named(9, name)), ["needs 10 RR", "needs 10 pairs", "needs 10 pairs"]);
    assert.deepEqual(["SDRR", "RMSSD of RR", "pRR50"].map((name) => named(11, name)), ["0 ms", "0 ms", "0 %"]);
    assert.match(words, /of all RR, ectopics included/);
});

test("of a span only intervals that lie wholly in it count", () => {
    const sample = Float64Array.of(0, 100, 200, 300);
    const found = within({ sample, rr: intervals(sample, [], FS) }, 50, 300);
    assert.deepEqual([[...found.sample], [...found.rr]], [[100, 200], [1000, NaN]]);
});

test("a rate holds from its sample to the next one, and says why there is none", () => {
    const rates = { sample: Float64Array.of(10, 20), bpm: Float64Array.of(72, NaN), why: ["", "noise"] };
    assert.equal(rateAt(rates, 9), null);
    assert.deepEqual(rateAt(rates, 19), { bpm: 72, why: "" });
    assert.deepEqual(rateAt(rates, 1000), { bpm: null, why: "noise" });
});

test("a window that follows beats is left alone while 15 to 20 are in it, and else has 17", () => {
    const sample = Float64Array.from({ length: 200 }, (_, i) => i * 50);
    const at = (edge, way, windowS, blocked = []) => followed(sample, blocked, { edge, way, windowS, fs: FS });
    assert.equal(at(5000, -1, 8), null);
    assert.equal(at(5000, -1, 10), null);
    const back = at(5000, -1, 15);
    assert.equal(sample.filter((one) => one >= 5000 - back * FS && one < 5000).length, 17);
    const on = at(5010, 1, 2);
    assert.equal(sample.filter((one) => one >= 5010 && one < 5010 + on * FS).length, 17);
    assert.equal(at(200, -1, 15), null, "too few before it");
    assert.equal(at(5000, -1, 15, [{ start: 4500, stop: 4600 }]), null, "not known there");
});

test("parts that are not known are asked for, neighbours as one, and what was not complete once more", () => {
    const book = new BeatBook(FS, LENGTH);
    assert.deepEqual(book.missing(70_000, 130_000), [{ start: 60_000, stop: 180_000 }]);
    book.put(sheet(60_000, 180_000, { complete: false, analysed: [{ start: 60_000, stop: 90_000 }] }));
    assert.deepEqual(book.missing(50_000, 130_000), [{ start: 60_000, stop: 180_000 }, { start: 0, stop: 60_000 }]);
    book.put(sheet(60_000, 180_000));
    assert.deepEqual(book.missing(70_000, 130_000), []);
    assert.equal(book.whole, false, "a count is of what was asked for so far");
    assert.deepEqual(book.missing(LENGTH - 1, LENGTH + 5000), [{ start: 240_000, stop: LENGTH }]);
    book.put(sheet(0, 60_000));
    book.put(sheet(180_000, LENGTH));
    assert.equal(book.whole, true);
    assert.deepEqual([MARKS.counted("d", 992, true), MARKS.counted("d", 2274, false)], ["d \u00b7 992 marks so far", "d \u00b7 2,274 marks"]);
});

test("sheets are one record again: runs go on across their seam, and what is not known yet blocks", () => {
    const book = new BeatBook(FS, LENGTH);
    book.put(sheet(60_000, 120_000, { blind: [{ start: 60_000, stop: 60_500, why: "noise" }], pauses: [{ start: 59_000, stop: 60_700 }] }));
    book.put(sheet(0, 60_000, { blind: [{ start: 59_500, stop: 60_000, why: "noise" }], pauses: [{ start: 59_000, stop: 60_000 }] }));
    const { beats } = book;
    assert.equal(beats.sample.length, 1200);
    assert.deepEqual(beats.blind, [{ start: 59_500, stop: 60_500, why: "noise" }]);
    assert.deepEqual(beats.pauses, [{ start: 59_000, stop: 60_700 }]);
    assert.deepEqual(beats.leads, [{ start: 0, stop: 120_000, lead: "II" }]);
    assert.deepEqual(beats.blocked, [{ start: 59_500, stop: 60_500 }, { start: 120_000, stop: LENGTH }]);
    assert.deepEqual(runAt(beats.leads, 119_999), { start: 0, stop: 120_000, lead: "II" });
    assert.equal(runAt(beats.leads, 120_000), null);
});

const bin = (Kind, ...values) => new Uint8Array(Kind.from(values).buffer);
const BODY = {
    fs: 360, length: 1000, start: 0, stop: 1000, detector: "ecgstream-1", method: "mean of last 8 RR", unit: "/min",
    notice: "for research and education", lead: null, leads: [[0, 1000, "MLII"]], analysed: [[0, 500]], complete: false,
    blind: [[400, 500, "noise"]], pauses: [],
};

test("beats are read as the server packs them", () => {
    const read = readBeats({
        ...BODY, sample_dtype: "i4", samples: bin(Int32Array, 77, 370), symbols: "Q",
        rate: { sample: bin(Int32Array, 0, 370), bpm: bin(Float32Array, NaN, 74), reason: bin(Int8Array, 1, 0), reasons: ["", "too_few_beats"] },
    });
    assert.deepEqual([...read.sample], [77, 370]);
    assert.deepEqual([[...read.rates.bpm], read.rates.why], [[NaN, 74], ["too_few_beats", ""]]);
    assert.deepEqual(read.blind, [{ start: 400, stop: 500, why: "noise" }]);
    assert.equal(read.complete, false);
    assert.throws(() => readBeats({ ...BODY, samples: "none" }), /beats/);
});

test("a trend is read, its columns without a rate as such", () => {
    const read = readTrend({ ...BODY, trend: { low: bin(Float32Array, 60, NaN), mean: bin(Float32Array, 70, NaN), high: bin(Float32Array, 80, NaN) } });
    assert.deepEqual([[...read.low], [...read.mean], [...read.high]], [[60, NaN], [70, NaN], [80, NaN]]);
    assert.throws(() => readTrend({ ...BODY, trend: { low: bin(Float32Array, 1), mean: bin(Float32Array, 1, 2), high: bin(Float32Array, 1) } }), /two widths/);
});
