import assert from "node:assert/strict";
import { test } from "node:test";

import { Causal } from "../../static/js/filter/causal.js";
import { designed, padS } from "../../static/js/filter/design.js";
import { isOn, label, NAMES, NONE, NOTCHES, parsed, presetFor, written } from "../../static/js/filter/presets.js";
import { zeroPhase } from "../../static/js/filter/zerophase.js";
import { physical, scaleOf } from "../../static/js/signal/calibration.js";

const FS = 250;
const every = NAMES.flatMap((name) => NOTCHES.map((notch) => ({ name, notch })));
const ON = every.filter(isOn);

/** A trace in mV: an R peak of 1 mV each 0.8 s, a T wave, and a baseline that wanders. */
function beats(n, fs = FS, offset = 0) {
    return Float64Array.from({ length: n }, (_, i) => {
        const t = i / fs;
        const phase = t % 0.8;
        const qrs = Math.exp(-(((phase - 0.3) / 0.012) ** 2));
        const wave = 0.3 * Math.exp(-(((phase - 0.55) / 0.05) ** 2));
        return qrs + wave + 0.2 * Math.sin(2 * Math.PI * 0.11 * t) + offset;
    });
}

const greatest = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
const argmax = (values) => values.reduce((best, value, i) => (value > values[best] ? i : best), 0);

test("nothing is filtered unless asked for", () => {
    const x = beats(500);
    x[100] = NaN;
    assert.equal(isOn(NONE), false);
    for (const manner of ["zeroPhase", "causal"]) assert.equal(designed(NONE, FS, manner).sections.length, 0);
    const zero = zeroPhase(x, designed(NONE, FS));
    assert.deepEqual(zero.values, x);
    assert.equal(zero.settled.reduce((a, b) => a + b), 499);
    assert.deepEqual(new Causal(designed(NONE, FS, "causal")).feed(x), zero);
});

test("a preset is written in a link and read again; what names none is none", () => {
    assert.deepEqual(every.map(written), [
        "none", "notch50", "notch60", "diagnostic", "diagnostic+notch50", "diagnostic+notch60",
        "monitor", "monitor+notch50", "monitor+notch60",
    ]);
    for (const preset of every) assert.deepEqual(parsed(written(preset)), preset);
    for (const text of ["", "muscle", "monitor+notch55", "constructor", "notch50+monitor"]) {
        assert.equal(parsed(text), null);
    }
});

test("only an ECG is filtered: a pressure would lose its level", () => {
    const preset = { name: "monitor", notch: 50 };
    assert.equal(presetFor(preset, "ecg"), preset);
    for (const kind of ["abp", "pleth", "resp", "unknown"]) assert.equal(presetFor(preset, kind), NONE);
});

test("a stored wave stays where it was, a live one comes late", () => {
    const x = new Float64Array(10 * FS);
    for (let i = 0; i < x.length; i++) x[i] = Math.exp(-(((i - 1250) / 5) ** 2));
    const preset = { name: "monitor", notch: null };
    const zero = zeroPhase(x, designed(preset, FS), { recordEnds: [true, true] });
    assert.equal(argmax(zero.values), 1250);
    const live = new Causal(designed(preset, FS, "causal")).feed(x);
    assert.ok(argmax(live.values) > 1250 && argmax(live.values) < 1260);
});

test("two passes and one are both down 3 dB at the corners the label names", () => {
    for (const manner of ["zeroPhase", "causal"]) {
        for (const hz of [0.5, 40]) {
            const n = 60 * FS;
            const sine = Float64Array.from({ length: n }, (_, i) => Math.sin((2 * Math.PI * hz * i) / FS));
            const design = designed({ name: "monitor", notch: null }, FS, manner);
            const { values } =
                manner === "causal" ? new Causal(design).feed(sine) : zeroPhase(sine, design);
            const middle = values.subarray(20 * FS, 40 * FS);
            const rms = Math.sqrt(middle.reduce((sum, value) => sum + value * value, 0) / middle.length);
            assert.ok(Math.abs(rms * Math.SQRT2 - Math.SQRT1_2) < 2e-3, `${manner} at ${hz} Hz: ${rms}`);
        }
    }
});

test("stored values drawn by the scale of their lead are the millivolts that were filtered", () => {
    const lead = { name: "II", unit: "mV", gain: 200, baseline: 1024 };
    const mv = beats(10 * FS, FS, 5);
    const stored = mv.map((value) => value * lead.gain + lead.baseline);
    for (const preset of ON) {
        const design = designed(preset, FS);
        const alone = zeroPhase(mv, design).values;
        const drawn = zeroPhase(stored, design, lead).values.map((value) => physical(scaleOf(lead), value));
        assert.ok(greatest(drawn, alone) < 1e-9);
    }
    const level = zeroPhase(stored, designed({ name: "none", notch: 50 }, FS), lead).values;
    assert.ok(Math.abs(physical(scaleOf(lead), level[1000]) - mv[1000]) < 0.1);
});

