import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { Guide } from "../../static/js/measure/guide.js";
import { GRIP, gripAt, shapeOf } from "../../static/js/measure/shape.js";
import { doingOf } from "../../static/js/ui/caliperkeys.js";
import { mark, millivolts, picture } from "./measure_beat.mjs";

const SCREEN = { width: 1060, height: 300, dpr: 1, large: () => false };
const heights = (marks) => (index) => (marks[index] ? millivolts(marks[index].sample) : null);

function shaped(kind, samples, { screen = SCREEN, still = picture() } = {}) {
    const marks = samples.map((sample) => (sample === null ? null : mark(sample)));
    return shapeOf({ id: 1, kind, lead: "II", marks, row: 0 }, still, still.cells[0], screen, heights(marks));
}

const roles = ({ lines }, role) => lines.filter((line) => line.role === role);

test("a time has an edge at each sample, a bar between, and a dot on the trace", () => {
    const shape = shaped("time", [595, 195]);
    assert.deepEqual(roles(shape, "edge").map(({ x1 }) => x1), [357.5, 157.5]);
    assert.deepEqual(roles(shape, "bar").map(({ x1, x2 }) => [x1, x2]), [[157.5, 357.5]]);
    // 1.2 mV of 40 px above the baseline.
    assert.deepEqual(shape.dots.map(({ y }) => y), [132, 132]);
    assert.deepEqual(roles(shape, "level"), []);
});

test("an amplitude has a level at each height and no edge", () => {
    const shape = shaped("amplitude", [185, 195]);
    assert.deepEqual(roles(shape, "level").map(({ y1 }) => y1), [184, 132]);
    assert.deepEqual(roles(shape, "bar").map(({ y1, y2 }) => [y1, y2]), [[184, 132]]);
    assert.deepEqual(roles(shape, "edge"), []);
});

test("a mark stands on the trace where that leaves its row, and is an arrow where it leaves the picture", () => {
    const still = picture({ rows: [{ top: 0, height: 60, baseline: 35 }, { top: 60, height: 60, baseline: 95 }] });
    const marks = [mark(185), mark(195)];
    const shapeFor = (...mv) =>
        shapeOf({ id: 1, kind: "amplitude", lead: "II", marks, row: 0 }, still, still.cells[0], { ...SCREEN, height: 120 }, (i) => mv[i]);
    const low = shapeFor(0.5, -1);
    assert.deepEqual(low.dots.map(({ y }) => y), [15, 75]);
    assert.deepEqual(roles(low, "level").map(({ y1 }) => y1), [15, 75]);
    assert.deepEqual(roles(low, "beyond"), []);
    const far = shapeFor(-50, 0.5);
    assert.deepEqual(far.dots.map(({ y }) => y), [15]);
    assert.deepEqual(roles(far, "level").map(({ y1 }) => y1), [15]);
    const [one, other] = roles(far, "beyond");
    assert.ok(one.y2 > one.y1 && other.y2 > other.y1 && one.y2 === 117, "it points down, at the lower edge");
});

test("what lies beside the picture is cut off there, and has no handle", () => {
    const shape = shaped("time", [195, 5000]);
    assert.deepEqual(roles(shape, "bar").map(({ x1, x2 }) => [x1, x2]), [[157.5, 1060]]);
    assert.deepEqual(shape.grips.map(({ index }) => index), [0]);
});

test("on a screen of two pixels for each of CSS everything is half as far", () => {
    const still = picture({ gutter: 120, look: { start: 0, pxPerSample: 1 }, cells: [{ lead: 0, row: 0, x: 120, width: 2000 }] });
    const shape = shaped("time", [195, 595], { screen: { ...SCREEN, dpr: 2 }, still });
    assert.deepEqual(roles(shape, "edge").map(({ x1 }) => x1), [157.5, 357.5]);
});

test("the guide joins its marks by bars, each as soon as both are set", () => {
    assert.equal(roles(shaped("qt", [500, 580, null, null, null, null]), "bar").length, 1);
    assert.equal(roles(shaped("qt", [500, 580, 625, 780, 195, 595]), "bar").length, 4);
    assert.equal(roles(shaped("qt", [null, 580, 625, 780, 195, 595]), "bar").length, 3);
});

