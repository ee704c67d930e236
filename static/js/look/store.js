// Pieces of a record by key: fetched once, the latest wished for first, kept within a bound.

import { RequestFailed } from "../net/api.js";
import { retryDelay } from "../net/backoff.js";

/** Requests under way at once: a browser has six connections to a server, and one is for the rest. */
const PARALLEL = 4;

/**
 * @template Piece
 */
export class Store {
    /** @type {Map<string, { piece: Piece, size: number }>} the one used last is at the end */
    #kept = new Map();
    #size = 0;
    /** @type {Map<string, AbortController>} */
    #asked = new Map();
    /** @type {string[]} */
    #wished = [];
    /** When a piece that could not be had is asked for again. @type {Map<string, { failures: number, at: number }>} */
    #failed = new Map();
    #load;
    #sizeOf;
    #most;
    #world;
    #changed;
    /** Why a piece could not be had, null = all is well. @type {string | null} */
    failure = null;

    /**
     * @param {{
     *   load: (key: string, signal: AbortSignal) => Promise<Piece>, sizeOf: (piece: Piece) => number, most: number,
     *   changed: () => void, world: { now(): number, random(): number, after(seconds: number, then: () => void): () => void },
     * }} options `most`: sum of sizes that is kept
     */
    constructor({ load, sizeOf, most, changed, world }) {
        this.#load = load;
        this.#sizeOf = sizeOf;
        this.#most = most;
        this.#changed = changed;
        this.#world = world;
    }

    /** @param {string} key @returns {Piece | null} */
    get(key) {
        const found = this.#kept.get(key);
        if (!found) return null;
        this.#kept.delete(key);
        this.#kept.set(key, found);
        return found.piece;
    }

    /** Whether anything that is wished for is not here. */
    get waiting() {
        return this.#wished.some((key) => !this.#kept.has(key));
    }

    /**
     * Wish for these pieces, the most wanted first; what was wished for before and is not any more is
     * called off.
     * @param {string[]} keys
     */
    wish(keys) {
        this.#wished = keys;
        const wanted = new Set(keys);
        for (const [key, asking] of this.#asked) {
            if (wanted.has(key)) continue;
            this.#asked.delete(key);
            asking.abort();
        }
        this.#next();
    }

    #next() {
        const now = this.#world.now();
        for (const key of this.#wished) {
            if (this.#asked.size >= PARALLEL) return;
            const failed = this.#failed.get(key);
            if (this.#kept.has(key) || this.#asked.has(key) || (failed && failed.at > now)) continue;
            void this.#ask(key);
        }
    }

    /** @param {string} key */
    async #ask(key) {
        const asking = new AbortController();
        this.#asked.set(key, asking);
        try {
            const piece = await this.#load(key, asking.signal);
            if (asking.signal.aborted) return;
            this.#failed.delete(key);
            this.failure = null;
            this.#keep(key, piece);
            this.#changed();
        } catch (error) {
            if (asking.signal.aborted) return;
            this.#fail(key, error);
        } finally {
            if (this.#asked.get(key) === asking) this.#asked.delete(key);
            this.#next();
        }
    }

    /** @param {string} key @param {unknown} error */
    #fail(key, error) {
        const failures = (this.#failed.get(key)?.failures ?? 0) + 1;
        // A pyramid that is being made says when to come back.
        const after = error instanceof RequestFailed ? error.retryAfterS : null;
        const wait = after ?? retryDelay(failures, null, this.#world.random());
        this.#failed.set(key, { failures, at: this.#world.now() + wait });
        this.failure = error instanceof Error ? error.message : String(error);
        this.#world.after(wait + 0.01, () => this.#next());
        this.#changed();
    }

    /** @param {string} key @param {Piece} piece */
    #keep(key, piece) {
        const size = this.#sizeOf(piece);
        this.#kept.set(key, { piece, size });
        this.#size += size;
        const wanted = new Set(this.#wished);
        for (const [old, { size: freed }] of this.#kept) {
            if (this.#size <= this.#most) return;
            if (wanted.has(old)) continue;
            this.#kept.delete(old);
            this.#size -= freed;
        }
    }
}
