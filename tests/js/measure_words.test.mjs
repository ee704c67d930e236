import assert from "node:assert/strict";
import { test } from "node:test";

import { readingOf } from "../../static/js/measure/calipers.js";
import { readCalipers, writeCalipers } from "../../static/js/measure/link.js";
import { beatOf } from "../../static/js/measure/qt.js";
import {
    copyWords, forPage, labelLines, markLetter, markName, mvWords, placeWords, spokenWords, tableRows,
} from "../../static/js/measure/words.js";
import { FS, mark, MARKS, PERIOD } from "./measure_beat.mjs";

const P = 100 + PERIOD;
const BEAT = [P, P + MARKS.q, P + MARKS.j, P + MARKS.t, P + MARKS.r - PERIOD, P + MARKS.r].map((sample) => mark(sample));

/** As the sheet tells it. */
function measured(kind, marks, holes = [], number = 1) {
    const caliper = { id: number, kind, lead: "II", marks, row: null };
    const guide = kind === "qt";
    return {
        caliper, number, fs: FS, drawn: { filter: "", times: 1 },
        reading: guide ? null : readingOf(caliper, FS, holes),
        beat: guide ? beatOf(marks, FS, holes) : null,
    };
}

const SUBJECT = { record: "100-pq", patient: null, startTime: 0, zone: "UTC" };
const MINUS = "\u2212";

test("a caliper says its numbers in a line or two", () => {
    assert.deepEqual(labelLines(measured("time", [mark(195), mark(595)])), ["800 ms \u00b7 75 bpm"]);
    assert.deepEqual(labelLines(measured("amplitude", [mark(195, 1.2), mark(212, -0.3)])), [`${MINUS}1.50 mV`]);
    assert.deepEqual(labelLines(measured("both", [mark(180, -0.1), mark(195, 1.2)])), ["30 ms", "+1.30 mV"]);
    assert.deepEqual(labelLines(measured("time", [mark(195), mark(595)], [{ start: 300, stop: 301 }])), ["gap between"]);
});

test("a rate is told of what can be one", () => {
    const line = (ms) => labelLines(measured("time", [mark(0), mark(ms / 2)]))[0];
    assert.equal(line(148), "148 ms");
    assert.equal(line(150), "150 ms \u00b7 400 bpm");
    assert.equal(line(6000), "6000 ms \u00b7 10 bpm");
    assert.equal(line(6002), "6002 ms");
    const copied = copyWords(SUBJECT, [measured("time", [mark(195), mark(595)])]);
    assert.match(copied, /\n {3}75\.0 bpm = 60,000 \/ 800\.0\n/);
});

test("the guide says its intervals and each QTc by its letter", () => {
    assert.deepEqual(labelLines(measured("qt", BEAT)), [
        "PR 160 \u00b7 QRS 90 \u00b7 QT 400 ms", "RR 800 ms \u00b7 75 bpm", "QTc B 447 \u00b7 F 431 \u00b7 Fr 431 \u00b7 H 426 ms",
    ]);
    const half = BEAT.map((one, i) => (i < 3 ? one : null));
    assert.deepEqual(labelLines(measured("qt", half)), ["PR 160 \u00b7 QRS 90 ms"]);
    assert.equal(spokenWords(measured("qt", half.map(() => null))), "nothing to measure");
});

test("the table names each formula and the beats of its RR", () => {
    const rows = tableRows(measured("qt", BEAT));
    assert.deepEqual(rows.map(({ what }) => what), ["PR", "QRS", "QT", "RR", "QTc Bazett", "QTc Fridericia", "QTc Framingham", "QTc Hodges"]);
    assert.equal(rows[3].how, "75 bpm, from the beat before to the beat measured");
    assert.equal(rows[4].value, "447 ms");
    assert.equal(rows[4].how, "QT / \u221a(RR / 1 s)");
    const none = tableRows(measured("qt", BEAT.with(5, null)));
    assert.deepEqual(none.at(-1), { what: "QTc", value: "not set", how: "" });
});

test("a height has a sign unless it is nothing", () => {
    assert.equal(mvWords(0.004), "0.00");
    assert.equal(mvWords(-0.004), "0.00");
    assert.equal(mvWords(-0.006), `${MINUS}0.01`);
    assert.equal(mvWords(1.2, 3), "+1.200");
});

