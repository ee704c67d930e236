// Brings what is recorded to the server as it goes: every second what is new, and again what nobody acknowledged.

import { RequestFailed } from "../net/api.js";

/** @typedef {import("./log.js").Event} Event */
/** @typedef {import("./recorder.js").Recorder} Recorder */
/**
 * `after`: how many events lie before these; `until`: ms that the session has lasted; `ended`: it is over;
 * `last`: the page is going away.
 * @typedef {{ after: number, until: number, ended: boolean, events: Event[], last?: boolean }} Batch
 */
/** Resolves to how many events of the session are kept; raises RequestFailed. @typedef {(batch: Batch) => Promise<number>} Post */

/** Milliseconds between two of them: with those that settle and the way there, less than two seconds are at stake. */
export const EVERY = 1000;

/** Events that a batch holds (the server's limit), and that wait here while nobody answers: some ten minutes of a busy hand. */
const BATCH = 2000;
const MOST = 30_000;

/** How it stands: what is kept, what waits, since when (ms) nothing was acknowledged, and why it was given up. */
export class Keeper {
    #recorder;
    #post;
    /** @type {Event[]} */
    #unkept = [];
    #kept = 0;
    #under = false;
    #heard;
    #failure = "";
    #ended = false;

    /** @param {Recorder} recorder @param {Post} post @param {number} now ms */
    constructor(recorder, post, now) {
        this.#recorder = recorder;
        this.#post = post;
        this.#heard = now;
    }

    /** Why nothing more is kept; empty = it is. */
    get failure() {
        return this.#failure;
    }

    /** Whether all is kept and the session over. */
    get ended() {
        return this.#ended;
    }

    /** Milliseconds for which nothing was acknowledged. @param {number} now */
    silent(now) {
        return now - this.#heard;
    }

    /** Events that are on the server. */
    get kept() {
        return this.#kept;
    }

    /**
     * Send what is new. At the end all of it; `last` where the page goes and nobody waits for an answer.
     * @param {() => number} clock ms
     * @param {{ end?: boolean, last?: boolean }} [how]
     */
    async send(clock, { end = false, last = false } = {}) {
        const now = clock();
        this.#unkept.push(...this.#recorder.take(now, { all: end || last }));
        if (this.#failure || this.#ended || (this.#under && !last)) return;
        const events = this.#unkept.slice(0, BATCH);
        const whole = events.length === this.#unkept.length;
        const until = whole ? this.#recorder.lasted(now) : events[events.length - 1].t;
        const after = this.#kept;
        this.#under = true;
        try {
            const kept = await this.#post({ after, until, ended: end && whole, events, ...(last ? { last } : {}) });
            this.#take(after, kept);
            this.#heard = clock();
            this.#ended = end && whole && this.#unkept.length === 0;
        } catch (error) {
            this.#failed(error);
        } finally {
            this.#under = false;
        }
    }

    /** @param {number} after @param {number} kept */
    #take(after, kept) {
        // More than was sent is what a batch brought that seemed lost; less was lost over there.
        if (kept < after) this.#failure = "lost";
        else this.#unkept.splice(0, kept - this.#kept);
        this.#kept = Math.max(this.#kept, kept);
    }

    /** @param {unknown} error */
    #failed(error) {
        if (!(error instanceof RequestFailed)) throw error;
        // Nobody there, or not now: all is kept here and sent again. Anything else will not change.
        const later = error.status === 0 || error.status === 429 || error.status >= 500;
        if (!later) this.#failure = error.message || String(error.status);
        else if (this.#unkept.length > MOST) this.#failure = "full";
    }
}
