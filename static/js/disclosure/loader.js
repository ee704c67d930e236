// Which lines are being fetched, which are at hand, and which failed. Bounded; knows no page.

import { Places } from "../records/asking.js";
import { sizeOf } from "./supply.js";

/** @typedef {import("./supply.js").Content} Content */

/** Requests under way at once: a browser has six, and a picture is not all that is asked for. */
const AT_ONCE = 4;
/** Values held, 8 bytes each: 32 MiB, far more lines than a screen has. */
const BUDGET = 4 << 20;

/** Fetches lines, the most wanted first. */
export class Loader {
    #get;
    #hear;
    #budget;
    #places = new Places(AT_ONCE);
    /** @type {Map<number, AbortController>} */
    #running = new Map();
    /** Used last stands last. @type {Map<number, Content>} */
    #held = new Map();
    #size = 0;
    /** @type {Map<number, Error>} */
    #failed = new Map();

    /**
     * @param {(line: number, signal: AbortSignal) => Promise<Content>} get
     * @param {(line: number) => void} hear told when a line came or failed
     * @param {number} budget values
     */
    constructor(get, hear, budget = BUDGET) {
        this.#get = get;
        this.#hear = hear;
        this.#budget = budget;
    }

    /** Lines that failed, and why. @returns {ReadonlyMap<number, Error>} */
    get failed() {
        return this.#failed;
    }

    /** Values held. */
    get size() {
        return this.#size;
    }

    /** Lines asked for that have not come. */
    get pending() {
        return this.#running.size;
    }

    /** @param {number} line @returns {Content | null} */
    content(line) {
        const content = this.#held.get(line);
        if (!content) return null;
        this.#held.delete(line);
        this.#held.set(line, content);
        return content;
    }

    /**
     * Fetch these lines, in this order, and give up what is under way beside them.
     * @param {readonly number[]} lines
     */
    want(lines) {
        const wanted = new Set(lines);
        for (const [line, running] of this.#running) {
            if (wanted.has(line)) continue;
            this.#running.delete(line);
            running.abort();
        }
        for (const line of this.#failed.keys()) if (!wanted.has(line)) this.#failed.delete(line);
        for (const line of lines) {
            if (this.#running.has(line) || this.#failed.has(line) || this.content(line)) continue;
            void this.#fetch(line);
        }
    }

    /** Try again what failed. */
    retry() {
        const lines = [...this.#failed.keys()];
        this.#failed.clear();
        for (const line of lines) {
            void this.#fetch(line);
            this.#hear(line);
        }
    }

    /** Give everything up. */
    clear() {
        this.want([]);
        this.#held.clear();
        this.#size = 0;
    }

    /** @param {number} line */
    async #fetch(line) {
        const running = new AbortController();
        this.#running.set(line, running);
        try {
            const content = await this.#places.run(running.signal, (signal) => this.#get(line, signal));
            if (running.signal.aborted) return;
            this.#keep(line, content);
        } catch (error) {
            if (running.signal.aborted) return;
            this.#failed.set(line, error instanceof Error ? error : new Error(String(error)));
        }
        this.#running.delete(line);
        this.#hear(line);
        this.#forget();
    }

    /** @param {number} line @param {Content} content */
    #keep(line, content) {
        const before = this.#held.get(line);
        if (before) this.#size -= sizeOf(before);
        this.#held.delete(line);
        this.#held.set(line, content);
        this.#size += sizeOf(content);
    }

    #forget() {
        for (const [line, content] of this.#held) {
            if (this.#size <= this.#budget) return;
            this.#held.delete(line);
            this.#size -= sizeOf(content);
        }
    }
}
