import assert from "node:assert/strict";
import { test } from "node:test";

import { placeOf, pointAt, sampleUnder, xUnder } from "../../static/js/sessions/pointing.js";
import { fromWire, toWire, viewOf } from "../../static/js/sessions/standing.js";

const FS = 360;

/** A picture of two leads, `width` pixels long and `windowS` seconds. */
function picture({ width = 1000, height = 400, windowS = 10, pxPerMv = 50, look = null, leads = ["MLII", "V5"] } = {}) {
    const tall = height / leads.length;
    return {
        look: look && { start: look, pxPerSample: width / (windowS * FS) },
        gutter: 60, fs: FS, drawn: "samples",
        scale: { pxPerS: width / windowS, columns: width, pxPerMv },
        rows: leads.map((_, i) => ({ top: i * tall, height: tall, baseline: i * tall + 0.6 * tall })),
        cells: leads.map((_, i) => ({ lead: i, row: i, x: 60, width })),
        leads: leads.map((name) => ({ name, unit: "mV", gain: 200, baseline: 0, kind: "ecg" })),
    };
}

const seen = (of = {}, { shown = 10_000, scrolls = false } = {}) => ({ picture: picture(of), height: of.height ?? 400, shown, scrolls });

for (const [name, one] of Object.entries({
    "a still picture": seen({ look: 5000 }),
    "a sweep": seen(),
    "a scroll": seen({}, { scrolls: true }),
})) {
    test(`in ${name} a sample stands where it is pointed at`, () => {
        for (const x of [60, 61.5, 400, 1059]) {
            const sample = sampleUnder(one, x);
            assert.ok(Math.abs(xUnder(one, sample) - x) < 1e-6, `${x}: sample ${sample}`);
        }
        assert.equal(sampleUnder(one, 59), null);
    });
}

test("in a sweep the newest sample lies under the pen, and what is older behind it", () => {
    // 10,000 samples are 2,777.8 columns: 777.8 of the third page.
    const one = seen();
    assert.ok(Math.abs(sampleUnder(one, 60 + 777.7) - 10_000) < 1);
    assert.ok(sampleUnder(one, 60 + 778) < 10_000 - 3590);
});

test("a picture in another size shows the same place of the same beat", () => {
    const place = placeOf(seen(), { x: 560, y: 90 }, false);
    assert.deepEqual(place, { x: 0.5, y: 0.225, sample: 9000, lead: "MLII", mv: 0.6, down: false });
    const other = seen({ width: 500, height: 1000, pxPerMv: 100 });
    assert.deepEqual(pointAt(other, place, true), { x: 310, y: 240 });
});

test("on paper of another length it is at the same sample, and where that is out of sight at the same part of the page", () => {
    const place = placeOf(seen(), { x: 560, y: 90 }, false);
    const shorter = seen({ windowS: 5 });
    const { x } = pointAt(shorter, place, false);
    assert.ok(Math.abs(sampleUnder(shorter, x) - 9000) < 1);
    assert.equal(pointAt(seen({ windowS: 1 }), place, false).x, 560);
});

test("a lead that is not shown, or has no voltage, leaves the height of the picture", () => {
    const place = placeOf(seen(), { x: 560, y: 90 }, false);
    assert.equal(pointAt(seen({ leads: ["V1"], height: 800 }), place, true).y, 180);
    const none = seen();
    none.picture.leads[0].kind = "resp";
    assert.equal(placeOf(none, { x: 560, y: 90 }, true).mv, null);
});

test("a voltage beyond the row stays at its edge", () => {
    const place = { x: 0.5, y: 0.5, sample: null, lead: "MLII", mv: 99, down: false };
    assert.equal(pointAt(seen(), place, true).y, 0);
});

test("the names of a view are the server's on the wire, and those of leads are left alone", () => {
    const event = {
        t: 1, kind: "view", looks: { mode: "fit", windowS: 1, mmPerS: 2, mmPerMv: 3 }, look: { start: 0, windowS: 4 },
        sight: { start: null, windowS: 5, drawn: "samples" }, times: { windowS: 2 },
    };
    const wire = toWire(event);
    assert.deepEqual(wire.looks, { mode: "fit", window_s: 1, mm_per_s: 2, mm_per_mv: 3 });
    assert.deepEqual([wire.look, wire.sight.window_s, wire.times], [{ start: 0, window_s: 4 }, 5, { windowS: 2 }]);
    assert.deepEqual(fromWire(wire), event);
    assert.deepEqual(toWire({ t: 1, kind: "view", look: null }), { t: 1, kind: "view", look: null });
});

test("a viewer that waits for data plays, and does not move", () => {
    const standing = {
        status: { shown: 5.5, playing: true, held: "loading", ended: false, speed: 2, fs: FS },
        layout: { stored: ["II"], look: null }, sight: { start: -9, windowS: 10 }, screen: { width: 1, height: 1 },
        display: { mode: "fit", windowS: 10, mmPerS: 25, mmPerMv: 10, motion: "sweep", sheet: "rows", times: {}, filter: { name: "none", notch: null }, cssPxPerMm: 4 },
        look: null, calipers: "",
    };
    const view = viewOf(standing, "samples");
    assert.deepEqual([view.playing, view.moving, view.sight.start, view.filter], [true, false, null, "none"]);
    assert.equal("cssPxPerMm" in view.looks, false);
    const elsewhere = viewOf({ ...standing, look: { start: 7, windowS: 3 }, sight: { start: 7, windowS: 3 } }, "envelope");
    assert.deepEqual(elsewhere.sight, { start: 7, windowS: 3, drawn: "envelope" });
});
