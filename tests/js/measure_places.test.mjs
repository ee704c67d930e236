import assert from "node:assert/strict";
import { test } from "node:test";

import {
    cellAt, cellOf, enveloped, inSight, mvAt, paperLine, sampleAt, sightOf, spread, still, storedName, xOf, yOf,
} from "../../static/js/measure/places.js";
import { best, covered, placed } from "../../static/js/measure/labels.js";
import { LEAD, mark, millivolts, picture } from "./measure_beat.mjs";

// Two columns of two leads, and a strip of the first under them: 3x4+1R in small.
const SHEET = picture({
    cells: [
        { lead: 0, row: 0, x: 60, width: 500 }, { lead: 1, row: 0, x: 560, width: 500 },
        { lead: 0, row: 1, x: 60, width: 1000 },
    ],
    rows: [{ top: 0, height: 100, baseline: 60 }, { top: 100, height: 100, baseline: 160 }],
    leads: [LEAD, { ...LEAD, name: "V1" }],
});

test("time runs on from cell to cell", () => {
    assert.equal(sampleAt(SHEET, 60), 0);
    assert.equal(sampleAt(SHEET, 560), 1000);
    assert.deepEqual(sightOf(SHEET, SHEET.cells[1]), { start: 1000, stop: 2000 });
    assert.equal(xOf(SHEET, sampleAt(SHEET, 333.3)), 333.3);
});

test("a height is counted from the row's baseline", () => {
    assert.equal(mvAt(SHEET, SHEET.cells[2], 120), 1);
    assert.equal(yOf(SHEET, SHEET.cells[0], -0.5), 80);
});

test("a lead that is drawn larger, or turned over, is measured as it is", () => {
    const turned = { ...SHEET, leads: [{ ...LEAD, times: -2 }, SHEET.leads[1]] };
    assert.equal(yOf(turned, turned.cells[0], 0.5), 100);
    assert.equal(mvAt(turned, turned.cells[0], 100), 0.5);
    assert.equal(yOf(turned, turned.cells[1], 0.5), 40);
});

test("a place belongs to the cell under it, or to none", () => {
    assert.equal(cellAt(SHEET, 559, 50), SHEET.cells[0]);
    assert.equal(cellAt(SHEET, 560, 50), SHEET.cells[1]);
    assert.equal(cellAt(SHEET, 560, 150), SHEET.cells[2]);
    assert.equal(cellAt(SHEET, 30, 50), null);
    assert.equal(cellAt(SHEET, 560, 200), null);
});

test("a caliper stands where most of it is seen, then where it was set, then in the widest cell", () => {
    const at = (from, to, row, lead = "II") => cellOf(SHEET, { lead, marks: [mark(from), mark(to)], row });
    assert.equal(at(100, 200, null), SHEET.cells[2]);
    assert.equal(at(100, 200, 0), SHEET.cells[0]);
    assert.equal(at(900, 1100, 0), SHEET.cells[2]);
    assert.equal(at(100, 200, 0, "V1"), null);
    assert.equal(at(100, 1200, null, "V1"), SHEET.cells[1]);
    assert.equal(at(3000, 3100, 0), null);
    assert.equal(at(0, 1, 0, "aVR"), null);
    // Both ends beside the picture: what lies between is in sight.
    assert.equal(cellOf({ ...SHEET, look: { start: 5000, pxPerSample: 0.5 } }, { lead: "II", marks: [mark(10), mark(90_000)], row: null }), SHEET.cells[2]);
    assert.equal(cellOf(SHEET, { lead: "II", marks: [null, null], row: null }), null);
});

test("a sample on the edge is in sight", () => {
    assert.equal(inSight(SHEET, SHEET.cells[0], 1000), true);
    assert.equal(inSight(SHEET, SHEET.cells[0], 1001), false);
});

test("a picture that moves, or does not say where it stands, is not still", () => {
    assert.equal(still(picture({ look: null })), null);
    assert.equal(still(picture({ cells: undefined })), null);
    assert.equal(still(null), null);
    assert.ok(still(SHEET));
    for (const drawn of ["envelope", "outline"]) assert.equal(enveloped(picture({ drawn })), true);
    for (const drawn of ["nothing", undefined]) assert.equal(enveloped(picture({ drawn })), false);
    assert.equal(enveloped(SHEET), false);
});

