import assert from "node:assert/strict";
import { test } from "node:test";

import { Wander } from "../../static/js/ui/wander.js";

/** Somebody who looks at `look` of a record of 60 s at 100 Hz, on a page with room for `paperS` seconds. */
function looking(mode, paperS, look) {
    const wander = new Wander({ display: () => ({ mode, windowS: 15 }), told: () => {} });
    wander.status({ fs: 100, length: 6000, shown: 3000 });
    wander.layout({ scale: { windowS: paperS }, look: null });
    wander.at(look.start, look.windowS);
    return wander.sight;
}

test("what is in sight is what was asked for where the page is fit to it", () => {
    assert.deepEqual(looking("fit", 10, { start: 1000, windowS: 10 }), { start: 1000, windowS: 10 });
});

test("calibrated, what is in sight is what the screen has paper for, and no more than there is", () => {
    assert.deepEqual(looking("calibrated", 3.5, { start: 1000, windowS: 10 }), { start: 1000, windowS: 3.5 });
    assert.deepEqual(looking("calibrated", 20, { start: 1000, windowS: 10 }), { start: 1000, windowS: 20 });
    assert.deepEqual(looking("calibrated", 20, { start: 5000, windowS: 10 }), { start: 5000, windowS: 10 });
});
