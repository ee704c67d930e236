// Where the findings of a whole record are, in the samples that are shown.

import assert from "node:assert/strict";
import { test } from "node:test";

import { checkedRuns, spansAt } from "../../static/js/signal/checked.js";

const check = (more) => ({ kind: "hum", level: "warning", leads: ["II"], detail: "50 Hz", fs: 250, spans: [[0, 2500]], left_out: 0, ...more });
/** @param {any[]} findings @returns {any} */
const checks = (...findings) => ({ findings });

test("a span is where it is at another rate, and never empty", () => {
    assert.deepEqual(spansAt({ spans: [[0, 2500], [2501, 2502]], fs: 250 }, 1000), [{ start: 0, stop: 10000 }, { start: 10004, stop: 10008 }]);
    assert.deepEqual(spansAt({ spans: [[5, 6]], fs: 1000 }, 1), [{ start: 0, stop: 1 }]);
});

test("findings of leads that are shown have their places, and those of others have none", () => {
    const found = checkedRuns(checks(check({}), check({ leads: ["V5"] })), ["II"], 500);
    assert.deepEqual(found, [{ start: 0, stop: 5000, lead: "II", kind: "hum", detail: "50 Hz" }]);
});

test("a finding of several leads is told of each that is shown, once", () => {
    const both = check({ kind: "duplicate", leads: ["V1", "V2"] });
    assert.equal(checkedRuns(checks(both), ["V1", "V2"], 250).length, 1);
    assert.equal(checkedRuns(checks(both), ["V2"], 250)[0].lead, "V1, V2");
});

test("what the leads shown are asked for by themselves is not told twice", () => {
    for (const kind of ["missing", "flat", "saturated", "unreadable"]) {
        assert.deepEqual(checkedRuns(checks(check({ kind })), ["II"], 250), []);
    }
});

test("a finding of no place, and a record that nobody looked over, have no runs", () => {
    assert.deepEqual(checkedRuns(checks(check({ kind: "unit", spans: [] })), ["II"], 250), []);
    assert.deepEqual(checkedRuns(null, ["II"], 250), []);
});