test("a gap parts the trace: what is on one side does not touch the other", () => {
    for (const preset of ON) {
        const design = designed(preset, FS);
        const x = beats(20 * FS);
        x.fill(NaN, 2500, 2510);
        const one = zeroPhase(x, design).values;
        for (let i = 0; i < 2500; i++) x[i] = 5 * Math.sin(i);
        const other = zeroPhase(x, design).values;
        assert.deepEqual(one.subarray(2500), other.subarray(2500));
        assert.ok(Number.isNaN(one[2505]));
    }
});

test("both sides of a gap are unsettled, and an end of what is known, but not an end of the record", () => {
    for (const preset of ON) {
        const design = designed(preset, FS);
        const s = design.settling;
        const x = beats(8 * s);
        x.fill(NaN, 4 * s, 4 * s + 10);
        const { settled } = zeroPhase(x, design, { recordEnds: [true, false] });
        const expected = new Uint8Array(8 * s);
        expected.fill(1, 0, 3 * s).fill(1, 5 * s + 10, 7 * s);
        assert.deepEqual(settled, expected);
    }
});

test("a run too short for the usual padding is filtered all the same, and never settled", () => {
    const x = new Float64Array(300).fill(NaN);
    x.set([1, 1.2, 1.5, 1.1, 1], 100);
    x[200] = 7;
    const preset = { name: "monitor", notch: null };
    const { values, settled } = zeroPhase(x, designed(preset, FS), { recordEnds: [true, true] });
    assert.equal(values[200], 0);
    assert.ok(values.subarray(100, 105).every((value) => Math.abs(value) < 1.5 && value !== 0));
    assert.equal(settled.indexOf(1), -1);
    assert.equal(zeroPhase(new Float64Array(0), designed(preset, FS)).values.length, 0);
});

test("infinity is a gap, stored or live", () => {
    const x = beats(10 * FS);
    x[1200] = Infinity;
    const preset = { name: "monitor", notch: 50 };
    for (const { values } of [
        zeroPhase(x, designed(preset, FS)),
        new Causal(designed(preset, FS, "causal")).feed(x),
    ]) {
        assert.ok(Number.isNaN(values[1200]));
        assert.ok(values.every((value, i) => i === 1200 || Number.isFinite(value)));
    }
});

test("a live trace is unsettled after a gap for the settling time, in pieces of any size", () => {
    const design = designed({ name: "monitor", notch: null }, FS, "causal");
    const x = beats(20 * FS);
    x.fill(NaN, 2000, 2020);
    for (const size of [1, 50, 333, x.length]) {
        const causal = new Causal(design);
        const settled = new Uint8Array(x.length);
        for (let at = 0; at < x.length; at += size) {
            settled.set(causal.feed(x.subarray(at, at + size)).settled, at);
        }
        const expected = new Uint8Array(x.length);
        expected.fill(1, design.settling, 2000).fill(1, 2020 + design.settling);
        assert.deepEqual(settled, expected);
    }
});

test("a live trace that does not join what was before begins anew", () => {
    const design = designed({ name: "monitor", notch: 50 }, FS, "causal");
    const [x, y] = [beats(2000), beats(1500, FS, 4)];
    const causal = new Causal(design);
    causal.feed(x);
    causal.restart();
    assert.deepEqual(causal.feed(y), new Causal(design).feed(y));
});

test("an electrode's offset of 300 mV is no step, stored or live", () => {
    const [x, lifted] = [beats(20 * FS), beats(20 * FS, FS, 300)];
    for (const name of ["diagnostic", "monitor"]) {
        const preset = { name, notch: 50 };
        const zero = designed(preset, FS);
        assert.ok(greatest(zeroPhase(x, zero).values, zeroPhase(lifted, zero).values) < 1e-6);
        const live = designed(preset, FS, "causal");
        assert.ok(greatest(new Causal(live).feed(x).values, new Causal(live).feed(lifted).values) < 1e-6);
    }
});

test("the pads are long enough for any settling time, and none are wanted without a filter", () => {
    assert.equal(padS(NONE), 0);
    for (const preset of ON) assert.ok(padS(preset) * FS > designed(preset, FS).settling);
});

test("0.5 Hz and up says that ST is not reliable, where it is applied", () => {
    assert.match(label({ name: "monitor", notch: null }, 500), /ST not reliable/);
    assert.doesNotMatch(label({ name: "diagnostic", notch: 50 }, 500), /ST/);
    assert.doesNotMatch(label({ name: "monitor", notch: null }, 1), /ST/);
});
