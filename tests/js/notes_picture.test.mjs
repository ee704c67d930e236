import assert from "node:assert/strict";
import { test } from "node:test";

import { markSet, markText, noteAt, noteLayer } from "../../static/js/notes/hits.js";
import { idOf } from "../../static/js/notes/note.js";
import { byWords, clashWords, mineWords, noteWords } from "../../static/js/notes/words.js";
import { doingOf } from "../../static/js/ui/notekeys.js";
import { leadOf } from "../../static/js/ui/noteplaces.js";
import { formatOf, setOf } from "../../static/js/ui/notefiles.js";

const note = (id, sample, more = {}) => ({
    id, set: "notes", sample, stop: null, lead: "II", symbol: "V", aux_note: "", tags: [], author: "ann", editor: "ann", time: 0, edited: 0,
    version: 1, deleted: false, otherSamples: false, pending: false, away: false, conflict: null, subtype: 0, num: 0, ...more,
});
const NOTES = [note("a", 100), note("b", 200, { lead: null, symbol: "+", aux_note: "(AFIB", stop: 400 }), note("c", 204, { lead: "V1" })];

test("a click means the nearest side of a mark of its lead, or of all leads, within reach", () => {
    const hit = (sample, lead, reach = 10) => noteAt(NOTES, { sample, lead }, reach)?.id ?? null;
    assert.equal(hit(104, "II"), "a");
    assert.equal(hit(104, "V1"), null);
    assert.equal(hit(111, "II"), null);
    assert.equal(hit(203, "V1"), "c");
    assert.equal(hit(203, "II"), "b");
    assert.equal(hit(395, "V1"), "b");
    // Within a stretch another point may be set.
    assert.equal(hit(300, "V1"), null);
    assert.equal(hit(104, null), "a");
});

test("a set is drawn as a layer, at the rate that is shown, with what is not saved marked so", () => {
    const layer = noteLayer(
        [...NOTES, note("d", 500, { pending: true }), note("e", 600, { symbol: '"', tags: ["check"], away: true }), note("f", 700, { deleted: true })],
        { by: 2, colour: "note", order: 30, chosen: "c" },
    );
    assert.deepEqual([...layer.sample], [200, 400, 408, 1000, 1200]);
    assert.deepEqual([...layer.stop], [NaN, 800, NaN, NaN, NaN]);
    assert.deepEqual([...layer.label].map((at) => layer.labels[at]), ["V", "AFIB", "V", "V \u2026", "#check \u26a0"]);
    assert.deepEqual([...layer.lead].map((at) => layer.leads[at] ?? null), ["II", null, "V1", "II", "II"]);
    assert.equal(layer.emphasis, 2);
    assert.deepEqual(layer.looks[layer.label[1]], { colour: "note", shape: "flag" });
    assert.equal(noteLayer([], { by: 1, colour: "note", order: 1, chosen: null }).sample.length, 0);
});

test("beside a mark stands what says most", () => {
    assert.equal(markText(note("x", 1)), "V");
    assert.equal(markText(note("x", 1, { aux_note: "couplet" })), "V couplet");
    assert.equal(markText(note("x", 1, { symbol: '"', aux_note: "noise" })), "noise");
    assert.equal(markText(note("x", 1, { symbol: '"' })), '"');
});

test("the overview and the jumps have the same as a set", () => {
    const set = markSet("notes", [...NOTES, note("f", 700, { deleted: true })], ["II", "V1"]);
    assert.deepEqual([[...set.sample], [...set.chan]], [[100, 200, 204], [0, -1, 1]]);
    assert.deepEqual([...set.symbol].map((at) => set.symbols[at]), ["V", "+", "V"]);
    assert.deepEqual([...set.note].map((at) => set.notes[at]), ["", "(AFIB", ""]);
});

