import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

import { ageWords, numberWords, truthOf } from "../../static/js/wall/truth.js";

const FRESH = { live: false, refused: false, pictured: true, age: 0.1, declared: true };
const word = (signs) => truthOf({ ...FRESH, ...signs }).word;

test("a word for every age", () => {
    assert.equal(word({}), "REPLAY");
    assert.equal(word({ live: true }), "LIVE");
    assert.equal(word({ age: 1.79 }), "REPLAY");
    assert.equal(word({ age: 1.8, declared: false }), "STALE");
    assert.equal(word({ age: 4.49, declared: false }), "STALE");
    assert.equal(word({ age: 4.5, declared: false }), "NO DATA");
});

test("what the source itself says is not there is no matter of the line", () => {
    assert.equal(word({ age: 1.8, declared: true }), "NO DATA");
});

test("loading is not for ever", () => {
    assert.equal(word({ pictured: false, age: 4.4 }), "LOADING");
    assert.equal(word({ pictured: false, age: 4.5 }), "NO DATA");
    assert.equal(word({ refused: true }), "NO DATA");
});

test("the trace is dim and no number stands whenever the picture is not of now", () => {
    for (const age of [1.8, 3, 10, 1e6]) {
        for (const declared of [true, false]) {
            const { dim, valid } = truthOf({ ...FRESH, age, declared });
            assert.deepEqual([dim, valid], [true, false]);
        }
    }
    assert.deepEqual([truthOf(FRESH).dim, truthOf(FRESH).valid], [false, true]);
});

test("a number is shown while it is valid, fresh and the picture is of now", () => {
    const said = { value: 71.6, at: 10 };
    assert.equal(numberWords(said, truthOf(FRESH), 12), "72");
    assert.equal(numberWords(said, truthOf(FRESH), 20), "---");
    assert.equal(numberWords({ value: null, at: 10 }, truthOf(FRESH), 11), "---");
    assert.equal(numberWords(null, truthOf(FRESH), 11), "---");
    assert.equal(numberWords(said, truthOf({ ...FRESH, age: 2 }), 11), "---");
});

test("ages are read at a glance", () => {
    const all = [0, 0.26, 1.9, 61, 100, 3599, 3600, 90_000, 200_000].map(ageWords);
    assert.deepEqual(all, ["0.0 s", "0.2 s", "1 s", "61 s", "1 min 40 s", "59 min 59 s", "1 h 00 min", "25 h 00 min", "2 days"]);
});

test("nothing of the picture asks the clock on the wall, but dimming", async () => {
    const folder = new URL("../../static/js/wall/", import.meta.url);
    for (const name of await readdir(folder)) {
        const text = await readFile(new URL(name, folder), "utf8");
        if (name !== "kiosk.js") assert.doesNotMatch(text, /\bDate\b/, name);
    }
});
