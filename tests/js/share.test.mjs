import assert from "node:assert/strict";
import { test } from "node:test";

import { measuredFor } from "../../static/js/share/calipers.js";
import { contentsOf } from "../../static/js/share/contents.js";
import { comparisonOf, disclosureOf } from "../../static/js/share/elsewhere.js";
import { addressOf, layoutFor, nearest, PDF_GAINS, pictureName, remarksOn, samplesIn, scalesFor, stopFor } from "../../static/js/share/order.js";
import { troubleOf } from "../../static/js/share/trouble.js";
import { readComparison } from "../../static/js/compare/address.js";
import { readAddress } from "../../static/js/disclosure/address.js";
import { SHARE, TROUBLE } from "../../static/js/texts/share.js";
import { writeLink } from "../../static/js/ui/link.js";
import { SHEET_NAMES } from "../../static/js/view/sheets.js";

// The link.

const LINK = {
    record: "100-pq", leads: ["II", "V 1"], at: 12345, speed: 0.25, paused: true, worker: false,
    looks: { mode: "calibrated", windowS: 15, mmPerS: 12.5, mmPerMv: 20, motion: "scroll", sheet: "3x4+1R" },
    look: { start: 3600, windowS: 7.5 }, times: { II: 2, "V 1": -0.5 }, filter: { name: "monitor", notch: 50 },
    calipers: "t_II_36_38*b_V2_1_2_0_1",
};

const contents = (view) => contentsOf(`https://ward.example/review${writeLink(view)}`, 360);

test("nothing that a link can hold is left unnamed", () => {
    for (const view of [LINK, { ...LINK, looks: { ...LINK.looks, mode: "fit" } }, { ...LINK, look: null, calipers: "", times: {} }]) {
        const items = contents(view);
        const there = [...new URLSearchParams(writeLink(view)).keys()].sort();
        assert.deepEqual(items.flatMap(({ names }) => names).sort(), there);
        for (const { what, words } of items) {
            assert.notEqual(what, SHARE.contains.other);
            assert.ok(words, what);
        }
    }
});

test("what a link holds is told in words", () => {
    const told = Object.fromEntries(contents(LINK).map(({ what, words }) => [what, words]));
    assert.deepEqual(told, {
        Server: "ward.example",
        Record: "100-pq",
        Leads: "II, V 1",
        "In sight": "from 0:00:10.0 (sample 3600) on, 7.5 s",
        Playback: "0:00:34.2 (sample 12345), at 0.25\u00d7, paused",
        Scales: "calibrated, 12.5 mm/s, 20 mm/mV, scroll",
        Layout: "3\u00d74 + 1 rhythm",
        "Lead by lead": "II \u00d72, V 1 \u00d70.5 inverted",
        Filter: "0.5\u201340 Hz + 50 Hz notch",
        Calipers: "2, in II, V2",
        Drawing: "on the page's own thread",
    });
});

test("what nobody knows in a link is told as it is, and a rate that is not known makes up no time", () => {
    const items = contentsOf("https://w/review?record=r&at=5&who=Miller&layout=odd&filter=own&calipers=x", 0);
    assert.deepEqual(items.map(({ words }) => words), ["w", "r", "sample 5", "odd", "own", "1", "who=Miller"]);
    assert.equal(items.at(-1).what, SHARE.contains.other);
});

// The file.

const lead = (name, more = {}) => ({ name, unit: "mV", gain: 200, baseline: 0, kind: "ecg", range: null, ...more });
const VIEW = {
    record: "a b/1", start: 3600, stop: 7200, length: 650000, measured: [],
    layout: { cells: [{ lead: 0 }, { lead: 1 }], leads: [lead("II"), lead("V1")], stored: ["II", "V1, x"], drawn: "samples", filtered: false, fs: 360 },
    display: { mode: "fit", mmPerS: 25, mmPerMv: 10, sheet: "rows", times: {}, filter: { name: "none", notch: null } },
};
const PDF = { format: "pdf", paper: "letter", speed: 25, gain: 10, sets: ["atr"] };
const query = (view, choice) => {
    const [path, search] = addressOf(view, choice).split("?");
    assert.equal(path, "/api/v1/records/a%20b%2F1/export");
    return [...new URLSearchParams(search)];
};

test("samples in sight are whole ones of the record", () => {
    assert.deepEqual(samplesIn({ start: 3600.4, windowS: 10 }, 360, 650000), { start: 3600, stop: 7200 });
    assert.deepEqual(samplesIn({ start: -100, windowS: 10 }, 360, 1000), { start: 0, stop: 1000 });
    assert.deepEqual(samplesIn({ start: 5000, windowS: 10 }, 360, 1000), { start: 1000, stop: 1000 });
});