test("a place is told to the millisecond", () => {
    assert.equal(placeWords(3600, 360), "0:00:10.000");
    assert.equal(placeWords(1_800_001, 500), "1:00:00.002");
});

test("what is copied says record, lead, times, values, formula, filter, and what it is not for", () => {
    const text = copyWords(SUBJECT, [measured("both", [mark(180, -0.1), mark(195, 1.2)]), measured("qt", BEAT, [], 2)]);
    assert.equal(text, [
        "Measured in record 100-pq",
        "",
        "1. Time and amplitude, lead II, 500 Hz (one sample is 2 ms)",
        "   Recorded: 1970-01-01 00:00:00 (UTC)",
        "   Filter: As stored",
        "   0:00:00.360 to 0:00:00.390 (samples 180 to 195)",
        "   30.0 ms",
        `   +1.300 mV (${MINUS}0.100 to +1.200 mV)`,
        "",
        "2. PR, QRS, QT, lead II, 500 Hz (one sample is 2 ms)",
        "   Recorded: 1970-01-01 00:00:00 (UTC)",
        "   Filter: As stored",
        "   PR 160.0 ms: 0:00:01.000 to 0:00:01.160 (samples 500 to 580)",
        "   QRS 90.0 ms: 0:00:01.160 to 0:00:01.250 (samples 580 to 625)",
        "   QT 400.0 ms: 0:00:01.160 to 0:00:01.560 (samples 580 to 780)",
        "   RR 800.0 ms: 0:00:00.390 to 0:00:01.190 (samples 195 to 595), 75.0 bpm, from the beat before to the beat measured",
        "   QTc Bazett 447.2 ms = QT / \u221a(RR / 1 s), QT 400.0 ms, RR 800.0 ms",
        "   QTc Fridericia 430.9 ms = QT / \u221b(RR / 1 s), QT 400.0 ms, RR 800.0 ms",
        `   QTc Framingham 430.8 ms = QT + 154 ms \u00d7 (1 ${MINUS} RR / 1 s), QT 400.0 ms, RR 800.0 ms`,
        `   QTc Hodges 426.3 ms = QT + 1.75 ms \u00d7 (rate / bpm ${MINUS} 60), QT 400.0 ms, RR 800.0 ms`,
        "",
        "Not for diagnosis. ecgstream is not a medical device.",
    ].join("\n"));
});

test("a patient is named in what is copied only where that is wished", () => {
    const all = [measured("time", [mark(195), mark(595)])];
    assert.ok(!copyWords(SUBJECT, all).includes("Patient"));
    assert.ok(copyWords({ ...SUBJECT, patient: "100" }, all).includes("\nPatient: 100\n"));
});

test("what is copied says why there is no number", () => {
    const text = copyWords(SUBJECT, [measured("time", [mark(195), mark(595)], [{ start: 300, stop: 301 }])]);
    assert.match(text, /not measured: gap between/);
    assert.doesNotMatch(text, /800/);
});

test("a page on paper gets each interval, with the QTc at its QT", () => {
    const page = forPage([measured("amplitude", [mark(180, -0.1), mark(195, 1.2)]), measured("march", [mark(195), mark(595)]), measured("qt", BEAT)]);
    assert.deepEqual(page[0], { lead: "II", from: 180, to: 195, fromMv: -0.1, toMv: 1.2, text: "+1.30 mV" });
    assert.equal(page[1].text, "March-out 800 ms \u00b7 75 bpm");
    assert.deepEqual(page.slice(2).map(({ from, to, text }) => [from, to, text.slice(0, 10)]), [
        [500, 580, "PR 160 ms"], [580, 625, "QRS 90 ms"], [580, 780, "QT 400 ms "], [195, 595, "RR 800 ms"],
    ]);
    assert.equal(page[4].text, "QT 400 ms \u00b7 QTc Bazett 447 ms \u00b7 QTc Fridericia 431 ms \u00b7 QTc Framingham 431 ms \u00b7 QTc Hodges 426 ms");
});

