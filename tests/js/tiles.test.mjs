import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { encode } from "../../static/vendor/msgpack/index.mjs";
import { RequestFailed } from "../../static/js/net/api.js";
import { columnWidth, fetchOutline, fetchTile, readOutline, readTile, topLevel } from "../../static/js/net/tiles.js";
import { BadMessage } from "../../static/js/wire/frames.js";

const bytesOf = (array) => new Uint8Array(array.buffer);
const lead = (name) => ({ name, unit: "mV", gain: 200, baseline: 0 });

const TILE = {
    record: "r", version: "abc", fs: 500, level: 2, n: 3, start: 49152, stop: 49152 + 40, dtype: "i2",
    leads: [lead("I"), lead("II")],
    low: bytesOf(Int16Array.of(-1, -2, -3, -4, -32768, -6)),
    high: bytesOf(Int16Array.of(1, 2, 3, 4, -32768, 6)),
};
const OUTLINE = {
    record: "r", version: "abc", built: false, fs: 500, length: 25, dtype: "f4", leads: [lead("I"), lead("II")],
    groups: [
        {
            leads: ["I", "II"], edges: [0, 10, 25],
            low: bytesOf(Float32Array.of(-1, -2, NaN, -4)), high: bytesOf(Float32Array.of(1, 2, NaN, 4)),
            known: Uint8Array.of(1, 1, 0, 1),
        },
    ],
};

const { fetch } = globalThis;
afterEach(() => {
    globalThis.fetch = fetch;
});

/** Answer every request with `body`; returns what was asked. */
function answering(body, status = 200, headers = {}) {
    const asked = [];
    globalThis.fetch = async (path, options) => {
        asked.push({ path, accept: options.headers.Accept, signal: options.signal });
        return new Response(status === 200 ? encode(body) : JSON.stringify(body), { status, headers });
    };
    return asked;
}

test("a tile has the extremes of each lead, NaN where nothing is", async () => {
    const asked = answering(TILE);
    const tile = await fetchTile({ record: "r", version: "abc", leads: ["I", "II"], level: 2, n: 3 });
    assert.deepEqual(tile.low.map((one) => [...one]), [[-1, -2, -3], [-4, NaN, -6]]);
    assert.deepEqual(tile.high.map((one) => [...one]), [[1, 2, 3], [4, NaN, 6]]);
    assert.ok(tile.low.every((one) => one instanceof Float64Array));
    assert.deepEqual([tile.start, tile.stop, tile.level, tile.n, tile.fs], [49152, 49192, 2, 3, 500]);
    assert.deepEqual(tile.leads, TILE.leads);
    assert.deepEqual(tile.corrupt, {});
    assert.equal(asked[0].path, "/api/v1/records/r/tiles/abc/I,II/2/3");
    assert.equal(asked[0].accept, "application/msgpack");
});

test("commas and slashes in names are told from those between them", async () => {
    const asked = answering(TILE);
    await fetchTile({ record: "a b", version: "abc", leads: ["I,x", "a/b"], level: 1, n: 0 });
    assert.equal(asked[0].path, "/api/v1/records/a%20b/tiles/abc/I%2Cx,a%2Fb/1/0");
});

test("a tile that names what could not be read has those runs", () => {
    assert.deepEqual(readTile({ ...TILE, corrupt: { I: [[5, 9]] } }).corrupt, { I: [[5, 9]] });
});

test("an outline has the extremes of each piece, and what is not known", async () => {
    const asked = answering(OUTLINE);
    const outline = await fetchOutline({ record: "r", leads: ["I", "a,b"] });
    assert.equal(asked[0].path, "/api/v1/records/r/outline?leads=I&leads=a%2Cb");
    assert.deepEqual([outline.built, outline.version, outline.length, outline.fs], [false, "abc", 25, 500]);
    const [group] = outline.groups;
    assert.deepEqual(group.edges, [0, 10, 25]);
    assert.deepEqual(group.low.map((one) => [...one]), [[-1, -2], [NaN, -4]]);
    assert.deepEqual(group.high.map((one) => [...one]), [[1, 2], [NaN, 4]]);
    assert.deepEqual(group.known.map((one) => [...one]), [[1, 1], [0, 1]]);
});

test("a record of no samples has an outline of no pieces", () => {
    const none = new Uint8Array(0);
    const group = { leads: ["I"], edges: [0], low: none, high: none, known: none };
    const [read] = readOutline({ ...OUTLINE, length: 0, groups: [group] }).groups;
    assert.deepEqual([read.low[0].length, read.known[0].length], [0, 0]);
});

test("a tile that is being made says when to ask again", async () => {
    answering({ detail: "not made yet" }, 503, { "Retry-After": "1" });
    const asking = fetchTile({ record: "r", version: "abc", leads: ["I"], level: 8, n: 0 });
    await assert.rejects(asking, (error) => {
        assert.ok(error instanceof RequestFailed);
        assert.deepEqual([error.status, error.retryAfterS, error.message], [503, 1, "not made yet"]);
        return true;
    });
});

test("an answer that says no time has none", async () => {
    answering({ detail: "another version" }, 404);
    const asking = fetchTile({ record: "r", version: "old", leads: ["I"], level: 1, n: 0 });
    await assert.rejects(asking, (error) => error.status === 404 && error.retryAfterS === null);
});

test("a tile that is called off is", async () => {
    const calledOff = new AbortController();
    const asked = answering(TILE);
    await fetchTile({ record: "r", version: "abc", leads: ["I"], level: 2, n: 3, signal: calledOff.signal });
    assert.equal(asked[0].signal, calledOff.signal);
});

for (const [what, change] of [
    ["of too few bytes", { low: TILE.low.slice(0, 10) }],
    ["of more columns than its span", { stop: 49152 + 20 }],
    ["that ends before it begins", { stop: 0 }],
    ["of a type that is none", { dtype: "u2" }],
    ["whose extremes are no bytes", { high: "abcd" }],
    ["without a version", { version: undefined }],
]) {
    test(`a tile ${what} is refused`, () => {
        assert.throws(() => readTile({ ...TILE, ...change }), BadMessage);
    });
}

for (const [what, change] of [
    ["of too few bytes", { low: new Uint8Array(4) }],
    ["whose flags are too few", { known: Uint8Array.of(1) }],
    ["whose edges are no indices", { edges: [0, 10.5, 25] }],
    ["without edges", { edges: [] }],
    ["without leads", { leads: [] }],
]) {
    test(`an outline with a group ${what} is refused`, () => {
        const [group] = OUTLINE.groups;
        assert.throws(() => readOutline({ ...OUTLINE, groups: [{ ...group, ...change }] }), BadMessage);
    });
}

test("what is no map is neither", () => {
    for (const body of [null, 3, "x"]) {
        assert.throws(() => readTile(body), BadMessage);
        assert.throws(() => readOutline(body), BadMessage);
    }
});

test("levels are counted as the server counts them", () => {
    assert.deepEqual([0, 1, 4096, 4097, 43_200_000].map(topLevel), [1, 1, 1, 2, 8]);
    assert.equal(columnWidth(3), 64);
});
