import assert from "node:assert/strict";
import { test } from "node:test";

import { middleOf } from "../../static/js/net/middles.js";
import { asStored, baseOf, channelFor, Channels, lineOf } from "../../static/js/signal/channels.js";
import { standardOf } from "../../static/js/signal/names.js";
import { Ring } from "../../static/js/signal/ring.js";
import { leadsFor, planOf } from "../../static/js/view/sheets.js";

const lead = (name, more = {}) => ({ name, unit: "mV", gain: 200, baseline: 0, kind: "ecg", fs: 500, ...more });

function ringOf(...values) {
    const ring = new Ring(values[0].length, values.length, 0);
    ring.append(0, values.map((one) => Float64Array.from(one)));
    return ring;
}

test("names in other spellings are the standard leads, and a modified lead is told from the real one", () => {
    for (const name of ["aVR", "AVR", "avr", "lead_aVR", "ECG aVR", "MDC_ECG_LEAD_AVR", "EKG aVR"]) {
        assert.deepEqual(standardOf(name), { lead: "aVR", modified: false }, name);
    }
    assert.deepEqual(standardOf("DII"), { lead: "II", modified: false });
    assert.deepEqual(standardOf("MLII"), { lead: "II", modified: true });
    for (const name of ["ABP", "V7", "IIII", "ECG", "V1 filtered"]) assert.equal(standardOf(name), null, name);
});

test("limb leads follow from I and II in millivolts, whatever these are stored in", () => {
    const leads = [lead("I", { gain: 200, baseline: 10 }), lead("II", { unit: "uV", gain: 1, baseline: 0 })];
    // I = 0.5 and -0.1 mV, II = 1.2 and 0.3 mV.
    const ring = ringOf([110, -10], [1200, 300]);
    const expected = { III: [0.7, 0.4], aVR: [-0.85, -0.1], aVL: [-0.1, -0.25], aVF: [0.95, 0.35], "-aVR": [0.85, 0.1] };
    for (const [name, values] of Object.entries(expected)) {
        const channel = channelFor(name, leads);
        assert.equal(channel.derived, true, name);
        assert.deepEqual([channel.unit, channel.gain, channel.baseline], ["mV", 1, 0]);
        const lines = new Channels(ring, leads, [channel]);
        values.forEach((value, i) => assert.ok(Math.abs(lines.at(0, i) - value) < 1e-12, `${name} ${i}`));
    }
});

test("a stored lead is drawn as it is stored, and none is derived that is there", () => {
    const leads = [lead("I"), lead("II"), lead("avf")];
    const channel = channelFor("aVF", leads);
    assert.equal(channel.derived, false);
    assert.equal(channel.alias, "avf");
    assert.equal(new Channels(ringOf([1, 2], [3, 4], [5, 6]), leads, [channel]).at(0, 1), 6);
});

test("nothing is derived from a modified lead, from units that are no voltage, or across a gap", () => {
    assert.equal(channelFor("III", [lead("I"), lead("MLII")]), null);
    assert.equal(channelFor("III", [lead("I"), lead("II", { unit: null })]), null);
    const leads = [lead("I"), lead("II")];
    const lines = new Channels(ringOf([1, NaN, 3, 4], [1, 2, NaN, 4]), leads, [channelFor("III", leads)]);
    assert.ok(Number.isNaN(lines.at(0, 1)) && Number.isNaN(lines.at(0, 2)));
    assert.equal(lines.at(0, 3), 0);
    assert.deepEqual(lines.runs(0), [{ start: 1, stop: 3 }]);
});

const TWELVE = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"].map((name) => lead(name));

test("a 3x4 page has time running on from column to column, and its rhythm strip along all of it", () => {
    const { rows, cells, channels } = planOf("3x4+1R", TWELVE);
    assert.equal(rows, 4);
    const named = cells.map(({ channel, row, from, to }) => [channels[channel].name, row, from, to]);
    assert.deepEqual(named.slice(0, 4), [["I", 0, 0, 0.25], ["aVR", 0, 0.25, 0.5], ["V1", 0, 0.5, 0.75], ["V4", 0, 0.75, 1]]);
    assert.deepEqual(named.at(-1), ["II", 3, 0, 1]);
});

