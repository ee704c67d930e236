import assert from "node:assert/strict";
import test from "node:test";

import { beatsLayer, classOf, setLayer } from "../../static/js/signal/markings.js";
import { Layers, nextColumn, placesIn, prepare } from "../../static/js/view/layers.js";
import { Marking } from "../../static/js/view/marking.js";

const layer = (change = {}) => ({
    sample: Float64Array.of(100, 200, 300, 300, 500), label: Int32Array.of(0, 1, 0, 0, -1), labels: ["N", "V"],
    colour: "beat", shape: "tick", ...change,
});

test("a stretch that began long before is found among points, and one that ended is not", () => {
    const { all } = prepare(layer({ stop: Float64Array.of(NaN, 1000, NaN, 300, NaN) }));
    assert.deepEqual(placesIn(all, 400, 450), { first: 1, last: 4 });
    assert.deepEqual(placesIn(all, 0, 100), { first: 0, last: 0 });
    assert.deepEqual(placesIn(all, 1000, 2000), { first: 1, last: 5 });
    assert.deepEqual(placesIn(all, 1001, 2000), { first: 5, last: 5 });
});

test("each lead has its own marks, those without a lead belong to all, and the chosen one is found again", () => {
    const { all, byLead } = prepare(layer({ lead: Int32Array.of(0, -1, 1, 0, -1), leads: ["II", "V5"], emphasis: 3 }));
    assert.deepEqual([...all.sample], [200, 500]);
    assert.deepEqual([...byLead.get("II").sample], [100, 300]);
    assert.deepEqual([...byLead.get("V5").sample], [300]);
    assert.deepEqual([all.emphasis, byLead.get("II").emphasis, byLead.get("V5").emphasis], [-1, 1, -1]);
});

test("many marks in one column are searched, not gone through", () => {
    const sample = Float64Array.from({ length: 100_000 }, (_, i) => i);
    const { all } = prepare(layer({ sample, label: new Int32Array(100_000) }));
    let steps = 0;
    for (let i = 0; i < sample.length; i = nextColumn(all, i, 0.01)) {
        assert.equal(Math.floor(i * 0.01), steps);
        steps++;
    }
    assert.equal(steps, 1000);
});

test("layers stand in lanes of their edge in their order, and one that is replaced keeps its place", () => {
    const layers = new Layers();
    layers.set("late", layer({ order: 2, labels: ["late"] }));
    layers.set("early", layer({ order: 1, labels: ["early"] }));
    layers.set("below", layer({ edge: "bottom", labels: ["below"] }));
    layers.set("late", layer({ order: 2, labels: ["late again"] }));
    assert.deepEqual(layers.drawn.map(({ labels, lane }) => [labels[0], lane]), [["below", 0], ["early", 0], ["late again", 1]]);
    const before = layers.revision;
    layers.set("nobody", null);
    assert.equal(layers.revision, before);
    layers.set("early", null);
    assert.equal(layers.drawn.at(-1).lane, 0);
});

/** What is written and where, on a canvas whose letters are six pixels wide. */
function recorder() {
    const written = [];
    const rects = [];
    const ctx = {
        measureText: (text) => ({ width: 6 * text.length }),
        fillText: (text, x, y) => written.push([text, x, y]),
        fillRect: (...rect) => rects.push([ctx.fillStyle, ...rect]),
        beginPath() {}, moveTo() {}, lineTo() {}, closePath() {}, arc() {}, fill() {},
    };
    return { ctx, written, rects };
}

const PALETTE = { paper: "paper", label: "label", gap: "gap", font: "f", marks: { beat: "blue", rare: "red" } };
const STRIP = { row: { top: 50, height: 200, baseline: 160 }, from: 0, to: 1000, lead: 0, height: null, name: "II", ecg: true, volts: true };

function painted(layers, span = {}, rows = { first: true, last: true }, strip = STRIP) {
    const record = recorder();
    const marking = new Marking(record.ctx, { dpr: 1, letters: 1, palette: PALETTE, hatch: "hatch" });
    const stretch = { from: 0, to: 1000, origin: 0, x: 0, upTo: 1000, gridOrigin: 0, absent: "", ...span };
    marking.paint(stretch, strip, layers, 1, rows);
    return record;
}

const laid = (...layers) => {
    const all = new Layers();
    layers.forEach((one, i) => all.set(String(i), one));
    return all.drawn;
};

