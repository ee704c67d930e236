import assert from "node:assert/strict";
import test from "node:test";

import { firstLead, grouped, reviewUrl, toggled } from "../../static/js/records/model.js";

const of = (patient, record) => ({ patient, record });

test("records are put under their patients in the order they came", () => {
    const groups = grouped([of("b", "2"), of("b", "1"), of("a", "3")]);
    assert.deepEqual(
        groups.map((group) => [group.patient, group.records.map((one) => one.record)]),
        [["b", ["2", "1"]], ["a", ["3"]]],
    );
    assert.ok(groups.every((group) => !group.continued));
});

test("a patient goes on across a page, and only there", () => {
    const groups = grouped([of("a", "2"), of("b", "3"), of("a", "4")], "a");
    assert.deepEqual(groups.map((group) => group.continued), [true, false, false]);
});

test("no records make no groups", () => {
    assert.deepEqual(grouped([], "a"), []);
});

const lead = (name, kind = "ecg", fs = 500) => ({ name, kind, fs, unit: "mV", gain: 1, baseline: 0 });

test("the preview's lead is the first ECG, else the first of all", () => {
    assert.equal(firstLead({ leads: [lead("ABP", "abp"), lead("II")] })?.name, "II");
    assert.equal(firstLead({ leads: [lead("HR", "numeric")] })?.name, "HR");
    assert.equal(firstLead({ leads: [] }), undefined);
});

const twelve = { leads: [lead("I"), lead("II"), lead("V1"), lead("RESP", "resp", 125)] };

test("leads are chosen in the record's order, whatever the order of choosing", () => {
    assert.deepEqual(toggled(twelve, ["V1"], "I"), ["I", "V1"]);
    assert.deepEqual(toggled(twelve, ["I", "V1"], "I"), ["V1"]);
});

test("a lead of another rate takes the place of the others", () => {
    assert.deepEqual(toggled(twelve, ["I", "V1"], "RESP"), ["RESP"]);
    assert.deepEqual(toggled(twelve, ["RESP"], "II"), ["II"]);
});

test("a lead that the record has not is not chosen", () => {
    assert.deepEqual(toggled(twelve, ["I"], "X"), ["I"]);
});

test("the viewer's address escapes names, and says no leads where none are chosen", () => {
    assert.equal(reviewUrl("100-pq", []), "/review?record=100-pq");
    assert.equal(reviewUrl("100-pq", ["MLII", "V5"]), "/review?record=100-pq&leads=MLII,V5");
    assert.equal(reviewUrl("a", ["ECG#2", "x,y&z"]), "/review?record=a&leads=ECG%232,x%2Cy%26z");
});
