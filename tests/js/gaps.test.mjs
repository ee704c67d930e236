import assert from "node:assert/strict";
import { test } from "node:test";

import { anyGaps, commonGaps } from "../../static/js/signal/gaps.js";

test("what every lead lacks is common, what one lacks is missing", () => {
    const one = [[0, 10], [20, 30]];
    const other = [[5, 25], [28, 40]];
    assert.deepEqual(commonGaps([one, other]), [{ start: 5, stop: 10 }, { start: 20, stop: 25 }, { start: 28, stop: 30 }]);
    assert.deepEqual(anyGaps([one, other]), [{ start: 0, stop: 40 }]);
});

test("one lead alone has its own gaps, and none has none", () => {
    assert.deepEqual(commonGaps([[[3, 4]]]), [{ start: 3, stop: 4 }]);
    assert.deepEqual(commonGaps([]), []);
    assert.deepEqual(anyGaps([]), []);
    assert.deepEqual(commonGaps([[[3, 4]], []]), []);
});
