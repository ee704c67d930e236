import assert from "node:assert/strict";
import { test } from "node:test";

import { baseFor, basesWords, LOOK_BACK_S } from "../../static/js/wall/base.js";

const room = { above: 1, below: 0.8 };
const PER_S = 50;
/** Samples looked at that end at second `stop`. @param {(t: number) => number} wave @param {number} stop */
const looked = (wave, stop = 60) => Array.from({ length: LOOK_BACK_S * PER_S }, (_, i) => wave(stop - LOOK_BACK_S + i / PER_S));
/** A narrow beat a second on a quiet line. @param {number} mv */
const around = (mv) => looked((t) => mv + (t % 1 < 0.06 ? 1.5 : 0.05 * Math.sin(9 * t)));

test("a signal that is seen stays where it is, however high its peaks", () => {
    assert.equal(baseFor(around(0.6), room, 0), 0);
    assert.equal(baseFor(around(-0.6), room, 0), 0);
});

test("a signal that has left its row is shown around a round number of its own", () => {
    assert.equal(baseFor(around(4.74), room, 0), 4.5);
    assert.equal(baseFor(around(-5.3), room, 0), -5.5);
});

test("one that comes back is shown around zero again, and one that stays is left alone", () => {
    assert.equal(baseFor(around(4.9), room, 4.5), 4.5);
    assert.equal(baseFor(around(0), room, 4.5), 0);
});

test("no rhythm and no breath moves the line that it is read by", () => {
    const waves = [
        (/** @type {number} */ t) => ((t * 38) / 60) % 1 < 0.5 ? 1.5 : 0, // wide, half and half
        (/** @type {number} */ t) => Math.sin((2 * Math.PI * 75 * t) / 60), // flutter
        (/** @type {number} */ t) => 0.4 * Math.sin((2 * Math.PI * t) / 4) + (t % 0.8 < 0.05 ? 1.2 : 0), // wander
    ];
    for (const wave of waves) {
        for (const small of [{ above: 0.35, below: 0.35 }, { above: 0.7, below: 0.5 }, room]) {
            let base = baseFor(looked(wave), small, 0);
            const moves = Array.from({ length: 240 }, (_, i) => {
                const before = base;
                base = baseFor(looked(wave, 60 + i / 4), small, base);
                return base !== before;
            });
            assert.equal(moves.filter(Boolean).length, 0, `${wave} in ${small.above}`);
        }
    }
});

test("where most of it is missing nothing is moved", () => {
    const mv = around(5).map((value, i) => (i % 5 === 0 ? value : NaN));
    assert.equal(baseFor(mv, room, 0), 0);
    assert.equal(baseFor([], room, 1), 1);
});

test("bases are said with their sign, those of several leads together", () => {
    const leads = ["I", "II", "III"].map((name) => ({ name }));
    assert.deepEqual(basesWords(leads, [4.5, 0, 4.5]), ["I III base +4.5 mV"]);
    assert.deepEqual(basesWords(leads, [-5, 1, -5]), ["I III base \u22125 mV", "II base +1 mV"]);
    assert.deepEqual(basesWords(leads, [0, 0, 0]), []);
});