test("an annotation is told with its place, its lead, and who wrote it when", () => {
    assert.equal(noteWords(NOTES[1], 100), "Rhythm change AFIB, 0:00:02.000 for 2 s, all leads");
    assert.equal(byWords(note("x", 1, { time: 1.6e9 })), "ann, 2020-09-13 12:26:40 UTC");
    assert.match(byWords(note("x", 1, { editor: "bob", edited: 1.6e9 + 60, version: 3 })), /^ann, .*; changed by bob, 2020-09-13 12:27:40 UTC, version 3$/);
});

test("a conflict is told field by field, what they did and what was not taken", () => {
    const conflict = {
        mine: { sample: 150, tags: ["a", "b"] }, by: "bob",
        differences: [{ field: "symbol", from: "V", to: "N" }, { field: "lead", from: "II", to: null }, { field: "aux_note", from: "", to: "x" }],
    };
    assert.deepEqual(clashWords(conflict, 100), ["symbol: V  Premature ventricular contraction \u2192 N  Normal beat", "lead: II \u2192 all leads", "text: none \u2192 x"]);
    assert.equal(mineWords(conflict, 100), "Yours was not taken: sample 0:00:01.500, tags a, b");
    assert.deepEqual(clashWords({ differences: [{ field: "deleted", from: false, to: true }] }, 100), ["it was deleted"]);
    assert.equal(mineWords({ mine: { deleted: true } }, 100), "Yours was not taken: delete it");
});

test("keys do what they do where the focus has no use for them itself", () => {
    const press = (key, on, more = {}, symbols = true) => doingOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more }, on, symbols);
    assert.deepEqual(press("V", "elsewhere"), { act: "symbol", symbol: "V" });
    assert.equal(press("V", "elsewhere", {}, false), null);
    assert.deepEqual(press("Enter", "elsewhere"), { act: "place" });
    assert.deepEqual(press("Enter", "handle"), { act: "write" });
    assert.equal(press("Enter", "button"), null);
    assert.deepEqual(press("ArrowLeft", "handle", { shiftKey: true }), { act: "move", samples: -10 });
    assert.equal(press("ArrowLeft", "elsewhere"), null);
    assert.deepEqual(press("z", "handle", { ctrlKey: true }), { act: "undo" });
    assert.deepEqual(press("Z", "button", { ctrlKey: true, shiftKey: true }), { act: "redo" });
    assert.deepEqual(press("y", "elsewhere", { metaKey: true }), { act: "redo" });
    assert.equal(press("z", "field", { ctrlKey: true }), null);
    assert.equal(press("Delete", "field"), null);
    assert.deepEqual(press("Delete", "handle"), { act: "remove" });
    assert.equal(press("n", "select"), null);
    assert.equal(press(" ", "elsewhere"), null);
    assert.equal(press("f", "elsewhere", { ctrlKey: true }), null);
    assert.deepEqual(press("<", "elsewhere", { shiftKey: true }), { act: "before" });
});

test("a line of the picture is the lead that is stored, or none where it follows from others", () => {
    const line = { kind: "ecg", derived: false, inverted: false, alias: null };
    assert.equal(leadOf({ ...line, name: "II" }), "II");
    assert.equal(leadOf({ ...line, name: "II", alias: "MLII" }), "MLII");
    assert.equal(leadOf({ ...line, name: "-aVR", inverted: true }), "aVR");
    assert.equal(leadOf({ ...line, name: "aVF", derived: true }), null);
});

test("a file says by its name what it is, and which set it may be", () => {
    assert.deepEqual(["a.parquet", "b.CSV", "c.json", "100.atr", "100.qrs"].map(formatOf), ["parquet", "csv", "json", "wfdb", "wfdb"]);
    assert.deepEqual(["my notes (2).csv", "100.atr", "...json", "100.x y"].map(setOf), ["my-notes-2-", "atr", "notes", "x-y"]);
});

test("an id is a random UUID", () => {
    assert.equal(idOf(new Uint8Array(16).fill(255)), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert.equal(idOf(new Uint8Array(16)), "00000000-0000-4000-8000-000000000000");
});