test("only a voltage of an ECG has a height on the paper", () => {
    assert.ok(paperLine(LEAD));
    assert.equal(paperLine({ ...LEAD, unit: "mmHg" }), null);
    assert.equal(paperLine({ ...LEAD, kind: "resp" }), null);
    assert.equal(paperLine({ ...LEAD, unit: "uV", gain: 1, baseline: 0 }).slope, 0.001);
});

test("handles that would touch stand apart, as near to their marks as can be", () => {
    assert.deepEqual(spread([100, 200], 44, 0, 400), [100, 200]);
    assert.deepEqual(spread([100, 110], 44, 0, 400), [83, 127]);
    assert.deepEqual(spread([10, 10, 10], 44, 22, 400), [22, 66, 110]);
    assert.deepEqual(spread([390, 395], 44, 22, 368), [324, 368]);
    const six = spread([100, 115, 124, 160, 95, 101].sort((a, b) => a - b), 44, 22, 368);
    for (let i = 1; i < 6; i++) assert.ok(six[i] - six[i - 1] >= 44);
    assert.ok(six[0] >= 22 && six[5] <= 368);
});

test("a label stays inside the picture and beside the other labels", () => {
    const bounds = { x: 60, y: 0, width: 330, height: 200 };
    const box = (x, y) => ({ x, y, width: 100, height: 20 });
    assert.deepEqual(placed(box(350, -5), [], bounds), box(290, 0));
    assert.deepEqual(placed(box(0, 190), [], bounds), box(60, 180));
    assert.deepEqual(placed(box(100, 50), [box(150, 45)], bounds), box(100, 65));
    assert.deepEqual(placed(box(100, 50), [box(150, 55)], bounds), box(100, 35));
    // Where there is no room beside the others it is where it was wished.
    assert.deepEqual(placed(box(100, 5), [{ x: 60, y: 0, width: 330, height: 200 }], bounds), box(100, 5));
});

test("how much of the trace lies under a label is counted, in the rows that it touches", () => {
    const trace = (lead, sample) => (lead === "II" ? millivolts(sample) : null);
    // The trace of the first cell is at its baseline, y = 60, but for the waves.
    assert.equal(covered(SHEET, { x: 60, y: 55, width: 40, height: 10 }, 1, trace), 20);
    assert.equal(covered(SHEET, { x: 60, y: 70, width: 40, height: 10 }, 1, trace), 0);
    assert.equal(covered(SHEET, { x: 60, y: 40, width: 40, height: 10 }, 1, trace), 0);
    assert.equal(covered(SHEET, { x: 560, y: 55, width: 40, height: 10 }, 1, trace), 0);
    assert.equal(covered(SHEET, { x: 20, y: 55, width: 40, height: 10 }, 1, trace), 0);
    // On a screen of two pixels for each of CSS the same places are looked at.
    assert.equal(covered(SHEET, { x: 30, y: 27.5, width: 20, height: 5 }, 2, trace), 10);
});

test("of the places wished the one that covers least is taken, else the first", () => {
    const bounds = { x: 0, y: 0, width: 400, height: 200 };
    const boxes = [10, 60, 110].map((y) => ({ x: 10, y, width: 100, height: 20 }));
    assert.equal(best(boxes, [], bounds, ({ y }) => Math.abs(y - 60)).y, 60);
    assert.equal(best(boxes, [], bounds, () => 0).y, 10);
    // What it costs is counted where it really stands.
    assert.equal(best(boxes, [boxes[0]], bounds, ({ y }) => Number(y !== 30)).y, 30);
});

test("a caliper of a stored lead is found in every cell that shows it, under whatever name, but not turned over", () => {
    const caliper = { lead: "ii", marks: [mark(100), mark(200)], row: 0 };
    const shown = (more) => picture({ leads: [{ ...LEAD, ...more }] });
    for (const more of [{ name: "ii" }, { name: "II", alias: "ii" }, { name: "II", alias: "ii", times: -1 }]) {
        assert.ok(cellOf(shown(more), caliper), JSON.stringify(more));
    }
    assert.equal(cellOf(shown({ name: "-II", alias: "ii", inverted: true }), caliper), null);
    assert.equal(cellOf(shown({ name: "II", alias: "MLII" }), { ...caliper, lead: "II" }), null);
    assert.equal(storedName({ ...LEAD, name: "-aVR", alias: "aVR", inverted: true }), "-aVR");
    assert.equal(storedName({ ...LEAD, name: "aVF", alias: null, derived: true }), "aVF");
});