test("a page is ordered with all that it is made of", () => {
    const view = { ...VIEW, display: { ...VIEW.display, filter: { name: "monitor", notch: 60 } } };
    assert.deepEqual(query(view, PDF), [
        ["format", "pdf"], ["start", "3600"], ["stop", "7200"], ["leads", "II"], ["leads", "V1, x"], ["annotations", "atr"],
        ["layout", "leads"], ["paper", "letter"], ["speed", "25"], ["gain", "10"], ["filter", "monitor+notch60"],
    ]);
});

test("samples are ordered as they are stored, whatever is on in the view", () => {
    const display = { ...VIEW.display, filter: { name: "monitor", notch: 60 }, times: { II: -2 }, sheet: "3x4+1R" };
    for (const format of ["csv", "parquet", "wfdb", "edf"]) {
        assert.deepEqual(query({ ...VIEW, display }, { ...PDF, format, sets: [] }), [
            ["format", format], ["start", "3600"], ["stop", "7200"], ["leads", "II"], ["leads", "V1, x"],
        ]);
    }
});

test("each layout of the view is one of a page", () => {
    const known = ["3x4+1R", "3x4+3R", "6x2", "12x1", "cabrera", "rhythm", "leads"];
    for (const sheet of SHEET_NAMES) {
        const { layout } = layoutFor({ ...VIEW, display: { ...VIEW.display, sheet } });
        assert.ok(known.includes(layout), sheet);
    }
    const rhythm = { ...VIEW, display: { ...VIEW.display, sheet: "rhythm2" } };
    assert.deepEqual(layoutFor(rhythm), { layout: "rhythm", rhythm: ["II", "V1"] });
    const other = { ...rhythm, layout: { ...VIEW.layout, leads: [lead("MCL1"), lead("Resp")] } };
    assert.deepEqual(layoutFor(other), { layout: "leads", rhythm: [] });
    assert.deepEqual(layoutFor({ ...VIEW, display: { ...VIEW.display, sheet: "3x4+3R" } }).rhythm, ["II", "V1", "V5"]);
});

test("a page in columns is a whole one, as far as the record goes", () => {
    const columns = { ...VIEW, stop: 3600 + 6 * 360, display: { ...VIEW.display, sheet: "3x4+1R" } };
    assert.equal(stopFor(columns, PDF), 3600 + 10 * 360);
    assert.equal(stopFor({ ...columns, stop: 7200 }, PDF), 7200);
    assert.equal(stopFor(columns, { ...PDF, speed: 50 }), 3600 + 10 * 360);
    assert.equal(stopFor(columns, { ...PDF, speed: 12.5 }), 3600 + 20 * 360);
    assert.equal(stopFor({ ...columns, length: 6000 }, PDF), 6000);
    assert.equal(stopFor(columns, { ...PDF, format: "csv" }), columns.stop);
    assert.equal(stopFor({ ...columns, display: VIEW.display }, PDF), columns.stop);
    assert.ok(remarksOn(columns, PDF).includes(SHARE.wholePage("0:00:20.0")));
});

test("scales of a page are the nearest to those of the view, and the difference is told", () => {
    assert.deepEqual(scalesFor({ ...VIEW.display, mode: "calibrated", mmPerS: 6.25, mmPerMv: 40 }), { speed: 12.5, gain: 20 });
    assert.deepEqual(scalesFor({ ...VIEW.display, mmPerS: 50 }), { speed: 25, gain: 10 });
    // By ratio: 14 is nearer to 10 than to 20.
    assert.equal(nearest(PDF_GAINS, 14), 10);
    const display = { ...VIEW.display, mode: "calibrated", mmPerS: 6.25, mmPerMv: 40 };
    const remarks = remarksOn({ ...VIEW, display }, { ...PDF, speed: 12.5, gain: 20 });
    assert.ok(remarks.includes(SHARE.otherSpeed(6.25, 12.5)));
    assert.ok(remarks.includes(SHARE.otherGain(40, 20)));
    assert.deepEqual(
        remarksOn({ ...VIEW, display: { ...display, mmPerS: 25, mmPerMv: 10 } }, PDF),
        [SHARE.layout(SHARE.leadsLayout), SHARE.unfiltered],
    );
});

test("what a file has not of the view is told", () => {
    const display = { ...VIEW.display, times: { II: -1, V1: 2 }, filter: { name: "diagnostic", notch: null } };
    const leads = [...VIEW.layout.leads, lead("III", { derived: true })];
    const view = { ...VIEW, display, layout: { ...VIEW.layout, leads, filtered: true, drawn: "envelope" }, measured: [time(1, 4000, 4400)] };
    const times = "II inverted, V1 \u00d72";
    const filter = "0.05\u2013150 Hz";
    const pdf = remarksOn(view, PDF);
    for (const one of [SHARE.timesPdf(times), SHARE.filtered(filter), SHARE.everySample, SHARE.calipersIn(1)]) assert.ok(pdf.includes(one), one);
    assert.deepEqual(remarksOn(view, { ...PDF, format: "csv" }), [
        SHARE.asStoredThough(filter), SHARE.timesSamples(times), SHARE.derived("III"), SHARE.calipersNot,
    ]);
    // A page of columns is drawn as stored here, and filtered there.
    const unfiltered = remarksOn({ ...view, layout: { ...view.layout, filtered: false } }, PDF);
    assert.ok(unfiltered.includes(SHARE.filteredThere(filter)) && !unfiltered.includes(SHARE.filtered(filter)));
    assert.deepEqual(remarksOn(view, { ...PDF, format: "png" }), [SHARE.filteredPng(filter), SHARE.timesPng(times), SHARE.envelopePng]);
    assert.deepEqual(remarksOn(VIEW, { ...PDF, format: "wfdb" }), [SHARE.asStored]);
});