test("a beat has its tick, its letter right of it, and the time to the next one in the middle between", () => {
    const { written, rects } = painted(laid(layer({
        sample: Float64Array.of(100, 200), label: Int32Array.of(0, 1), rr: Float64Array.of(812.4, NaN), looks: [null, { colour: "rare" }],
    })));
    assert.deepEqual(written.map(([text, x]) => [text, x]), [["N", 103], ["812", 141], ["V", 203]]);
    const ticks = rects.filter(([colour]) => colour === "blue" || colour === "red");
    assert.deepEqual(ticks.map(([colour, x, y]) => [colour, x, y]), [["blue", 100, 50], ["red", 200, 50]]);
});

test("what has no room before the next mark is not written over it", () => {
    const { written } = painted(laid(layer({
        sample: Float64Array.of(100, 112, 400), label: Int32Array.of(0, 0, 0), labels: ["a long note"], rr: Float64Array.of(1, NaN, NaN),
    })));
    assert.deepEqual(written.map(([text, x]) => [text, x]), [["a long note", 115], ["a long note", 403]]);
});

test("a mark is painted alike in whichever pieces its picture is painted", () => {
    const layers = laid(layer({ rr: Float64Array.of(400, 400, NaN, 500, NaN), stop: Float64Array.of(NaN, 260, NaN, NaN, NaN) }));
    const whole = painted(layers);
    for (let at = 0; at < 1000; at += 7) {
        const piece = painted(layers, { from: at, to: at + 7 });
        const touching = (list, x, wide) => list.filter((one) => one[x] < at + 7 && one[x] + wide(one) > at);
        assert.deepEqual(
            touching(piece.written, 1, ([text]) => 6 * text.length), touching(whole.written, 1, ([text]) => 6 * text.length), `words at ${at}`,
        );
        assert.deepEqual(touching(piece.rects, 1, ([, , , w]) => w), touching(whole.rects, 1, ([, , , w]) => w), `marks at ${at}`);
    }
});

test("windows that overlap have lanes of their own, so that each is read, and the rows behind them are tinted once", () => {
    const sample = Float64Array.from({ length: 8 }, (_, i) => 100 * i);
    const windows = layer({
        sample, stop: sample.map((at) => at + 200), label: Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1), labels: ["sinus rhythm", "AF"], shape: "flag",
    });
    const layers = laid(windows, layer({ order: 1, labels: ["below"] }));
    const { written, rects } = painted(layers);
    const words = written.filter(([text]) => text !== "below");
    assert.deepEqual(words.map(([text]) => text), ["sinus rhythm", "AF", "sinus rhythm", "AF", "sinus rhythm", "AF", "sinus rhythm", "AF"]);
    for (const [text, x, y] of words) {
        const over = words.filter(([other, at, level]) => level === y && at < x + 6 * text.length && at + 6 * other.length > x);
        assert.equal(over.length, 1, `${text} at ${x}`);
    }
    // What stands below them has a lane below all of theirs.
    assert.ok(Math.min(...written.filter(([text]) => text === "below").map(([, , y]) => y)) > Math.max(...words.map(([, , y]) => y)));
    const tints = rects.filter(([, , y, , high]) => y === STRIP.row.top && high === STRIP.row.height);
    const covered = tints.map(([, x, , wide]) => [x, x + wide]).sort((a, b) => a[0] - b[0]);
    covered.forEach(([from], i) => i && assert.ok(from >= covered[i - 1][1], `tinted twice at ${from}`));
    assert.deepEqual([covered[0][0], covered.at(-1)[1]], [0, 900]);
    // A low row has one lane: there every second one is read, and none is written over another.
    const low = painted(laid(windows), {}, { first: true, last: true }, { ...STRIP, row: { top: 50, height: 28, baseline: 60 } }).written;
    assert.deepEqual(low.map(([text]) => text), ["sinus rhythm", "sinus rhythm", "sinus rhythm", "sinus rhythm"]);
});

test("stretches side by side, points among them, and more of them than there are lanes", () => {
    const side = prepare(layer({ sample: Float64Array.of(0, 50, 100, 200), stop: Float64Array.of(100, NaN, 200, 300), label: new Int32Array(4) }));
    assert.deepEqual([side.all.level, side.all.deep], [null, 1]);
    const many = prepare(layer({ sample: Float64Array.of(0, 1, 2, 3, 100), stop: Float64Array.of(90, 91, 92, 93, 120), label: new Int32Array(5) }));
    assert.deepEqual([[...many.all.level], many.all.deep], [[0, 1, 2, 0, 0], 3]);
});

