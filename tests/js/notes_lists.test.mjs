import assert from "node:assert/strict";
import { test } from "node:test";

import { EVERYTHING, filtered, neighbour, paged, pageOf, tagsOf } from "../../static/js/notes/filter.js";
import { COMMON, GROUPS, symbolFor } from "../../static/js/notes/palette.js";
import { SYMBOLS } from "../../static/js/texts/annotations.js";

const note = (id, sample, symbol, more = {}) => ({ id, sample, symbol, aux_note: "", tags: [], author: "ann", set: "notes", lead: "II", ...more });
const NOTES = [
    note("a", 10, "V"), note("b", 20, '"', { aux_note: "Artefact of motion", lead: "V1", tags: ["check"] }),
    note("c", 20, "+", { aux_note: "(AFIB", lead: null, author: "bob" }), note("d", 30, "N"),
];
const ids = (wanted) => filtered(NOTES, { ...EVERYTHING, ...wanted }).map(({ id }) => id).join("");

test("a list shows what all words are found in, of the kind and the lead that are wanted", () => {
    assert.equal(ids({}), "abcd");
    assert.equal(ids({ text: "MOTION artefact" }), "b");
    assert.equal(ids({ text: "motion bob" }), "");
    assert.equal(ids({ text: "check" }), "b");
    assert.equal(ids({ text: "afib" }), "c");
    assert.equal(ids({ text: "premature ventricular" }), "a");
    assert.equal(ids({ kind: "beats" }), "a");
    assert.equal(ids({ kind: "rhythm" }), "c");
    assert.equal(ids({ kind: "comments" }), "b");
    assert.equal(ids({ lead: "V1" }), "bc");
});

test("the next one is beside the one chosen, also at the same sample, or else beyond the place", () => {
    const at = (from, way) => neighbour(NOTES, from, way)?.id ?? null;
    assert.equal(at({ id: "b", sample: 20 }, 1), "c");
    assert.equal(at({ id: "b", sample: 20 }, -1), "a");
    assert.equal(at({ id: null, sample: 20 }, 1), "d");
    assert.equal(at({ id: null, sample: 20 }, -1), "a");
    assert.equal(at({ id: "d", sample: 30 }, 1), null);
    assert.equal(at({ id: "gone", sample: 5 }, -1), null);
});

test("a long list is in pages, of which there is always one", () => {
    assert.deepEqual(paged(NOTES, 3, 1), { rows: [NOTES[3]], page: 1, pages: 2 });
    assert.equal(paged(NOTES, 3, 9).page, 1);
    assert.deepEqual(paged([], 3, 0), { rows: [], page: 0, pages: 1 });
    assert.deepEqual([0, 20, 25, 99].map((sample) => pageOf(NOTES, 2, sample)), [0, 0, 1, 1]);
    assert.equal(pageOf([], 2, 5), 0);
});

test("tags are what stands between commas, each once", () => {
    assert.deepEqual(tagsOf(" check, AF ,,check, two words "), ["check", "AF", "two words"]);
    assert.deepEqual(tagsOf(" , "), []);
});

test("the palette has every symbol of WFDB once, the common ones among them", () => {
    const all = Object.values(GROUPS).flat();
    assert.deepEqual([...all].sort(), Object.keys(SYMBOLS).sort());
    assert.ok(COMMON.every((symbol) => all.includes(symbol)));
});

test("a key is the symbol that it types, with AltGr too, but for those that stay the viewer's", () => {
    const key = (typed, more = {}) => symbolFor({ key: typed, ctrlKey: false, metaKey: false, altKey: false, ...more });
    assert.equal(key("V"), "V");
    assert.notEqual(key("a"), key("A"));
    assert.equal(key("["), "[");
    assert.equal(key("[", { ctrlKey: true, altKey: true, getModifierState: (name) => name === "AltGraph" }), "[");
    for (const typed of ["?", "=", " ", "Enter", "ArrowLeft", "5", "k", "constructor"]) assert.equal(key(typed), null, typed);
    assert.equal(key("n", { ctrlKey: true }), null);
});
