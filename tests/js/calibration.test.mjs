import assert from "node:assert/strict";
import { test } from "node:test";

import { millivoltsPer, physical, scaleOf } from "../../static/js/signal/calibration.js";

const lead = (unit, gain = 1, baseline = 0) => ({ name: "II", unit, gain, baseline });

test("one millivolt is one millivolt in every unit", () => {
    assert.equal(physical(scaleOf(lead("mV")), 1), 1);
    assert.equal(physical(scaleOf(lead("mv")), 1), 1);
    assert.equal(physical(scaleOf(lead("uV")), 1000), 1);
    assert.equal(physical(scaleOf(lead("\u00b5V")), 1000), 1);
    assert.equal(physical(scaleOf(lead("\u03bcV")), 1000), 1);
    assert.equal(physical(scaleOf(lead("V")), 0.001), 1);
    assert.equal(physical(scaleOf(lead("mV", 200, 1024)), 1224), 1);
    assert.equal(physical(scaleOf(lead("uV", 0.4, -12)), 388), 1);
});

test("a unit that is no voltage, or none, is no millivolt", () => {
    for (const unit of [null, "", "mmHg", "%", "NU", "adu", "bpm"]) {
        assert.equal(millivoltsPer(unit), null);
        assert.equal(scaleOf(lead(unit)).volts, false);
    }
});

test("what is no voltage keeps its own unit", () => {
    assert.equal(physical(scaleOf(lead("mmHg", 10, 5)), 805), 80);
});