test("words of a page before do not stand on the next one, unless the strip flows", () => {
    const layers = laid(layer({ sample: Float64Array.of(998), label: Int32Array.of(0), labels: ["a comment"] }));
    const next = { from: 1000, to: 1100, origin: 1000 };
    assert.deepEqual(painted(layers, next).written, []);
    assert.deepEqual(painted(layers, { ...next, flows: true }).written.map(([text]) => text), ["a comment"]);
});

test("beats of all leads are named in one row and marked in the others; those of a lead are named in its own", () => {
    const below = painted(laid(layer()), {}, { first: false, last: true });
    assert.deepEqual(below.written, []);
    assert.ok(below.rects.length >= 4);
    const own = laid(layer({ lead: new Int32Array(5).fill(0), leads: ["MLII"] }));
    assert.deepEqual(painted(own, {}, { first: false, last: false }).written, []);
    const aliased = { ...STRIP, stored: "MLII" };
    assert.ok(painted(own, {}, { first: false, last: false }, aliased).written.length >= 3);
});

test("beats of a day are a band, as many marks as there are columns at most, and no words", () => {
    const sample = Float64Array.from({ length: 100_000 }, (_, i) => i / 100);
    const { written, rects } = painted(laid(layer({ sample, label: new Int32Array(100_000) })));
    assert.deepEqual(written, []);
    assert.ok(rects.length <= 1000);
});

test("what was not analysed is hatched in its lane alone and says why", () => {
    const blind = { sample: Float64Array.of(100), stop: Float64Array.of(400), label: Int32Array.of(0), labels: ["not analysed: noise"], shape: "blind" };
    const { written, rects } = painted(laid(layer(blind)));
    assert.deepEqual(written.map(([text]) => text), ["not analysed: noise"]);
    const [, x, y, wide, high] = rects.find(([colour]) => colour === "hatch");
    assert.deepEqual([x, y, wide], [100, 50, 300]);
    assert.ok(high < 20, "not the row, which would be a gap");
});

test("beats stand as ticks without a letter, in one layer with what was not looked at, and no interval is written across what was not", () => {
    const beats = { sample: Float64Array.of(100, 200, 600), symbol: "Q", blind: [{ start: 250, stop: 500, why: "noise" }] };
    const made = beatsLayer(beats, Float64Array.of(1000, NaN, NaN), 2, (why) => `not analysed: ${why}`);
    assert.deepEqual([[...made.sample], [...made.stop], [...made.rr]], [[200, 400, 500, 1200], [NaN, NaN, 1000, NaN], [1000, NaN, NaN, NaN]]);
    assert.deepEqual([...made.label].map((at) => made.labels[at]), ["", "", "not analysed: noise", ""]);
    const half = { ...made, sample: made.sample.map((at) => at / 2), stop: made.stop.map((at) => at / 2) };
    assert.deepEqual(painted(laid(half)).written.map(([text]) => text), ["not analysed: noise", "1000"]);
});

test("a set is told apart by class, and its texts stand for themselves", () => {
    const set = {
        name: "atr", sample: Float64Array.of(1, 2, 3, 4), symbol: Int32Array.of(0, 1, 2, 3), note: Int32Array.of(0, 0, 1, 2), chan: new Int32Array(4),
        symbols: ["N", "V", "+", '"'], notes: ["", "(AFIB", "moved"], leads: ["II"],
    };
    const made = setLayer(set, 10);
    assert.deepEqual([...made.label].map((at) => made.labels[at]), ["N", "V", "AFIB", "moved"]);
    assert.deepEqual(made.looks.map((look) => look?.colour ?? null), [null, "rare", "note", "note"]);
    assert.deepEqual(["N", "a", "r", "F", "?", "+", "~"].map(classOf), ["N", "S", "V", "F", "Q", null, null]);
});

test("what stands out is seen among a day of others", () => {
    const sample = Float64Array.from({ length: 100_000 }, (_, i) => i / 100);
    const label = Int32Array.from(sample, (_, i) => (i === 31_415 ? 1 : 0));
    const { rects } = painted(laid(layer({ sample, label, looks: [null, { colour: "rare" }] })));
    assert.deepEqual(rects.filter(([colour]) => colour === "red").map(([, x]) => x), [314]);
    assert.ok(rects.findLastIndex(([colour]) => colour === "blue") < rects.findIndex(([colour]) => colour === "red"));
});
