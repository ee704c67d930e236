import assert from "node:assert/strict";
import { test } from "node:test";

import { scaleOf } from "../../static/js/signal/calibration.js";
import { millivoltHeight, rangeHeight, rowsFor } from "../../static/js/view/layouts.js";

const LINES = { minor: 4, major: 20 };

test("rows share the height and stay inside it", () => {
    for (const count of [1, 2, 3, 12, 15]) {
        const rows = rowsFor(count, 900, LINES);
        assert.equal(rows.length, count);
        rows.forEach((row, i) => {
            assert.ok(row.baseline > row.top && row.baseline < row.top + row.height);
            if (i) assert.ok(Math.abs(row.top - rows[i - 1].top - rows[i - 1].height) <= 1);
        });
    }
});

test("0 mV lies on a line of the paper", () => {
    for (const { baseline } of rowsFor(2, 900, LINES)) assert.equal(baseline % 20, 0);
    for (const { baseline } of rowsFor(12, 900, LINES)) assert.equal(baseline % 4, 0);
});

test("mV, uV and ADC units of one signal have one height", () => {
    const row = { top: 0, height: 400, baseline: 200 };
    const height = (unit, gain, baseline, stored) => {
        const { slope, offset } = millivoltHeight(scaleOf({ name: "II", unit, gain, baseline }), row, 37.5);
        return stored * slope + offset;
    };
    assert.equal(height("mV", 1, 0, 2), 200 - 75);
    assert.equal(height("uV", 1, 0, 2000), 200 - 75);
    assert.equal(height("mV", 200, 1024, 1424), 200 - 75);
});

test("a range fills four fifths of its row, upside up, and a line that never changes is in the middle", () => {
    const row = { top: 100, height: 200, baseline: 0 };
    const { slope, offset } = rangeHeight({ low: 10, high: 110 }, row);
    assert.equal(Math.round(10 * slope + offset), 280);
    assert.equal(Math.round(110 * slope + offset), 120);
    const flat = rangeHeight({ low: 5, high: 5 }, row);
    assert.equal(5 * flat.slope + flat.offset, 200);
});
