import assert from "node:assert/strict";
import { test } from "node:test";

import { Sheet } from "../../static/js/measure/sheet.js";
import { FS, LEAD, mark, picture, stored } from "./measure_beat.mjs";

/** Take a picture, and read what is in sight of calipers: it rests. */
function rest(made, still = picture()) {
    made.show(still);
    made.refresh([]);
}

const turn = () => new Promise(setImmediate);

/** A sheet over a record of 5,000 samples, and what it asked for. */
function sheet({ holes = [], length = 5000, fail = false } = {}) {
    const heard = { asked: [], changes: 0, holes, fail };
    const made = new Sheet(
        async (lead, start, stop) => {
            heard.asked.push([lead, start, stop]);
            if (heard.fail) throw new Error("not now");
            return { start, values: stored(start, Math.min(stop, length), heard.holes) };
        },
        (lead) => (lead === "II" ? FS : null),
        () => heard.changes++,
    );
    return { made, heard };
}

const first = (made) => made.measured()[0];

test("samples in sight are read once for a picture, in mV", async () => {
    const { made, heard } = sheet();
    rest(made);
    made.want("II");
    made.want("II");
    await turn();
    // 1,000 pixels of 2 samples, and the one at the right edge.
    assert.deepEqual(heard.asked, [["II", 0, 2001]]);
    assert.equal(made.stretch("II").values[195], 1.2);
    made.want("aVR");
    assert.equal(heard.asked.length, 1);
});

test("while one pans nothing is read, and what was read stays at hand", async () => {
    const { made, heard } = sheet();
    rest(made);
    made.add("time", "II", [mark(195), mark(595)], 0);
    await turn();
    made.want("II");
    await turn();
    heard.asked.length = 0;
    for (let start = 10; start < 500; start += 10) made.show(picture({ look: { start, pxPerSample: 0.5 } }));
    assert.deepEqual(heard.asked, []);
    assert.equal(made.traceAt("II", 195), 1.2);
    assert.equal(first(made).reading.ms, 800);
    made.refresh(["II"]);
    await turn();
    assert.deepEqual(heard.asked, [["II", 490, 2491]]);
});

test("a caliper in sight is read at once", async () => {
    const { made, heard } = sheet();
    rest(made);
    made.want("II");
    await turn();
    made.add("time", "II", [mark(195), mark(595)], 0);
    assert.equal(first(made).reading.ms, 800);
    assert.equal(heard.asked.length, 1);
});

test("a caliper over a gap has no number, and gets one when moved beside it", async () => {
    const { made } = sheet({ holes: [[300, 310]] });
    rest(made);
    made.want("II");
    await turn();
    const caliper = made.add("time", "II", [mark(195), mark(595)], 0);
    assert.equal(first(made).reading.reason, "gap");
    assert.equal(first(made).reading.ms, null);
    made.move(caliper, 1, mark(299));
    assert.equal(first(made).reading.ms, 208);
});

test("a caliper of a link is read where it lies, and has no number before", async () => {
    const { made, heard } = sheet();
    rest(made);
    made.load([{ id: 1, kind: "time", lead: "II", marks: [mark(3000), mark(3400)], row: null }]);
    assert.equal(first(made).reading.reason, "pending");
    await turn();
    assert.ok(heard.asked.some(([, start, stop]) => start === 3000 && stop === 3401));
    assert.equal(first(made).reading.ms, 800);
    assert.ok(heard.changes >= 2);
});

test("samples that the record does not have are not taken for whole", async () => {
    const { made } = sheet();
    rest(made);
    made.load([{ id: 1, kind: "time", lead: "II", marks: [mark(4900), mark(5100)], row: null }]);
    await turn();
    assert.equal(first(made).reading.reason, "unloaded");
});

test("an answer that comes after the mark was moved on is not taken", async () => {
    const { made } = sheet({ holes: [[3100, 3110]] });
    rest(made);
    const caliper = made.add("time", "II", [mark(3000), mark(3400)], 0);
    made.move(caliper, 1, mark(3050));
    await turn();
    assert.equal(first(made).reading.ms, 100);
});