test("what the view refuses to measure gets no number on a page either", () => {
    const hole = [{ start: 590, stop: 591 }];
    assert.deepEqual(forPage([measured("time", [mark(195), mark(595)], hole)]), []);
    assert.deepEqual(forPage([measured("qt", BEAT, hole)]).map(({ text }) => text.slice(0, 3)), ["PR "]);
});

test("the earlier end is the start, whichever was set first", () => {
    const of = (kind, marks) => [0, 1].map((i) => markName({ kind, marks, id: 1, lead: "II", row: null }, i));
    assert.deepEqual(of("time", [mark(1), mark(5)]), ["start", "end"]);
    assert.deepEqual(of("time", [mark(5), mark(1)]), ["end", "start"]);
    assert.deepEqual(of("amplitude", [mark(5), mark(1)]), ["first level", "second level"]);
    assert.equal(markName({ kind: "qt", marks: BEAT }, 2), "QRS end (J)");
    assert.equal([0, 1, 2, 3, 4, 5].map((i) => markLetter({ kind: "qt" }, i)).join(""), "PQJTRR");
});

const caliper = (kind, lead, marks) => ({ id: 1, kind, lead, marks, row: null });

test("calipers that were written into a link are read back", () => {
    const all = [
        caliper("time", "II", [mark(3600), mark(3888)]),
        caliper("both", "V_1*, 50%", [mark(100, -0.1234), mark(142, 1.04)]),
        caliper("amplitude", "I", [mark(7, null), mark(9, 0)]),
        caliper("march", "II", [mark(0), mark(300)]),
        caliper("qt", "II", BEAT.with(0, null)),
    ];
    const text = writeCalipers(all);
    // And through an address.
    const { calipers, unread } = readCalipers(new URLSearchParams(new URLSearchParams({ calipers: text }).toString()).get("calipers"));
    assert.equal(unread, 0);
    assert.deepEqual(calipers, all.map((one, i) => ({ ...one, id: i + 1 })));
});

test("a link stays short", () => {
    assert.equal(writeCalipers([caliper("time", "II", [mark(3600), mark(3888)])]), "t_II_3600_3888");
    assert.equal(writeCalipers([caliper("both", "V1", [mark(100, -0.12), mark(142, 1.04)])]), "b_V1_100_142_-0.12_1.04");
    assert.equal(writeCalipers([]), "");
});

test("what in a link is no caliper is left out and counted", () => {
    const bad = ["x_II_1_2", "t_II_1", "t_II_1_2_3", "t_II_-1_2", "t_II_1.5_2", "t__1_2", "t_II_1_", "t_%E0%A4%A_1_2", "a_II_1_2_3", "a_II_1_2_Infinity_3", "q_II______", "t_II_1e300_2"];
    const { calipers, unread } = readCalipers(`${bad.join("*")}*t_II_1_2`);
    assert.equal(calipers.length, 1);
    assert.equal(unread, bad.length);
    assert.deepEqual(readCalipers(""), { calipers: [], unread: 0 });
    const many = readCalipers(new Array(60).fill("t_II_1_2").join("*"));
    assert.equal(many.calipers.length, 24);
    assert.equal(many.unread, 36);
});

test("what is copied names the filter that its heights were read under, and a lead that was turned over or larger", () => {
    const one = measured("both", [mark(180, -0.1), mark(195, 1.2)]);
    const copied = (drawn) => copyWords(SUBJECT, [{ ...one, drawn }]);
    assert.match(copied({ filter: "0.5 to 40 Hz", times: 1 }), /\n {3}Filter: 0\.5 to 40 Hz\n {3}0:00:00\.360/);
    const own = "; the values here are not, but have lead II's own polarity and size, as in the record\n";
    assert.ok(copied({ filter: "", times: -1 }).includes(`   Drawn turned over${own}`));
    assert.ok(copied({ filter: "", times: 2 }).includes(`   Drawn at 2 times its size${own}`));
    assert.ok(copied({ filter: "", times: -0.5 }).includes(`   Drawn turned over and at 0.5 times its size${own}`));
    // Nothing is said of how a lead was drawn that never was.
    assert.ok(!copied(null).includes("Filter"));
});
