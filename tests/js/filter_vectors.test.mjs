// The filters of the browser against what scipy makes of the same: tests/vectors/make_filters.py.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Causal } from "../../static/js/filter/causal.js";
import { designed, highPass, lowPass, notch } from "../../static/js/filter/design.js";
import { label, parsed } from "../../static/js/filter/presets.js";
import { zeroPhase } from "../../static/js/filter/zerophase.js";

const vectors = JSON.parse(readFileSync(new URL("../vectors/filters.json", import.meta.url), "utf8"));
const { fs, gain, baseline, values } = vectors.signal;
const stored = Float64Array.from(values, (value) => value ?? NaN);

/** @param {{ b0: number, b1: number, b2: number, a1: number, a2: number }} section */
const row = ({ b0, b1, b2, a1, a2 }) => [b0, b1, b2, a1, a2];

function assertRow(section, expected, of) {
    row(section).forEach((value, i) => {
        assert.ok(Math.abs(value - expected[i]) <= 1e-9 * Math.abs(expected[i]), `${of}: ${row(section)}`);
    });
}

function assertTrace(filtered, expected) {
    assert.equal(filtered.length, stored.length);
    let worst = 0;
    expected.forEach((mv, i) => {
        const value = filtered[i * vectors.every];
        assert.equal(Number.isNaN(value), mv === null, `at ${i}`);
        if (mv !== null) worst = Math.max(worst, Math.abs((value - baseline) / gain - mv));
    });
    assert.ok(worst < 1e-6, `${worst} mV apart`);
}

const edgesOf = (settled) => [...settled, 0].flatMap((is, i) => (is === (settled[i - 1] ?? 0) ? [] : [i]));

test("every coefficient is scipy's to a part in a thousand million", () => {
    assert.ok(vectors.sections.length > 40);
    for (const { kind, hz, fs: rate, section } of vectors.sections) {
        const made = { highpass: () => highPass(hz, rate), lowpass: () => lowPass(hz, rate), notch: () => notch(hz, 30, rate) };
        assertRow(made[kind](), section, `${kind} ${hz} Hz at ${rate} Hz`);
    }
});

for (const preset of vectors.presets) {
    const name = `${preset.name}, notch ${preset.notch}`;

    test(`${name}: a stored trace with gaps is filtered as by scipy, in Python and here alike`, () => {
        const design = designed(preset, fs);
        design.sections.forEach((section, i) => assertRow(section, preset.zero_phase.sections[i], name));
        assert.equal(design.sections.length, preset.zero_phase.sections.length);
        assert.equal(design.settling, preset.zero_phase.settling);
        const filtered = zeroPhase(stored, design, { baseline, recordEnds: [true, false] });
        assertTrace(filtered.values, preset.zero_phase.values);
        assert.deepEqual(edgesOf(filtered.settled), preset.zero_phase.settled);
    });

    test(`${name}: a live trace in pieces is filtered as by scipy in one`, () => {
        const design = designed(preset, fs, "causal");
        design.sections.forEach((section, i) => assertRow(section, preset.causal.sections[i], name));
        assert.equal(design.settling, preset.causal.settling);
        for (const size of [1, 72, 1000, stored.length]) {
            const causal = new Causal(design, baseline);
            const whole = new Float64Array(stored.length);
            for (let at = 0; at < stored.length; at += size) {
                whole.set(causal.feed(stored.subarray(at, at + size)).values, at);
            }
            assertTrace(whole, preset.causal.values);
        }
    });
}

test("a label says what is applied, in Python and here alike", () => {
    for (const { preset, fs: rate, zero_phase: zero, causal } of vectors.labels) {
        assert.equal(label(parsed(preset), rate), zero);
        assert.equal(label(parsed(preset), rate, "causal"), causal);
    }
});
