import assert from "node:assert/strict";
import test from "node:test";

import { addressOf, ALL, askedOf, choiceOf, chosenBeside } from "../../static/js/records/choice.js";
import { likelyHeight, pagesOf } from "../../static/js/records/pages.js";

test("what is chosen stands in the address, and comes back from it", () => {
    const choice = { query: "a b", leads: ["I", "V5"], fs: "500", span: "10min-2h", dataset: "ptbxl", annotated: "true", quality: "clean" };
    assert.deepEqual(choiceOf(new URL(addressOf(choice), "http://x").search), choice);
    assert.equal(addressOf(ALL), "/");
    assert.equal(chosenBeside(choice), 7);
    assert.equal(chosenBeside({ ...ALL, query: "a" }), 0);
});

test("an address that is not understood chooses nothing", () => {
    assert.deepEqual(choiceOf("?fs=fast&span=ever&annotated=perhaps&other=1"), ALL);
    assert.deepEqual(choiceOf("?fs=-1&span=toString"), ALL);
});

test("the server is asked for bounds, and only for what is chosen", () => {
    assert.equal(String(askedOf(ALL)), "");
    const asked = askedOf({ ...ALL, leads: ["I", "V5"], fs: "360", span: "under-30s" });
    assert.equal(String(asked), "leads=I%2CV5&fs_low=360&fs_high=360&s_high=30");
    assert.equal(String(askedOf({ ...ALL, span: "over-2h", annotated: "false" })), "s_low=7200&annotated=false");
});

test("every record of a long list has its page, and all of them fit a browser", () => {
    assert.deepEqual(pagesOf(0), []);
    assert.deepEqual(pagesOf(51), [{ first: 0, count: 50 }, { first: 50, count: 1 }]);
    assert.equal(likelyHeight(50, 100, { px: 0, records: 0 }), 9000);
    assert.equal(likelyHeight(50, 100, { px: 3000, records: 10 }), 15_000);
    // A browser ends an element at 33 million pixels.
    assert.ok(2000 * likelyHeight(50, 100_000, { px: 4000, records: 10 }) <= 30_000_000);
});
