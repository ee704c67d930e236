// What stands between a person and the picture, in words, and when it is tried again.

import { NET } from "../texts/net.js";

/**
 * `retryIn` in seconds; null = nothing more will come by itself, infinite = the server tries on by itself.
 * @typedef {{ title: string, text: string, login: boolean, retryIn: number | null }} Words
 */

/**
 * Return the title of an error code.
 * @param {string} code
 */
export const titleOf = (code) => NET.refusals[code] ?? NET.refused;

/** The trouble there is, if any. */
export class Trouble {
    /** @type {{ title: string, text: string, login: boolean, retryAt: number | null } | null} */
    #now = null;

    /** Whether nothing more will come by itself. */
    get final() {
        return this.#now !== null && this.#now.retryAt === null;
    }

    over() {
        this.#now = null;
    }

    /**
     * @param {string} title
     * @param {string} text
     * @param {{ login?: boolean, retryAt: number | null }} then
     */
    say(title, text, { login = false, retryAt }) {
        this.#now = { title, text, login, retryAt };
    }

    /** @param {number} now @returns {Words | null} */
    words(now) {
        if (!this.#now) return null;
        const { title, text, login, retryAt } = this.#now;
        return { title, text, login, retryIn: retryAt === null ? null : Math.max(0, retryAt - now) };
    }
}
