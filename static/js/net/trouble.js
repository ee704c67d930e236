// What stands between a person and the picture, in words, and when it is tried again.

/**
 * `retryIn` in seconds; null = nothing more will come by itself.
 * @typedef {{ title: string, text: string, login: boolean, retryIn: number | null }} Words
 */

/** @type {Record<string, string>} */
const TITLES = {
    not_found: "There is no such record",
    lead_not_found: "The record has no such lead",
    out_of_range: "The record has no such place",
    bad_field: "These leads cannot be shown together",
    limit: "The server has no room for another picture",
    rate_limited: "Too many commands at once",
    unavailable: "The data cannot be had at the moment",
    corrupt: "The data is damaged",
    internal: "The server failed",
};

/**
 * Return the title of an error code.
 * @param {string} code
 */
export const titleOf = (code) => TITLES[code] ?? "This cannot be shown";

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
