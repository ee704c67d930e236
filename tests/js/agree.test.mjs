// Two sets compared in the browser: addresses, layers, answers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { answerOf, errorOf } from "../../static/js/agree/answer.js";
import { errorLayer, kindOf } from "../../static/js/agree/errors.js";
import { modelLayer, sureOf } from "../../static/js/agree/layers.js";
import { DETECTION, isChosen, isDetection, readCompared, tellsNone, writeCompared } from "../../static/js/agree/link.js";
import { readAnnotations } from "../../static/js/net/findings.js";

/** @param {Partial<import("../../static/js/signal/marks.js").MarkSet>} more */
const setOf = (more = {}) => ({
    name: "model", sample: Float64Array.of(10, 20, 30, 40), symbol: Int32Array.of(0, 1, 2, 2), note: Int32Array.of(0, 0, 1, 2),
    chan: new Int32Array(4), symbols: ["N", "V", '"'], notes: ["", "AFIB", "noise"], leads: ["I"],
    stop: Float64Array.of(NaN, NaN, 35, NaN), score: Float64Array.of(0.2, 0.5, NaN, 0.9),
    lead: Int32Array.of(-1, 1, -1, -1), own: ["I", "II"], ...more,
});

test("a comparison survives its address, whatever its sets are called", () => {
    for (const compared of [
        { reference: "atr", test: "beats ecgstream-1 II", threshold: null, cells: [] },
        { reference: "a,b", test: "50%/x", threshold: 0.25, cells: ["N/V", "O/N"] },
        { reference: "atr", test: "m", threshold: null, cells: ["V/O"] },
        { reference: "atr", test: "m", threshold: 0, cells: [] },
    ]) {
        assert.deepEqual(readCompared(writeCompared(compared)), compared);
    }
    assert.equal(writeCompared({ reference: "atr", test: "slopes", threshold: 0.4, cells: ["N/O"] }), "atr,slopes,0.4,N/O");
});

test("what an address says that is no comparison is none, and what is no cell is left out", () => {
    assert.equal(readCompared(""), null);
    assert.equal(readCompared("atr"), null);
    assert.equal(readCompared("atr,"), null);
    assert.deepEqual(readCompared("atr,m,high,N/V.N/.x/y"), { reference: "atr", test: "m", threshold: null, cells: ["N/V"] });
    assert.equal(readCompared("atr,%zz")?.test, "%zz");
});

test("a threshold leaves out what is less sure, and never what has no score", () => {
    assert.deepEqual(sureOf(setOf(), 0.5), [1, 2, 3]);
    assert.deepEqual(sureOf(setOf(), null), [0, 1, 2, 3]);
    assert.deepEqual(sureOf(setOf({ score: null }), 0.5), [0, 1, 2, 3]);
});

test("classes of a model differ in colour and in shape, and stretches stay stretches", () => {
    const layer = modelLayer(setOf(), 20, 0.5);

    assert.deepEqual([...layer.sample], [20, 30, 40]);
    assert.deepEqual(layer.labels, ["V", "AFIB", "noise"]);
    assert.deepEqual([...(layer.stop ?? [])], [NaN, 35, NaN]);
    assert.deepEqual([...(layer.lead ?? [])], [1, -1, -1]);
    const looks = [...(modelLayer(setOf(), 20).looks ?? [])].map((look) => `${look?.colour} ${look?.shape}`);
    assert.equal(new Set(looks).size, looks.length);
});

test("errors say what they are by shape, at the rate that is shown", () => {
    const found = ["N/O", "O/V", "N/V"].map((cell, i) => ({ sample: 100 * (i + 1), cell, reference: null, test: null }));

    const layer = errorLayer(found, 0.5, 1);

    assert.deepEqual([...layer.sample], [50, 100, 150]);
    assert.equal(layer.emphasis, 1);
    assert.deepEqual(found.map(({ cell }) => kindOf(cell)), ["missed", "extra", "other"]);
    assert.equal(new Set(layer.looks?.map((look) => look?.shape)).size, 3);
    assert.equal(kindOf("V/V"), "same");
    assert.equal(kindOf("X/N"), "extra");
});

test("an answer is the beat of the chosen side, or that there is none", () => {
    const names = { reference: "atr", test: "slopes" };
    const found = {
        sample: 100, cell: "N/V", reference: { sample: 100, label: "A", score: null }, test: { sample: 103, label: "V", score: 0.9 },
    };

    assert.deepEqual(answerOf(found, "test", names), {
        set: "adjudicated", sample: 103, symbol: "V", aux_note: "slopes: N/V, atr against slopes", tags: ["test", "N/V", "at:100"],
    });
    assert.deepEqual([answerOf(found, "reference", names).symbol, answerOf(found, "neither", names).symbol], ["A", "|"]);
    assert.equal(errorOf(answerOf(found, "test", names).tags), 100);
    assert.equal(errorOf(["test", "N/V"]), null);
    const extra = { ...found, cell: "O/V", reference: null };
    assert.deepEqual([answerOf(extra, "reference", names).sample, answerOf(extra, "reference", names).symbol], [100, "|"]);
});

test("columns of a model are read with stop, score and lead; of others there is nothing of the kind", () => {
    const bin = (/** @type {ArrayBufferView} */ of) => new Uint8Array(of.buffer);
    const plain = {
        name: "atr", source: null, sample_dtype: "i4", sample: bin(Int32Array.of(5, 9)), symbol: 0, aux_note: 0, chan: 0, symbols: ["N"], aux_notes: [""],
    };
    const model = {
        ...plain, name: "m", source: "overlay file m.csv", leads: ["I", "II"],
        stop: bin(Int32Array.of(-1, 12)), score: bin(Float64Array.of(0.5, NaN)), lead: bin(Int32Array.of(-1, 1)),
    };

    const [first, second] = readAnnotations({ leads: ["I"], sets: [plain, model] });

    assert.equal(first.score, undefined);
    assert.deepEqual([...(second.stop ?? [])], [NaN, 12]);
    assert.deepEqual([...(second.score ?? [])], [0.5, NaN]);
    assert.deepEqual([...(second.lead ?? [])], [-1, 1]);
    assert.deepEqual(second.own, ["I", "II"]);
});

test("beats that are missed or made up are chosen together, and survive an address", () => {
    const compared = { reference: "atr", test: "m", threshold: null, cells: [...DETECTION] };

    assert.ok(isDetection(readCompared(writeCompared(compared))?.cells ?? []));
    assert.deepEqual(["N/O", "V/X", "O/N", "X/Q", "N/V", "N/N"].map((cell) => isChosen(compared.cells, cell)), [true, true, true, true, false, false]);
    assert.deepEqual(["N/V", "V/N"].map((cell) => isChosen(["N/V"], cell)), [true, false]);
});

test("a test that gives all beats one class tells none apart", () => {
    const classes = ["N", "V", "Q", "O"];
    const of = (/** @type {Record<string, number>} */ said) => classes.map((row) => classes.map((column) => said[`${row}/${column}`] ?? 0));

    assert.ok(tellsNone(of({ "N/Q": 9, "V/Q": 2, "V/O": 1 }), classes));
    assert.ok(tellsNone(of({ "N/Q": 9 }), classes));
    assert.ok(!tellsNone(of({ "N/N": 9, "V/V": 2 }), classes));
    assert.ok(!tellsNone(of({ "N/N": 9, "N/O": 2, "O/N": 1 }), classes));
    assert.ok(!tellsNone(of({ "N/O": 2 }), classes));
});
