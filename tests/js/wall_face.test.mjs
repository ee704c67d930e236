import assert from "node:assert/strict";
import { test } from "node:test";

import { Bed } from "../../static/js/wall/bed.js";
import { faceOf } from "../../static/js/wall/face.js";

const PLAN = {
    label: "Bed 1", pseudonym: "PX-17", record: "100-pq", kind: "stored", at: "shared", fs: 360,
    leads: [{ name: "MLII", unit: "mV", gain: 200, baseline: 1024, kind: "ecg" }],
};
const WALL = { mm_per_s: 25, mm_per_mv: 10 };
const truth = (more) => ({ word: "REPLAY", dim: false, valid: true, age: 0.1, pictured: true, aged: true, declared: true, ...more });
const face = (of, { privacy = false, trouble = null } = {}) =>
    faceOf(new Bed(PLAN, 0), truth(of), { wall: WALL, privacy, now: 0, trouble });

test("a tile names the bed, the paper and, where it may, the rest", () => {
    const open = face({});
    assert.equal(open.label, "Bed 1");
    assert.equal(open.under, "PX-17");
    assert.deepEqual([...open.paper, ...open.source], ["25 mm/s", "10 mm/mV", "100-pq"]);
    assert.equal(open.since, "age 0.1 s");
    assert.deepEqual([open.banner, open.rate], ["", "---"]);
});

test("private, it names the bed alone, whatever happens", () => {
    for (const word of ["REPLAY", "STALE", "NO DATA", "LOADING"]) {
        const said = JSON.stringify(face({ word }, { privacy: true, trouble: "No connection to the server" }));
        assert.doesNotMatch(said, /PX-17|100-pq/);
        assert.match(said, /Bed 1/);
    }
});

test("what is not of now says so over the trace, with its age and why", () => {
    const stale = face({ word: "STALE", age: 2.3, dim: true, valid: false, declared: false }, { trouble: "No connection to the server" });
    assert.equal(stale.banner, "STALE 2 s");
    assert.equal(stale.detail, "No connection to the server");
    assert.equal(face({ word: "NO DATA", age: 61, declared: true }).banner, "NO DATA 61 s");
    assert.equal(face({ word: "NO DATA", age: 61, declared: true }).detail, "no signal");
    // Its record was taken away: it had a signal once.
    assert.equal(face({ word: "NO DATA", age: 61, pictured: false }).banner, "NO DATA 61 s");
    // Counted from what? There never was a sample.
    assert.equal(face({ word: "NO DATA", age: 61, pictured: false, aged: false }).banner, "NO DATA");
    assert.equal(face({ word: "NO DATA", age: 61, declared: false }).detail, "No word from the server");
});
