import assert from "node:assert/strict";
import { test } from "node:test";

import { Ring } from "../../static/js/signal/ring.js";
import { Stage } from "../../static/js/view/stage.js";
import { hasColumns, planOf } from "../../static/js/view/sheets.js";
import { readLink, USUAL } from "../../static/js/ui/link.js";

const PALETTE = {
    paper: "paper", gridMinor: "minor", gridMajor: "major", trace: "trace", other: "other", gap: "gap", hatch: "hatch",
    label: "label", pulse: "pulse", playhead: "playhead", warn: "warn", font: "sans-serif",
};
const FS = 100;
const NAMES = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];

/** A canvas that keeps what is filled, in which colour, and where lines are drawn. */
function canvasFor(done) {
    const ctx = new Proxy({ fillStyle: "" }, {
        get: (target, name) => {
            if (name in target) return target[name];
            if (name === "fillRect") return (x, y, width, height) => done.push({ ink: target.fillStyle, x, y, width, height });
            if (name === "stroke") return () => done.push({ ink: "stroke" });
            return () => ({ width: 0 });
        },
        set: (target, name, value) => ((target[name] = value), true),
    });
    return { width: 0, height: 0, getContext: () => ctx };
}

/** A record of 10 s of twelve leads on its page, up to sample `shown`. */
function pictured(sheet, shown, ended) {
    const done = [];
    const stage = new Stage(canvasFor(done), () => canvasFor([]));
    const leads = NAMES.map((name) => ({ name, unit: "mV", gain: 1, baseline: 0, kind: "ecg" }));
    const plan = planOf(sheet, leads);
    const display = { ...USUAL, ...readLink(`?layout=${encodeURIComponent(sheet)}`).looks, cssPxPerMm: 3.78, measured: false, times: {}, filter: { name: "none", notch: null } };
    stage.resize({ width: 1060, height: 400, dpr: 1 });
    stage.show(display);
    stage.paint(PALETTE);
    stage.lead(plan.channels.map((channel) => ({ ...leads[0], ...channel, range: null })), plan, FS);
    const ring = new Ring(2000, plan.channels.length, 0);
    ring.append(0, plan.channels.map(() => new Float64Array(1000)));
    stage.draw(ring, shown, "loading", ended);
    return { done, stage, gutter: stage.layout.gutter, page: stage.scale.columns, rows: stage.layout.rows };
}

test("a page in columns marks where a lead ends: broken ticks off the base line, behind the trace", () => {
    const { done, gutter, page, rows } = pictured("3x4+1R", 1000, true);
    const ticks = done.filter(({ ink, width }) => ink === "pulse" && width === 2);
    for (const [row, of] of rows.entries()) {
        const here = ticks.filter(({ y }) => y >= of.top && y < of.top + of.height);
        // The rhythm strip is one lead.
        assert.equal(here.length, row < 3 ? 6 : 0);
        assert.ok(here.every(({ y, height }) => y > of.baseline || y + height < of.baseline), "a tick crosses the base line");
    }
    const columns = [...new Set(ticks.map(({ x }) => x + 1 - gutter))].sort((a, b) => a - b);
    assert.deepEqual(columns, [0.25, 0.5, 0.75].map((part) => Math.round(part * page)));
    assert.ok(done.findLastIndex(({ ink }) => ink === "pulse") < done.findLastIndex(({ ink }) => ink === "stroke"), "a tick lies over a trace");
    assert.equal(pictured("12x1", 1000, true).done.filter(({ ink, width }) => ink === "pulse" && width === 2).length, 0);
});

test("at the end nothing of the page is wiped out, and each of its places has its sample", () => {
    const { stage, gutter, page } = pictured("3x4+1R", 1000, true);
    assert.equal(stage.sampleAt(gutter), 0);
    assert.equal(stage.sampleAt(gutter + page - 1), 999);
    const before = pictured("3x4+1R", 995, false);
    assert.equal(before.stage.sampleAt(before.gutter + page - 1), null);
});

test("a page that ends in its middle says where: one line, and no bar", () => {
    const { stage, done, gutter, page } = pictured("3x4+1R", 600, true);
    const lines = done.filter(({ ink }) => ink === "playhead");
    assert.deepEqual(lines.map(({ x, width }) => [x, width]), [[gutter + Math.ceil(page * 0.6), 1]]);
    assert.equal(stage.sampleAt(gutter + page - 1), null);
});

test("a link that names only a layout in columns has the window of that layout, as the bar has", () => {
    for (const sheet of ["3x4+1R", "3x4+3R", "6x2", "cabrera"]) {
        assert.ok(hasColumns(sheet));
        assert.equal(readLink(`?layout=${encodeURIComponent(sheet)}`).looks.windowS, 10);
    }
    assert.equal(readLink("?layout=3x4%2B1R&window=5").looks.windowS, 5);
    assert.equal(readLink("?layout=rows").looks.windowS, undefined);
    assert.equal(readLink("?layout=3x4%2B1R&mode=calibrated").looks.windowS, undefined);
});
