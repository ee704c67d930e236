import assert from "node:assert/strict";
import { test } from "node:test";

import { lengthAt } from "../../static/js/signal/lengths.js";

test("the length of a record at another rate has all its samples, whatever a division leaves", () => {
    assert.equal(lengthAt({ length: 650_001, fs: 360 }, 360), 650_001);
    assert.equal(Math.floor((87 / 300) * 100), 28);
    for (let samples = 1; samples < 500; samples++) {
        assert.equal(lengthAt({ length: 3 * samples, fs: 300 }, 100), samples);
    }
    assert.equal(lengthAt({ length: 100, fs: 300 }, 100), 33);
});