test("what could not be read, and what was missing, is asked for with the next picture", async () => {
    const { made, heard } = sheet({ holes: [[300, 310]] });
    heard.fail = true;
    rest(made);
    made.add("time", "II", [mark(195), mark(595)], 0);
    await turn();
    assert.equal(first(made).reading.reason, "unloaded");
    heard.fail = false;
    rest(made);
    await turn();
    assert.equal(first(made).reading.reason, "gap");
    // It had only not come yet.
    heard.holes.length = 0;
    rest(made);
    await turn();
    assert.equal(first(made).reading.ms, 800);
});

test("what was read whole stays read when its lead leaves the picture", async () => {
    const { made, heard } = sheet();
    rest(made);
    made.add("time", "II", [mark(195), mark(595)], 0);
    await turn();
    // The viewer no longer has it.
    heard.fail = true;
    rest(made, picture({ leads: [{ ...LEAD, name: "V1" }], fs: 250 }));
    await turn();
    assert.equal(first(made).reading.ms, 800);
});

/** A sheet whose probes are answered one by one, in any order. */
function patient() {
    const answers = [];
    const made = new Sheet(
        (lead, start, stop) => new Promise((resolve) => answers.push(() => resolve({ start, values: stored(start, stop) }))),
        () => FS,
        () => {},
    );
    return { made, answers };
}

test("what was read of the picture before is not taken for what is in sight", async () => {
    const { made, answers } = patient();
    rest(made);
    made.want("II");
    made.show(picture({ look: { start: 10_000, pxPerSample: 0.5 } }));
    made.want("II");
    answers[1]();
    await turn();
    answers[0]();
    await turn();
    assert.equal(made.stretch("II").start, 10_000);
});

test("a mark set before its samples came gets its height with them, where its lead has a scale", async () => {
    const { made, answers } = patient();
    const still = picture({ leads: [LEAD, { ...LEAD, name: "Resp", kind: "resp" }], cells: [0, 1].map((lead) => ({ lead, row: 0, x: 60, width: 1000 })) });
    made.show(still);
    for (const lead of ["II", "Resp"]) {
        made.want(lead);
        made.add("both", lead, [made.markAt(lead, 185, null), made.markAt(lead, 195, null)], 0);
    }
    for (const answer of answers) answer();
    await turn();
    const [scaled, other] = made.measured();
    assert.ok(Math.abs(scaled.reading.mv - 1.3) < 1e-9);
    assert.deepEqual(other.caliper.marks.map(({ mv }) => mv), [null, null]);
    assert.equal(other.reading.mv, null);
});

test("a caliper of a lead whose rate nobody knows has no number", async () => {
    const { made } = sheet();
    rest(made);
    made.load([{ id: 1, kind: "time", lead: "X", marks: [mark(1), mark(2)], row: null }]);
    await turn();
    assert.equal(first(made).reading.reason, "unloaded");
});

test("calipers are numbered in their order, and removed one by one or all", async () => {
    const { made } = sheet();
    rest(made);
    const [a] = [1, 2, 3].map((i) => made.add("time", "II", [mark(i), mark(i + 10)], 0));
    made.remove(a);
    assert.deepEqual(made.measured().map(({ number, caliper }) => [number, caliper.marks[0].sample]), [[1, 2], [2, 3]]);
    made.clear();
    assert.deepEqual(made.measured(), []);
});

test("the guide is read from its first to its last mark", async () => {
    const { made, heard } = sheet();
    rest(made);
    made.add("qt", "II", [500, 580, 625, 780, 195, 595].map((sample) => mark(sample)), 0);
    await turn();
    assert.deepEqual(heard.asked, [["II", 195, 781]]);
    assert.equal(first(made).beat.qt.ms, 400);
    assert.equal(first(made).reading, null);
});

const FILTER = "0.5 to 40 Hz";
/** A picture of a lead under a filter that is on, or only wished for. */
const under = (filter, filtered = filter !== "", more = {}) => picture({ leads: [{ ...LEAD, filter, ...more }], filtered });

/** A sheet over a viewer that halves what it draws filtered; `draw` takes another picture there and here. */
function viewer(lead = "II") {
    const heard = { filtered: false, asked: [], waiting: [], hold: false };
    const made = new Sheet(
        async (name, start, stop) => {
            heard.asked.push(name);
            if (heard.hold) await new Promise((resolve) => heard.waiting.push(resolve));
            const half = (value) => (value - LEAD.baseline) / 2 + LEAD.baseline;
            return { start, values: heard.filtered ? stored(start, stop).map(half) : stored(start, stop) };
        },
        () => FS,
        () => {},
        (name) => name === lead,
    );
    const draw = (still) => {
        heard.filtered = still.filtered;
        rest(made, still);
    };
    return { made, heard, draw };
}