test("Cabrera's order goes round the heart, with aVR turned over", () => {
    const { cells, channels } = planOf("cabrera", TWELVE);
    const limbs = cells.filter(({ from }) => from === 0).map(({ channel }) => channels[channel]);
    assert.deepEqual(limbs.map(({ name }) => name), ["aVL", "I", "-aVR", "II", "aVF", "III"]);
    assert.equal(limbs[2].derived, false);
    assert.equal(limbs[2].inverted, true);
    const lines = new Channels(ringOf(...TWELVE.map((_, i) => [i * 200])), TWELVE, [limbs[2]]);
    assert.equal(lines.at(0, 0), -3);
});

test("what a layout lacks is named, and two leads make six", () => {
    const two = [lead("I"), lead("II")];
    const { cells } = planOf("12x1", two);
    assert.deepEqual(cells.filter(({ channel }) => channel === null).map(({ name }) => name), ["V1", "V2", "V3", "V4", "V5", "V6"]);
    assert.deepEqual(leadsFor("12x1", two, 500), ["I", "II"]);
    assert.equal(leadsFor("12x1", [lead("ABP", { kind: "abp" })], 500), null);
    assert.deepEqual(leadsFor("rhythm1", TWELVE, 500), ["II"]);
    assert.deepEqual(leadsFor("rhythm3", [lead("MLII"), lead("V5")], 500), ["MLII", "V5"]);
    assert.equal(leadsFor("rows", TWELVE, 500), null);
});

test("a lead far from 0 mV is drawn around a round number of them, and what is derived of it too", () => {
    const leads = [lead("I", { gain: 1000, baseline: 0 }), lead("II", { gain: 200, baseline: 100 })];
    const groups = [{
        leads: ["I", "II"],
        // Millivolts: I about 4.8 with one artefact, II about 1.4.
        low: [Float64Array.from([4600, 4500, -9000, 4700, NaN]), Float64Array.from([340, 350, 360, 370, NaN])],
        high: [Float64Array.from([5000, 5100, 9000, 4900, NaN]), Float64Array.from([420, 410, 400, 390, NaN])],
    }];
    const middles = leads.map((one) => middleOf(one, groups));
    assert.deepEqual(middles.map((middle) => Number(middle.toFixed(9))), [4.8, 1.4]);
    const base = (name) => baseOf(channelFor(name, leads), (at) => middles[at]);
    assert.equal(base("I"), 5);
    assert.equal(base("II"), 0);
    assert.equal(base("III"), -3);
    assert.equal(middleOf(lead("V9"), groups), 0);
});

test("a line is found by the name its lead is stored under, or else by the one it is shown under", () => {
    const stored = [lead("ii"), lead("MLII"), lead("aVR"), lead("I")];
    const channels = ["II", "-aVR", "III"].map((name) => channelFor(name, stored)).filter((channel) => channel !== null);
    assert.equal(lineOf("ii", channels), 0);
    assert.equal(lineOf("II", channels), 0);
    assert.equal(lineOf("-aVR", channels), 1);
    assert.equal(lineOf("III", channels), 2);
    // Turned over it is another line.
    assert.equal(lineOf("aVR", channels), -1);
    // A stored lead comes before one that is shown under its name.
    const modified = [lead("MLII")];
    const two = [channelFor("II", modified), asStored(lead("II"), 1)];
    assert.equal(lineOf("II", two), 1);
    assert.equal(lineOf("MLII", two), 0);
});

test("a lead that follows from two real ones comes before a modified one in its place, as on the printed page", () => {
    const leads = [lead("I"), lead("II"), lead("MLIII")];
    assert.equal(channelFor("III", leads).derived, true);
    assert.equal(channelFor("III", [lead("I"), lead("MLIII")]).alias, "MLIII");
});