test("a picture is named as the server names its files", () => {
    assert.equal(pictureName(VIEW), "a-b-1_3600-7200.png");
});

// Its calipers.

const time = (number, from, to, reason = null) => ({
    caliper: { id: number, kind: "both", lead: "II", row: 0, marks: [{ sample: from, mv: 0.1 }, { sample: to, mv: 0.2 }] },
    number, fs: 360, beat: null, reading: { ms: reason ? null : 100, bpm: null, mv: reason ? null : 0.1, reason },
});

test("calipers in sight go on a page, those out of sight and those that measure nothing are counted", () => {
    const measured = [time(1, 7100, 7300), time(2, 5100, 5000), time(3, 7200, 7300), time(4, 100, 3599), time(5, 4000, 4400, "gap")];
    const { drawn, left } = measuredFor({ ...VIEW, measured });
    assert.deepEqual(drawn.map(({ from, to }) => [from, to]), [[7100, 7300], [5100, 5000]]);
    assert.equal(left, 3);
    assert.deepEqual(drawn[1], { lead: "II", from: 5100, to: 5000, fromMv: 0.1, toMv: 0.2, text: "100 ms \u00b7 +0.10 mV" });
    const said = query({ ...VIEW, measured }, PDF).find(([name]) => name === "caliper");
    assert.deepEqual(JSON.parse(said[1]), drawn);
    assert.ok(remarksOn({ ...VIEW, measured }, PDF).includes(SHARE.calipersOut(3)));
});

test("more calipers than a page takes are left out whole, and counted", () => {
    const measured = Array.from({ length: 53 }, (_, i) => time(i + 1, 4000 + i, 4100 + i));
    const { drawn, left } = measuredFor({ ...VIEW, measured });
    assert.deepEqual([drawn.length, left], [50, 3]);
});

// Other pages, and what goes wrong.

const HERE = { record: "r", leads: ["II", "V1"], start: 3600, stop: 7200, fs: 360, shown: 72000, mmPerMv: 20 };

test("what is in sight is compared with what is played, or with what came before it", () => {
    const apart = readComparison(comparisonOf(HERE).split("/compare")[1]);
    assert.deepEqual([apart.one, apart.other.start, apart.spanS, apart.gain], [{ record: "r", leads: "II,V1", start: 3600 }, 68400, 10, 20]);
    const start = (here) => readComparison(comparisonOf({ ...HERE, ...here }).split("/compare")[1]).other.start;
    assert.equal(start({ shown: 7200, start: 3700, stop: 7300 }), 100);
    assert.equal(start({ shown: 7200 }), 0);
    assert.equal(start({ shown: 3600, start: 0, stop: 3600 }), 3600);
});

test("full disclosure opens at the lead and sample in sight", () => {
    const address = readAddress(disclosureOf({ ...HERE, leads: ["V1, x"] }).split("/disclosure")[1]);
    assert.deepEqual([address.record, address.lead, address.at], ["r", "V1, x", 3600]);
});

test("each refusal says why and what to do", () => {
    const trouble = (status, message = "Too much.", retryAfterS = null) => troubleOf({ status, message, retryAfterS }, false);
    assert.deepEqual(trouble(413), { words: `The server says: Too much. ${TROUBLE.large}`, login: false });
    assert.ok(trouble(501).words.endsWith(TROUBLE.missing));
    assert.ok(trouble(422).words.endsWith(TROUBLE.unfit));
    assert.ok(trouble(503, "busy", 5).words.endsWith("Try again in 5 seconds."));
    assert.ok(trouble(503, "busy").words.endsWith("Try again in a moment."));
    assert.ok(trouble(500).words.endsWith(TROUBLE.server));
    assert.ok(trouble(404).words.endsWith(TROUBLE.gone));
    assert.deepEqual(trouble(401), { words: TROUBLE.login, login: true });
    assert.equal(trouble(403).words, TROUBLE.forbidden);
    assert.equal(trouble(0).words, TROUBLE.offline);
    assert.equal(troubleOf({ status: 0, message: "", retryAfterS: null }, true).words, TROUBLE.broken);
});
