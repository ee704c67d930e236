import assert from "node:assert/strict";
import test from "node:test";

import { likelyHeight, pagesOf } from "../../static/js/records/pages.js";

/** Firefox's, the lowest: nscoord_MAX, 2^30 - 1 sixtieths of a pixel. */
const ALLOWED_PX = (2 ** 30 - 1) / 60;

test("every page of however many records lies within the height that any browser allows, its last rows too", () => {
    for (const total of [60, 100_000, 5_000_000]) {
        for (const measured of [{ px: 0, records: 0 }, { px: 10_750, records: 50 }]) {
            const heights = pagesOf(total).map(({ count }) => likelyHeight(count, total, measured));
            const high = heights.reduce((sum, one) => sum + one, 0);
            // What was looked at is as high as it is: thirty pages of it still fit.
            assert.ok(high + 30 * 10_750 < ALLOWED_PX, `${total}: ${high}`);
            assert.ok(heights.every((one) => one > 0));
        }
    }
    assert.equal(likelyHeight(50, 1000, { px: 10_750, records: 50 }), 10_750);
});
