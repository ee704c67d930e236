// Where a line comes from: its samples, or, where there are many to a pixel, the lowest and highest of
// each column, out of tiles.

import { RequestFailed } from "../net/api.js";
import { columnWidth, TILE_COLUMNS as TILE, topLevel } from "../net/tiles.js";

/** @typedef {import("./ruling.js").Span} Span */
/** Samples from `start` on, as stored, NaN = missing; `corrupt`: runs that could not be read. @typedef {{ kind: "samples", start: number, values: Float64Array, corrupt: readonly Span[] }} Samples */
/** Column k is samples [start + k * each, start + (k + 1) * each). @typedef {{ kind: "envelope", start: number, each: number, low: Float64Array, high: Float64Array }} Envelope */
/** @typedef {Samples | Envelope} Content */
/** @typedef {{ low: Float64Array, high: Float64Array, corrupt: readonly Span[] }} Tile */

/**
 * How the two are asked for. `tile` rejects with RequestFailed where there is none yet.
 * @typedef {{
 *   window: (span: Span, signal: AbortSignal) => Promise<{ values: Float64Array, corrupt: readonly Span[] }>,
 *   tile: ((level: number, n: number, signal: AbortSignal) => Promise<Tile>) | null,
 * }} Fetchers
 */

/** Below this level an envelope is hardly less than its samples. */
const LEVEL_LEAST = 2;

/**
 * Return the level whose columns are at most a pixel wide, 0 = samples.
 * @param {number} samplesPerPx
 * @param {number} length of the record, in samples: its tiles have no level beyond that of the whole
 */
export function levelFor(samplesPerPx, length) {
    let level = 0;
    while (level < topLevel(length) && columnWidth(level + 1) <= samplesPerPx) level++;
    return level < LEVEL_LEAST ? 0 : level;
}

/**
 * Return the tiles that hold the samples of a span.
 * @param {Span} span
 * @param {number} level
 */
export function tilesOf({ start, stop }, level) {
    const size = TILE * columnWidth(level);
    const tiles = [];
    for (let n = Math.floor(start / size); n * size < stop; n++) tiles.push(n);
    return tiles;
}

/** Gets the lines of one lead. */
export class Supply {
    #fetchers;
    #gaps;

    /**
     * @param {Fetchers} fetchers
     * @param {readonly [number, number][] | null} gaps runs without samples, in order; null = not known
     */
    constructor(fetchers, gaps) {
        this.#fetchers = fetchers;
        this.#gaps = gaps;
    }

    /** Ask otherwise from now on: the tiles are there. @param {Fetchers} fetchers */
    use(fetchers) {
        this.#fetchers = fetchers;
    }

    /**
     * Return what stands in a span. Rejects with RequestFailed, or the signal's reason.
     * @param {Span} span
     * @param {number} level 0 = samples are wished for
     * @param {AbortSignal} signal
     * @returns {Promise<Content>}
     */
    async get(span, level, signal) {
        const { start, stop } = span;
        const holes = this.#gaps?.filter(([from, to]) => from < stop && to > start) ?? null;
        if (holes?.some(([from, to]) => from <= start && to >= stop)) return nothing(span);
        // A hole narrower than a column would be lost in an envelope, and why it is there too.
        if (level > 0 && this.#fetchers.tile && holes?.length === 0) {
            const envelope = await this.#envelope(span, level, this.#fetchers.tile, signal);
            if (envelope) return envelope;
        }
        const { values, corrupt } = await this.#fetchers.window(span, signal);
        return { kind: "samples", start, values, corrupt };
    }

    /**
     * Return the envelope of a span; null where there is none, or it has a hole that nobody told of.
     * @param {Span} span
     * @param {number} level
     * @param {NonNullable<Fetchers["tile"]>} tile
     * @param {AbortSignal} signal
     * @returns {Promise<Envelope | null>}
     */
    async #envelope(span, level, tile, signal) {
        const each = columnWidth(level);
        const first = Math.floor(span.start / each);
        const count = Math.ceil(span.stop / each) - first;
        const low = new Float64Array(count).fill(NaN);
        const high = new Float64Array(count).fill(NaN);
        let corrupt = false;
        try {
            await Promise.all(
                tilesOf(span, level).map(async (n) => {
                    const got = await tile(level, n, signal);
                    corrupt ||= got.corrupt.some((run) => run.start < span.stop && run.stop > span.start);
                    const from = Math.max(first, n * TILE);
                    const to = Math.min(first + count, n * TILE + got.low.length);
                    low.set(got.low.subarray(from - n * TILE, to - n * TILE), from - first);
                    high.set(got.high.subarray(from - n * TILE, to - n * TILE), from - first);
                }),
            );
        } catch (error) {
            // Not built yet, or built anew under another version: the samples are always there.
            const absent = error instanceof RequestFailed && (error.status === 503 || error.status === 404);
            if (absent) return null;
            throw error;
        }
        return corrupt || low.some(Number.isNaN) ? null : { kind: "envelope", start: first * each, each, low, high };
    }
}

/** @param {Span} span @returns {Samples} */
function nothing({ start, stop }) {
    return { kind: "samples", start, values: new Float64Array(stop - start).fill(NaN), corrupt: [] };
}

/** Values that a content holds in memory. @param {Content} content */
export const sizeOf = (content) =>
    content.kind === "samples" ? content.values.length : 2 * content.low.length;
