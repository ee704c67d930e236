import assert from "node:assert/strict";
import { test } from "node:test";

import { actionFor, BINDINGS, ofSelect } from "../../static/js/ui/keys.js";

const press = (key, more = {}) => actionFor({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more });

test("every binding is reached by each of its keys", () => {
    for (const { action, keys, shift } of BINDINGS) {
        for (const key of keys) assert.equal(press(key, { shiftKey: Boolean(shift) }), action, key);
    }
});

test("shift makes a step long, and is part of typing a question mark", () => {
    assert.equal(press("ArrowLeft"), "back");
    assert.equal(press("ArrowLeft", { shiftKey: true }), "backFar");
    assert.equal(press("?", { shiftKey: true }), "help");
    assert.equal(press("F", { shiftKey: true }), "fullScreen");
});

test("the browser's own keys stay the browser's", () => {
    assert.equal(press("f", { ctrlKey: true }), null);
    assert.equal(press("ArrowLeft", { altKey: true }), null);
    assert.equal(press("l", { metaKey: true }), null);
    assert.equal(press("Tab"), null);
    assert.equal(press("p"), null);
});

test("a select that has the focus keeps arrows, letters and digits, nothing else", () => {
    for (const key of ["ArrowUp", "ArrowDown", "k", "2"]) assert.ok(ofSelect(key), key);
    for (const key of [" ", "PageUp", "PageDown", "Home", "End", "]", "?"]) assert.ok(!ofSelect(key), key);
});
