import assert from "node:assert/strict";
import { test } from "node:test";

import { behindWords } from "../../static/js/ui/behind.js";

const words = (shown, playing = true) => behindWords({ shown, lookStart: 1000, lookStop: 2000, fs: 100, playing });

test("what is played behind the right edge is ahead of what one looks at", () => {
    assert.equal(words(4000), "0:20 behind the playhead");
    assert.equal(words(2001), "0:00 behind the playhead");
    assert.equal(words(2000 + 100 * 3725), "1:02:05 behind the playhead");
    assert.equal(words(2000 + 100 * 600), "10:00 behind the playhead");
});

test("what is played before the left edge is behind what one looks at", () => {
    assert.equal(words(500), "0:05 ahead of the playhead");
});

test("a playhead in sight needs no words", () => {
    for (const shown of [1000, 1500, 2000]) assert.equal(words(shown), "");
});

test("paused, it says so", () => {
    assert.equal(words(4000, false), "0:20 behind where it paused");
    assert.equal(words(500, false), "0:05 ahead of where it paused");
});
