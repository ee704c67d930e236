import assert from "node:assert/strict";
import { test } from "node:test";

import { forgetScreen, keepLooks, keepPrivacy, keepScreen, recallLooks, recallPrivacy, recallScreen } from "../../static/js/ui/memory.js";
import { NOMINAL_CSS_PX_PER_MM } from "../../static/js/view/geometry.js";

function store() {
    const kept = new Map();
    return {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => void kept.set(key, value),
        removeItem: (key) => void kept.delete(key),
    };
}
const FORBIDDEN = {
    getItem() { throw new Error("forbidden"); },
    setItem() { throw new Error("forbidden"); },
    removeItem() { throw new Error("forbidden"); },
};
const HERE = { dpr: 2, width: 3840, height: 2160 };

test("names that were hidden stay hidden", () => {
    const mine = store();
    assert.equal(recallPrivacy(mine), false);
    keepPrivacy(mine, true);
    assert.equal(recallPrivacy(mine), true);
    keepPrivacy(mine, false);
    assert.equal(recallPrivacy(mine), false);
    keepPrivacy(FORBIDDEN, true);
    assert.equal(recallPrivacy(FORBIDDEN), false);
});

test("looks are remembered", () => {
    const mine = store();
    assert.deepEqual(recallLooks(mine), {});
    const looks = { mode: "calibrated", windowS: 30, mmPerS: 50, mmPerMv: 5, motion: "scroll" };
    keepLooks(mine, { mmPerMv: 5, motion: "scroll" });
    assert.deepEqual(recallLooks(mine), { mmPerMv: 5, motion: "scroll" });
    keepLooks(mine, { ...looks, cssPxPerMm: 3 });
    assert.deepEqual(recallLooks(mine), looks);
});

test("a screen measured once stays measured when the page is zoomed", () => {
    const mine = store();
    assert.deepEqual(recallScreen(mine, HERE), { cssPxPerMm: NOMINAL_CSS_PX_PER_MM, measured: false });
    keepScreen(mine, HERE, 4.5);
    assert.deepEqual(recallScreen(mine, HERE), { cssPxPerMm: 4.5, measured: true });
    const zoomed = recallScreen(mine, { dpr: 3, width: 3843, height: 2160 });
    assert.deepEqual(zoomed, { cssPxPerMm: 3, measured: true });
});

test("another screen is not the one that was measured", () => {
    const mine = store();
    keepScreen(mine, HERE, 4.5);
    assert.equal(recallScreen(mine, { dpr: 1, width: 1920, height: 1080 }).measured, false);
    forgetScreen(mine);
    assert.equal(recallScreen(mine, HERE).measured, false);
});

test("a browser that forbids storage, or holds nonsense, has no memory and no fault", () => {
    assert.deepEqual(recallLooks(FORBIDDEN), {});
    keepLooks(FORBIDDEN, { mode: "fit" });
    forgetScreen(FORBIDDEN);
    const odd = store();
    odd.setItem("ecgstream.looks", "{not json");
    odd.setItem("ecgstream.screen", JSON.stringify({ pxPerMm: -1, width: 3840, height: 2160 }));
    assert.deepEqual(recallLooks(odd), {});
    assert.equal(recallScreen(odd, HERE).measured, false);
});