test("a handle for a finger is 44 px wide and leaves its mark free", () => {
    assert.ok(2 * GRIP.coarse.radius >= 44);
    for (const height of [80, 150, 300, 900]) {
        const still = picture({ rows: [{ top: 0, height, baseline: Math.round(0.6 * height) }] });
        const { grips } = shaped("both", [185, 195], { still, screen: { ...SCREEN, height, large: () => true } });
        for (const { x, y, radius, markY } of grips) {
            assert.equal(radius, GRIP.coarse.radius);
            assert.ok(x >= radius && x <= SCREEN.width - radius);
            assert.ok(y >= radius && y <= height - radius, `${height}: ${y}`);
            if (height >= 150) assert.ok(Math.abs(y - markY) >= radius + 22, `${height}: ${y} ${markY}`);
        }
        assert.ok(Math.abs(grips[0].x - grips[1].x) >= 44);
    }
});

test("the nearest handle in reach is taken, a line only where that is wished and no handle is", () => {
    const shapes = [{ key: "a", shape: shaped("time", [195, 595]) }, { key: "b", shape: shaped("time", [199, 900]) }];
    const { x, y } = shapes[0].shape.grips[0];
    assert.deepEqual(pick(gripAt(shapes, { x: x - 3, y }, { reach: 12, edges: 5 })), ["a", 0]);
    assert.deepEqual(pick(gripAt(shapes, { x: x + 3, y }, { reach: 12, edges: 5 })), ["b", 0]);
    assert.deepEqual(pick(gripAt(shapes, { x: 359, y: 60 }, { reach: 12, edges: 5 })), ["a", 1]);
    assert.equal(gripAt(shapes, { x: 357.5, y: 60 }, { reach: 12, edges: 0 }), null);
    assert.equal(gripAt(shapes, { x: 420, y: 60 }, { reach: 12, edges: 5 }), null);
});

const pick = (found) => found && [found.key, found.grip.index];

test("the guide goes on where a mark is set, and past the P wave without one", () => {
    const guide = new Guide();
    assert.equal(guide.next(), true);
    assert.equal(guide.step, 1);
    assert.equal(guide.next(), false);
    guide.caliper = { id: 1, kind: "qt", lead: "II", marks: [null, mark(1), mark(2), mark(3), mark(4), mark(5)], row: 0 };
    for (let step = 2; step <= 6; step++) {
        assert.equal(guide.next(), true);
        assert.equal(guide.step, step);
    }
    assert.equal(guide.done, true);
    assert.equal(guide.next(), false);
    guide.back();
    assert.equal(guide.step, 5);
    guide.forget({ ...guide.caliper });
    assert.equal(guide.step, 5);
    guide.forget(guide.caliper);
    assert.deepEqual([guide.step, guide.caliper], [0, null]);
});

test("an arrow is a sample or 0.01 mV, with Shift ten times that; the browser's own keys stay its", () => {
    const press = (key, more = {}) => doingOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more });
    assert.deepEqual(press("ArrowLeft"), { samples: -1 });
    assert.deepEqual(press("ArrowRight", { shiftKey: true }), { samples: 10 });
    assert.deepEqual(press("ArrowUp"), { mv: 0.01 });
    assert.deepEqual(press("ArrowDown", { shiftKey: true }), { mv: -0.1 });
    assert.deepEqual(press("Backspace"), { act: "remove" });
    assert.equal(press("ArrowLeft", { altKey: true }), null);
    assert.equal(press("k"), null);
    assert.equal(press("toString"), null);
});

test("calipers can be told from paper, grid and trace in both themes", async () => {
    const read = (name) => readFile(new URL(`../../static/${name}.css`, import.meta.url), "utf8");
    const [shared, own] = [await read("style"), await read("review")];
    const of = (css, selector, name) => {
        const from = css.indexOf(selector);
        return new RegExp(`${name}:\\s*(#[0-9a-f]{6});`).exec(css.slice(from, css.indexOf("}", from)))?.[1];
    };
    const luminance = (colour) => {
        const [r, g, b] = [1, 3, 5].map((at) => {
            const channel = parseInt(colour.slice(at, at + 2), 16) / 255;
            return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    for (const selector of [":root {", ':root[data-theme="dark"] {']) {
        const ink = of(own, selector, "--caliper");
        for (const ground of ["--paper", "--grid-major", "--raised"]) {
            const [high, low] = [ink, of(shared, selector, ground)].map(luminance).sort((a, b) => b - a);
            assert.ok((high + 0.05) / (low + 0.05) >= 4.5, `${selector} ${ground}`);
        }
    }
    assert.equal(of(own, ':root:not([data-theme="light"]) {', "--caliper"), of(own, ':root[data-theme="dark"] {', "--caliper"));
});
