import assert from "node:assert/strict";
import { test } from "node:test";

import { marksWaves } from "../../static/js/signal/marks.js";
import { Layers } from "../../static/js/view/layers.js";
import { Marking } from "../../static/js/view/marking.js";

const FS = 500;
/** Marks at such seconds of each of ten beats, `rr` s apart. */
const each = (rr, ...places) => ({ sample: Float64Array.from(Array.from({ length: 10 }, (_, i) => places.map((at) => (i * rr + at) * FS)).flat()) });

test("a set that marks the waves of each beat is told from one that marks beats, however fast", () => {
    assert.ok(marksWaves(each(1, 0.1, 0.15, 0.2, 0.3, 0.34, 0.38, 0.5, 0.6, 0.7), FS));
    assert.ok(marksWaves(each(0.95, 0.1, 0.2, 0.3, 0.34, 0.7), FS));
    assert.ok(!marksWaves(each(1, 0), FS));
    assert.ok(!marksWaves(each(0.28, 0), FS));
    assert.ok(!marksWaves(each(0.9, 0, 0.3), FS));
    // Twelve leads that say the same of each beat, and a handful of marks.
    assert.ok(!marksWaves(each(0.8, ...new Array(12).fill(0.2)), FS));
    assert.ok(!marksWaves({ sample: Float64Array.of(0, 20, 40) }, FS));
    assert.ok(!marksWaves({ sample: new Float64Array() }, FS));
});

/** What is written in a row `height` pixels high where something was not analysed and a set says `label` all along. */
function written(height, set) {
    const said = [];
    const ctx = new Proxy({}, {
        get: (target, name) => {
            if (name === "fillText") return (text) => said.push(text);
            return name in target ? target[name] : () => ({ width: 40 });
        },
        set: (target, name, value) => ((target[name] = value), true),
    });
    const layers = new Layers();
    layers.set("beats", {
        sample: Float64Array.of(0, 300, 600), stop: Float64Array.of(200, NaN, NaN), label: Int32Array.of(1, 0, 0), labels: ["", "not analysed"],
        rr: Float64Array.of(NaN, 300, NaN), looks: [null, { shape: "blind" }], colour: "beat", shape: "tick", order: 0,
    });
    if (set) layers.set("set", { label: Int32Array.of(0), labels: ["RBBB"], colour: "set", shape: "tick", order: 10, ...set });
    const marking = new Marking(ctx, { dpr: 1, letters: 1, palette: { paper: "p", gap: "g", label: "l", font: "f" }, hatch: "h" });
    const stretch = { from: 0, to: 1000, origin: 0, x: 0, upTo: 1000, gridOrigin: 0, absent: "" };
    marking.paint(stretch, { row: { top: 0, height, baseline: height / 2 }, name: "I" }, layers.drawn, 1, { first: true, last: false });
    return said;
}

test("a label over a whole row is written over no other words", () => {
    const along = { sample: Float64Array.of(0), stop: Float64Array.of(1000) };
    assert.deepEqual(written(34, along), ["RBBB"]);
    // Where there are lanes for both, both are said; alone the other one is.
    assert.deepEqual(written(100, along).sort(), ["300", "RBBB", "not analysed"]);
    assert.deepEqual(written(34, null).sort(), ["300", "not analysed"]);
    // A mark at one place leaves the intervals between beats where they are.
    assert.deepEqual(written(34, { sample: Float64Array.of(450) }).sort(), ["300", "RBBB"]);
});
