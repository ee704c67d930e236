// The time of a session that is replayed: how far it is, and how fast it goes. Pure: time is an argument.

/** The paces that a server plays at (PROTOCOL, `speed`). */
export const SLOWEST = 0.1;
export const FASTEST = 32;

/** The paces that a replay is offered at. */
export const PACES = [0.25, 0.5, 1, 2, 4, 8, 16];

/**
 * Return at what pace a stretch of a session can be replayed that wants to be at `pace`: what was played fast
 * already is not replayed faster than the server plays, so that no sample is left out.
 * @param {number} pace
 * @param {{ moving: boolean, speed: number }} view
 */
export function paceOf(pace, { moving, speed }) {
    if (!moving) return pace;
    return Math.min(Math.max(pace, SLOWEST / speed), FASTEST / speed);
}

/** Counts from an anchor; at every change it is set anew. */
export class SessionClock {
    #t = 0;
    #now = 0;
    #pace = 0;

    /** Milliseconds of the session a millisecond of its watcher; 0 = it stands. */
    get pace() {
        return this.#pace;
    }

    /** @param {number} now ms @returns {number} ms since the session began */
    at(now) {
        return this.#t + (now - this.#now) * this.#pace;
    }

    /** @param {number} t @param {number} now */
    set(t, now) {
        this.#t = t;
        this.#now = now;
    }

    /** Go on at another pace. @param {number} pace @param {number} now */
    go(pace, now) {
        if (pace === this.#pace) return;
        this.set(this.at(now), now);
        this.#pace = pace;
    }
}
