import assert from "node:assert/strict";
import { test } from "node:test";

import { actionFor, BINDINGS, ofSelect } from "../../static/js/ui/keys.js";
import { toldOf } from "../../static/js/ui/keyhelp.js";

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

test("the help tells of every key, by what is written on it", () => {
    const told = BINDINGS.map((binding) => toldOf(binding));
    assert.ok(told.every(({ shown, words }) => shown.length && words));
    const shown = (action) => toldOf(BINDINGS.find((binding) => binding.action === action)).shown;
    assert.deepEqual(shown("onFar"), ["Shift", "\u2192"]);
    assert.deepEqual(shown("backMark"), ["Shift", "N"]);
    assert.deepEqual(shown("narrower"), ["+"]);
});
