import assert from "node:assert/strict";
import { test } from "node:test";

import { Wished } from "../../static/js/ui/wished.js";

test("a step goes on from the wish until its answer must be there", () => {
    const speed = new Wished();
    assert.equal(speed.from(1, 0), 1);
    speed.ask(2, 0);
    speed.ask(4, 50);
    assert.equal(speed.from(1, 100), 4);
    // The answer to the first of two comes late: it is not what is wished.
    assert.equal(speed.from(2, 200), 4);
    // What was refused counts no longer.
    assert.equal(speed.from(2, 5000), 2);
});
