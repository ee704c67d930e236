// A newer version was deployed: the page loads itself again, at a quiet moment, once for each. Pure.

/** @typedef {import("../ui/memory.js").Store} Store */

/** Seconds since the last trouble that make a moment quiet. */
const QUIET_S = 30;
/** Seconds after which any moment will do: a screen that is never quiet must not stay old for ever. */
const PATIENT_S = 600;

const KEY = "ecgstream.wall.renewed";

/** Versions remembered: in a rolling upgrade two answer by turns. */
const MOST = 8;

/** Knows which version the page came with. */
export class Renewal {
    #store;
    #first = "";
    /** Since when another version answers, in seconds. @type {number | null} */
    #since = null;

    /** @param {Store} store of the tab */
    constructor(store) {
        this.#store = store;
    }

    /**
     * Return the version to load the page for, null for none now.
     * @param {string} server as it welcomed us last, empty before it did
     * @param {{ up: boolean, healthy: number }} moment `healthy` in seconds since the last trouble
     * @param {number} now in seconds
     */
    due(server, { up, healthy }, now) {
        if (!server) return null;
        if (!this.#first) this.#first = server;
        if (server === this.#first) {
            this.#since = null;
            // Long the only one that answers: whatever comes after it is newer, the same again too.
            if (up && healthy >= PATIENT_S) this.#forget();
        } else this.#since ??= now;
        if (this.#since === null || !up) return null;
        if (healthy < QUIET_S && now - this.#since < PATIENT_S) return null;
        return this.#done().includes(server) ? null : server;
    }

    /** It will be loaded for that version. @param {string} server */
    renewing(server) {
        try {
            this.#store.setItem(KEY, JSON.stringify([...this.#done(), server].slice(-MOST)));
        } catch {
            // Full: the page stays, and goes on as it is.
            this.#first = server;
        }
    }

    #forget() {
        try {
            this.#store.removeItem(KEY);
        } catch {
            // Then there is nothing to forget.
        }
    }

    /** @returns {string[]} */
    #done() {
        try {
            const said = JSON.parse(this.#store.getItem(KEY) ?? "[]");
            return Array.isArray(said) ? said.map(String) : [];
        } catch {
            return [];
        }
    }
}
