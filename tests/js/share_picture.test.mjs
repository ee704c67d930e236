import assert from "node:assert/strict";
import { test } from "node:test";

import { BrokenOff, fetchFile, nameIn } from "../../static/js/net/exports.js";
import { RequestFailed } from "../../static/js/net/api.js";
import { factsOf } from "../../static/js/share/facts.js";
import { filled, legendOf } from "../../static/js/share/legend.js";

/** Letters that are 10 wide. */
const measure = (text) => text.length * 10;

test("facts stand one after the other as long as there is room", () => {
    assert.deepEqual(filled(["aaaa", "bbb", "", "cc"], 100, measure), ["aaaa   bbb", "cc"]);
    assert.deepEqual(filled([], 100, measure), []);
});

test("a fact longer than a line is parted between words, a longer word is cut, and nothing is lost", () => {
    assert.deepEqual(filled(["aa", "bbbb cccc dddd"], 100, measure), ["aa   bbbb", "cccc dddd"]);
    assert.deepEqual(filled(["x", "abcdefghijklm no"], 50, measure), ["x", "abcde", "fghij", "klm", "no"]);
    const long = "abcdefghijklm nopqrst uvw";
    assert.equal(filled(["1", long, "2"], 40, measure).join("").replaceAll(" ", ""), `1${long}2`.replaceAll(" ", ""));
    for (const line of filled(["1", long, "2"], 40, measure)) assert.ok(measure(line) <= 40, line);
    // Narrower than a letter: a letter a line, and an end.
    assert.deepEqual(filled(["ab"], 1, measure), ["a", "b"]);
});

test("the legend keeps to its width and its heights hold its lines", () => {
    const words = { title: "t".repeat(30), facts: ["f".repeat(30), "g"], source: "s".repeat(50), foot: "Not for diagnosis." };
    for (const width of [120, 400, 2000]) {
        const size = 12;
        const { above, below, head, foot } = legendOf(words, { width, size }, measure);
        for (const [lines, height] of [[head, above], [foot, below]]) {
            for (const { text, x, y } of lines) {
                assert.ok(x + measure(text) <= width, `${width} ${text}`);
                assert.ok(y - size >= 0 && y + size * 0.3 <= height, `${width} ${text} ${y} ${height}`);
            }
            lines.slice(1).forEach(({ y }, i) => assert.ok(y >= lines[i].y + size));
        }
        assert.ok(head[0].bold && foot[0].bold);
        assert.equal(foot.filter(({ bold }) => bold).map(({ text }) => text).join(" "), words.foot);
    }
});

test("the legend says what the page says, and that it is not for diagnosis", () => {
    const seen = {
        info: { record: "r", patient: "p", fs: 360, fs_source: "inferred from time", source: "a ward" },
        status: { startTime: 1000000000, zone: null, fs: 360 },
        display: { mode: "fit", mmPerS: 25, mmPerMv: 10, measured: false },
        layout: {
            scale: { mmPerS: 31.24, windowS: 10 }, grid: { majorS: 0.2, majorMm: 5 }, stored: ["II"], fs: 360, drawn: "envelope", column: 16,
            filtered: true, leads: [{ name: "II", unit: "mV", kind: "ecg", filter: "0.5-40 Hz, zero phase" }],
        },
    };
    const { title, facts, source, foot } = factsOf(seen, { start: 3600, stop: 7200, interval: "0:00:10.0 to 0:00:20.0, 10 s" });
    assert.equal(title, "Patient p \u00b7 Record r");
    assert.deepEqual(facts, [
        "Begins 2001-09-09 01:46:50 (zone unknown)", "0:00:10.0 to 0:00:20.0, 10 s", "samples 3600 to 7199", "Leads II",
        "31.2 mm/s, fit to 10 s, not calibrated", "10 mm/mV, not calibrated", "Box 0.2 s \u00d7 0.5 mV", "360 Hz (inferred)",
        "Filtered: 0.5-40 Hz, zero phase", "Drawn from envelope: lowest and highest of 16 samples a column",
    ]);
    assert.equal(source, "Source: a ward");
    assert.ok(foot.startsWith("Not for diagnosis. Not a medical device, not an alarm system."));
    const off = factsOf({ ...seen, layout: { ...seen.layout, filtered: false } }, { start: 0, stop: 1, interval: "" });
    assert.ok(off.facts.includes("Filter not applied here: this is drawn as stored"));
});

// The file on its way.

/** What the server answers, whatever is asked. @param {Response} response */
async function answered(response, run) {
    const before = globalThis.fetch;
    globalThis.fetch = async () => response;
    try {
        return await run();
    } finally {
        globalThis.fetch = before;
    }
}

const body = (...parts) =>
    new ReadableStream({
        start(to) {
            for (const part of parts) {
                if (part instanceof Error) to.error(part);
                else to.enqueue(new Uint8Array(part));
            }
            if (!(parts.at(-1) instanceof Error)) to.close();
        },
    });

const HEADERS = { "Content-Length": "5", "Content-Type": "text/csv", "Content-Disposition": 'attachment; filename="r_0-9.csv"' };
const wish = (progress = () => {}) => ({ path: "/x", signal: new AbortController().signal, progress });

test("a file comes whole, with its name and how far it is", async () => {
    const told = [];
    const { file, name } = await answered(new Response(body([1, 2], [3, 4, 5]), { headers: HEADERS }), () =>
        fetchFile(wish((...how) => told.push(how))),
    );
    assert.deepEqual([...new Uint8Array(await file.arrayBuffer())], [1, 2, 3, 4, 5]);
    assert.deepEqual([name, file.type, told], ["r_0-9.csv", "text/csv", [[2, 5], [5, 5]]]);
});

test("half a file is none", async () => {
    for (const stream of [body([1, 2]), body([1, 2], new TypeError("network error"))]) {
        await assert.rejects(answered(new Response(stream, { headers: HEADERS }), () => fetchFile(wish())), BrokenOff);
    }
});

test("a refusal is the server's own words", async () => {
    const problem = new Response(JSON.stringify({ title: "Content Too Large", detail: "at most 60 pages" }), { status: 413 });
    await assert.rejects(
        answered(problem, () => fetchFile(wish())),
        (error) => error instanceof RequestFailed && error.status === 413 && error.message === "at most 60 pages",
    );
});

test("a name that the server gives is never a path", () => {
    assert.equal(nameIn('attachment; filename="../a\\b.csv"'), "..-a-b.csv");
    assert.equal(nameIn(""), "export");
});
