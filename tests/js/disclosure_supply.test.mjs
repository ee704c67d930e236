import assert from "node:assert/strict";
import { test } from "node:test";

import { levelFor, sizeOf, Supply, tilesOf } from "../../static/js/disclosure/supply.js";
import { RequestFailed } from "../../static/js/net/api.js";
import { TILE_COLUMNS as TILE } from "../../static/js/net/tiles.js";

const { signal } = new AbortController();
const EACH = 16;

/** A server of `values`, that keeps what it was asked. */
function server(values, { tile } = {}) {
    const asked = [];
    const extreme = (n, of) =>
        Float64Array.from({ length: Math.min(TILE, Math.ceil((values.length - n * TILE * EACH) / EACH)) }, (_, k) => {
            const from = (n * TILE + k) * EACH;
            return of(...values.slice(from, from + EACH));
        });
    const fetchers = {
        window: async ({ start, stop }) => {
            asked.push(`window ${start} ${stop}`);
            return { values: Float64Array.from(values.slice(start, stop)), corrupt: [] };
        },
        tile: tile ?? (async (level, n) => {
            asked.push(`tile ${level} ${n}`);
            return { low: extreme(n, Math.min), high: extreme(n, Math.max), corrupt: [] };
        }),
    };
    return { asked, fetchers };
}

const wave = Array.from({ length: 60_000 }, (_, i) => (i * 7919) % 1000);

const DAY = 43_200_000;

test("a level's columns are at most a pixel wide, and few samples need no level", () => {
    assert.equal(levelFor(0.2, DAY), 0);
    assert.equal(levelFor(15.9, DAY), 0);
    assert.equal(levelFor(16, DAY), 2);
    assert.equal(levelFor(63, DAY), 2);
    assert.equal(levelFor(64, DAY), 3);
});

test("no level is asked for that a record is too short to have", () => {
    assert.equal(levelFor(1e12, DAY), 8);
    assert.equal(levelFor(64, 10_000), 2);
    assert.equal(levelFor(64, 1_000), 0);
});

test("the tiles of a span are all that touch it", () => {
    assert.deepEqual(tilesOf({ start: 0, stop: 16_384 }, 2), [0]);
    assert.deepEqual(tilesOf({ start: 16_383, stop: 16_385 }, 2), [0, 1]);
    assert.deepEqual(tilesOf({ start: 30_000, stop: 60_000 }, 2), [1, 2, 3]);
});

test("an envelope has the lowest and highest of every column of its span, over the seam of two tiles", async () => {
    const { asked, fetchers } = server(wave);
    const got = await new Supply(fetchers, []).get({ start: 10_000, stop: 40_000 }, 2, signal);
    assert.deepEqual(asked, ["tile 2 0", "tile 2 1", "tile 2 2"]);
    assert.equal(got.kind, "envelope");
    assert.equal(got.start, 10_000);
    assert.equal(got.low.length, 1875);
    for (const k of [0, 398, 399, 400, 1874]) {
        const column = wave.slice(10_000 + k * EACH, 10_000 + (k + 1) * EACH);
        assert.deepEqual([got.low[k], got.high[k]], [Math.min(...column), Math.max(...column)]);
    }
    assert.equal(sizeOf(got), 3750);
});

test("the end of a record that fills no column is in its last one", async () => {
    const { fetchers } = server(wave.slice(0, 59_995));
    const got = await new Supply(fetchers, []).get({ start: 30_000, stop: 59_995 }, 2, signal);
    assert.equal(got.high.at(-1), Math.max(...wave.slice(59_984, 59_995)));
});

test("a line with a hole is drawn from its samples: a column would hide where it ends", async () => {
    const { asked, fetchers } = server(wave);
    const supply = new Supply(fetchers, [[39_999, 40_001]]);
    assert.equal((await supply.get({ start: 30_000, stop: 60_000 }, 2, signal)).kind, "samples");
    assert.deepEqual(asked, ["window 30000 60000"]);
    assert.equal((await supply.get({ start: 0, stop: 30_000 }, 2, signal)).kind, "envelope");
});

test("a hole that nobody told of has the line drawn from its samples too", async () => {
    const tile = async () => ({ low: new Float64Array(TILE).fill(NaN), high: new Float64Array(TILE).fill(NaN), corrupt: [] });
    const { asked, fetchers } = server(wave, { tile });
    assert.equal((await new Supply(fetchers, []).get({ start: 0, stop: 30_000 }, 2, signal)).kind, "samples");
    assert.deepEqual(asked, ["window 0 30000"]);
});

test("a run that cannot be read has its line drawn from its samples, which say so", async () => {
    const tile = async () => ({
        low: new Float64Array(TILE), high: new Float64Array(TILE), corrupt: [{ start: 16_000, stop: 16_002 }],
    });
    const { fetchers } = server(wave, { tile });
    const supply = new Supply(fetchers, []);
    assert.equal((await supply.get({ start: 0, stop: 16_384 }, 2, signal)).kind, "samples");
    assert.equal((await supply.get({ start: 0, stop: 16_000 }, 2, signal)).kind, "envelope");
});

test("tiles that were made meanwhile are used from then on", async () => {
    const { asked, fetchers } = server(wave);
    const supply = new Supply({ ...fetchers, tile: null }, []);
    await supply.get({ start: 0, stop: 16_384 }, 2, signal);
    supply.use(fetchers);
    await supply.get({ start: 0, stop: 16_384 }, 2, signal);
    assert.deepEqual(asked, ["window 0 16384", "tile 2 0"]);
});

test("where the holes are not known, samples are asked for", async () => {
    const { asked, fetchers } = server(wave);
    await new Supply(fetchers, null).get({ start: 0, stop: 30_000 }, 2, signal);
    assert.deepEqual(asked, ["window 0 30000"]);
});

test("a line that is one hole is not asked for", async () => {
    const { asked, fetchers } = server(wave);
    const got = await new Supply(fetchers, [[0, 70_000]]).get({ start: 30_000, stop: 60_000 }, 0, signal);
    assert.deepEqual(asked, []);
    assert.equal(got.start, 30_000);
    assert.equal(got.values.length, 30_000);
    assert.ok(got.values.every(Number.isNaN));
});

for (const status of [503, 404]) {
    test(`a tile that answers ${status} has the line drawn from its samples`, async () => {
        const { asked, fetchers } = server(wave, { tile: async () => Promise.reject(new RequestFailed(status, "no")) });
        assert.equal((await new Supply(fetchers, []).get({ start: 0, stop: 30_000 }, 2, signal)).kind, "samples");
        assert.deepEqual(asked, ["window 0 30000"]);
    });
}

test("a tile that fails otherwise fails the line", async () => {
    const { fetchers } = server(wave, { tile: async () => Promise.reject(new RequestFailed(0, "no answer")) });
    await assert.rejects(new Supply(fetchers, []).get({ start: 0, stop: 30_000 }, 2, signal), /no answer/);
});
