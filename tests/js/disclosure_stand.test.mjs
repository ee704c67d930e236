import assert from "node:assert/strict";
import { test } from "node:test";

import { lineHeight } from "../../static/js/disclosure/ruling.js";
import { lineMm, PER_PAGE, printGain } from "../../static/js/disclosure/sheets.js";
import { around, partAbove, spotsOf, standOf, USUAL } from "../../static/js/disclosure/stand.js";
import { DISCLOSURE, PRINT } from "../../static/js/texts/disclosure.js";

const SCALE = { slope: 0.001, offset: 0 };

/** Ten seconds in columns of 20 ms, at `level` mV with a beat of `peak` mV and a dip of 0.3 a second. */
const spot = (level, peak) => {
    const at = (k) => 1000 * level + (k % 50 === 20 ? 1000 * peak : k % 50 === 22 ? -300 : 0);
    const values = Float64Array.from({ length: 500 }, (_, k) => at(k));
    return { low: values.map((v) => v - 10), high: values.map((v) => v + 10) };
};
const nine = (level, peak) => Array.from({ length: 9 }, () => spot(level, peak));

for (const [level, base] of [[0, 0], [0.29, 0], [-0.29, 0], [0.34, 0.3], [-0.93, -0.9], [4.63, 4.6], [-5, -5]]) {
    test(`a lead at ${level} mV stands around ${base} mV, whatever its beats are`, () => {
        for (const peak of [-2, 0, 2]) assert.equal(standOf(nine(level, peak), SCALE).base, base);
    });
}

test("a part that stands elsewhere, and a part without signal, change nothing", () => {
    const none = { low: new Float64Array(500).fill(NaN), high: new Float64Array(500).fill(NaN) };
    const spots = [...nine(-0.9, 1).slice(0, 5), spot(3, 1), spot(3, 1), none, none];
    assert.equal(standOf(spots, SCALE).base, -0.9);
    assert.deepEqual(standOf([none], SCALE), USUAL);
    assert.deepEqual(standOf([], SCALE), USUAL);
});

test("a usual beat is within its line, and one of the usual size has the usual room", () => {
    const usual = standOf(nine(0, 1), SCALE);
    assert.deepEqual([usual.up, usual.down], [USUAL.up, USUAL.down]);
    const high = standOf(nine(-0.9, 2.2), SCALE);
    assert.ok(high.up > 2.2 && high.down >= 0.9);
    const deep = standOf(nine(0, -1.9), SCALE);
    assert.ok(deep.down > 1.9 && deep.up === USUAL.up);
    assert.ok(lineHeight(5, 96 / 25.4, high) > lineHeight(5, 96 / 25.4));
    assert.ok(standOf(nine(0, 30), SCALE).up <= 3, "a line is not as high as the page");
    for (const perPage of PER_PAGE) {
        assert.ok(printGain(perPage, high) * 2.2 <= partAbove(high) * lineMm(perPage));
    }
});

test("a lead turned over by its gain stands where its millivolts are", () => {
    assert.equal(standOf(nine(0.9, 1), { slope: -0.001, offset: 0 }).base, -0.9);
});

test("the base is what is drawn where 0 mV would be", () => {
    const { slope, offset } = around({ slope: 0.001, offset: 0.2, volts: true }, -0.9);
    assert.ok(Math.abs(-1100 * slope + offset) < 1e-12);
});

test("the stretches lie within the record, from its start to its end, none twice", () => {
    const day = spotsOf({ length: 43_200_000, fs: 500 });
    assert.equal(day.length, 9);
    assert.deepEqual(day[0], { start: 0, stop: 5_000, columns: 500 });
    assert.equal(day[8].stop, 43_200_000);
    assert.deepEqual(spotsOf({ length: 700, fs: 500 }), [{ start: 0, stop: 700, columns: 500 }]);
    assert.deepEqual(spotsOf({ length: 0, fs: 500 }), []);
    assert.deepEqual(spotsOf({ length: 7, fs: 0.1 }).map(({ start, stop, columns }) => [start, stop, columns])[0], [0, 1, 1]);
});

test("a base is said with its sign", () => {
    assert.equal(DISCLOSURE.base(-0.9), "-0.9 mV");
    assert.equal(DISCLOSURE.base(5), "+5 mV");
    assert.equal(PRINT.base(4.6), "base line +4.6 mV");
});