test("a height is that of what is drawn: none until a new filter's samples came, and theirs then", async () => {
    const { made, heard, draw } = viewer();
    draw(under(""));
    made.want("II");
    await turn();
    made.add("both", "II", [made.markAt("II", 185, null), made.markAt("II", 195, null)], 0);
    assert.equal(first(made).reading.mv.toFixed(3), "1.300");
    heard.hold = true;
    draw(under(FILTER));
    assert.equal(first(made).reading.reason, "pending");
    assert.equal(made.heightOf(first(made).caliper, 1), null);
    heard.waiting.splice(0).forEach((answer) => answer());
    await turn();
    assert.equal(first(made).reading.mv.toFixed(3), "0.650");
    assert.equal(first(made).drawn.filter, FILTER);
    heard.hold = false;
    draw(under(""));
    await turn();
    assert.equal(first(made).reading.mv.toFixed(3), "1.300");
    assert.equal(first(made).drawn.filter, "");
});

test("under a filter that is only wished for, heights are those that are stored, and told as these", async () => {
    const { made, draw } = viewer();
    draw(under(FILTER));
    made.want("II");
    await turn();
    made.add("amplitude", "II", [made.markAt("II", 185, null), made.markAt("II", 195, null)], 0);
    assert.equal(first(made).reading.mv.toFixed(3), "0.650");
    draw(under(FILTER, false));
    await turn();
    assert.equal(first(made).reading.mv.toFixed(3), "1.300");
    assert.equal(first(made).drawn.filter, "");
});

test("an answer of what was drawn before is not taken for what is drawn now", async () => {
    const { made, heard, draw } = viewer();
    heard.hold = true;
    draw(under(""));
    made.add("both", "II", [mark(185), mark(195)], 0);
    made.show(under(FILTER));
    heard.waiting.splice(0).forEach((answer) => answer());
    await turn();
    assert.equal(first(made).reading.reason, "pending");
    assert.equal(made.stretch("II"), null);
    heard.hold = false;
    draw(under(FILTER));
    await turn();
    assert.equal(first(made).reading.mv.toFixed(3), "0.650");
});

test("a link's heights stay where a person put them under the filter that it names, and only there", async () => {
    const { made, draw } = viewer();
    const link = () => made.load([{ id: 1, kind: "both", lead: "II", marks: [mark(185, 0), mark(195, 1)], row: null }]);
    link();
    draw(under(FILTER));
    await turn();
    assert.equal(first(made).reading.mv, 1);
    draw(under(FILTER, false));
    link();
    await turn();
    assert.equal(first(made).reading.mv.toFixed(3), "1.300");
});

test("a caliper of a stored lead is read under whatever name it is shown, and one of an older link takes that name", async () => {
    const { made, heard, draw } = viewer("ii");
    draw(under("", false, { name: "ii" }));
    made.add("time", "ii", [mark(195), mark(595)], 0);
    await turn();
    const shown = under("", false, { name: "II", alias: "ii" });
    draw(shown);
    await turn();
    assert.equal(made.fs("ii"), FS);
    assert.equal(made.traceAt("ii", 195), 1.2);
    made.load([{ id: 1, kind: "time", lead: "II", marks: [mark(195), mark(595)], row: null }]);
    await turn();
    assert.equal(first(made).caliper.lead, "ii");
    assert.equal(first(made).reading.ms, 800);
    assert.deepEqual([...new Set(heard.asked)], ["ii"]);
});

test("a caliper is not read from another lead that is shown under its name", async () => {
    const { made, heard, draw } = viewer("II");
    draw(under("", false, { name: "II", alias: "MLII" }));
    made.load([{ id: 1, kind: "time", lead: "II", marks: [mark(195), mark(595)], row: null }]);
    await turn();
    assert.equal(first(made).caliper.lead, "II");
    assert.equal(first(made).reading.reason, "unloaded");
    assert.deepEqual(heard.asked, []);
});
