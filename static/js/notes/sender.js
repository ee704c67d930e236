// Brings the changes of a book to the server, of each note one after the other, and comes back while nobody answers.

import { retryDelay } from "../net/backoff.js";

/** @typedef {import("./book.js").Book} Book */
/** @typedef {import("./book.js").Request} Request */
/** @typedef {import("./book.js").Outcome} Outcome */
/** @typedef {import("./book.js").News} News */
/**
 * `send`: to the server, never throws; `after`: in so many seconds; `told`: something was heard of a change.
 * @typedef {{
 *   send: (request: Request) => Promise<Outcome & { retryAfterS?: number | null }>, after: (seconds: number, then: () => void) => void,
 *   random: () => number, told: (news: News) => void,
 * }} World
 */

/** The longest that a change waits for another try, in seconds: somebody sits before it. */
const LONGEST_S = 10;

export class Sender {
    #book;
    #world;
    #failures = 0;
    #waiting = false;

    /** @param {Book} book @param {World} world */
    constructor(book, world) {
        this.#book = book;
        this.#world = world;
    }

    /** Send what waits. */
    kick() {
        for (const request of this.#book.take()) void this.#send(request);
    }

    /** Try again now what nobody answered: the line is up. */
    again() {
        this.#book.retry();
        this.kick();
    }

    /** @param {Request} request */
    async #send(request) {
        const outcome = await this.#world.send(request);
        const news = this.#book.settle(request.id, outcome);
        if (outcome.kind === "away") this.#later(outcome.retryAfterS ?? null);
        else this.#failures = 0;
        this.#world.told(news);
        this.kick();
    }

    /** @param {number | null} retryAfterS */
    #later(retryAfterS) {
        if (this.#waiting) return;
        this.#waiting = true;
        const wait = retryDelay(this.#failures++, retryAfterS === null ? null : 1000 * retryAfterS, this.#world.random(), LONGEST_S);
        this.#world.after(wait, () => {
            this.#waiting = false;
            this.again();
        });
    }
}
