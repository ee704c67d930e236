// A part of the page whose code is loaded when it is first wanted: a first picture does not wait for it.

import { MISSING } from "../texts/net.js";

/** @template T */
export class Late {
    #load;
    #notice;
    /** @type {Promise<T> | null} */
    #loading = null;
    /** The part, null until it has come. @type {T | null} */
    here = null;

    /** @param {() => Promise<T>} load @param {(words: string) => void} notice */
    constructor(load, notice) {
        this.#load = load;
        this.#notice = notice;
    }

    /** Whether it was ever wanted. */
    get wanted() {
        return this.#loading !== null;
    }

    /** @returns {Promise<T | null>} null where it cannot be had now, and that was told */
    async want() {
        this.#loading ??= this.#load();
        try {
            return (this.here = await this.#loading);
        } catch {
            // Browsers keep a script that did not come as one that does not exist: only a reload asks again.
            this.#notice(MISSING);
            return null;
        }
    }
}
