// Whether the picture can be trusted (protocol, rules 4 and 5), and the one word for how it stands.

/** Seconds without a message, or of lag, after which the picture is stale: on the screen within 2 s. */
export const STALE_AFTER = 1.8;

/** Seconds of lag at which the server is told at once, and else how often. */
export const LAG_TO_REPORT = 1;
export const REPORT_EVERY = 30;

/** Seconds of waiting for an answer that nobody needs to be told of. */
export const PATIENCE = 0.25;

/**
 * Seconds of wall time by which what was received (or declared a gap) is behind the playhead.
 * @param {number} playhead
 * @param {number} stop the first sample not received
 * @param {number} rate samples a second; 0 = the clock stands, and nothing can lag
 */
export function lagOf(playhead, stop, rate) {
    // The newest sample is stop - 1, but the one after it is not due before its own time.
    return rate > 0 ? Math.max(0, (playhead - stop) / rate) : 0;
}

/** @typedef {"loading" | "playing" | "paused" | "ended" | "stale" | "offline"} Condition */

/**
 * @typedef {{
 *   refused: boolean,
 *   pictured: boolean,
 *   reachable: boolean,
 *   silence: number,
 *   lag: number,
 *   old: number,
 *   waiting: number,
 *   held: boolean,
 *   ended: boolean,
 *   playing: boolean,
 * }} Signs
 * `refused`: nothing more will come. `pictured`: there is a picture. `reachable`: no attempt to connect
 * has failed. `silence`, `lag`, `old` (since the newest sample was due that came, where another one is awaited) and
 * `waiting` (for an answer) in seconds.
 */

/**
 * Return how the picture stands, and how old it is (seconds; 0 where it is of now). What the server holds for its data
 * is loading, however long that takes: it is old all the same.
 * @param {Signs} signs
 * @returns {{ condition: Condition, age: number }}
 */
export function conditionOf(signs) {
    const { refused, pictured, reachable, silence, lag, old, waiting, held, ended, playing } = signs;
    if (refused) return { condition: "offline", age: 0 };
    if (!pictured) return { condition: reachable ? "loading" : "offline", age: 0 };
    const age = Math.max(silence, lag, old);
    if (Math.max(silence, lag) > STALE_AFTER) return { condition: "stale", age };
    if (waiting > PATIENCE || held) return { condition: "loading", age: age > STALE_AFTER ? age : 0 };
    if (age > STALE_AFTER) return { condition: "stale", age };
    if (ended) return { condition: "ended", age: 0 };
    return { condition: playing ? "playing" : "paused", age: 0 };
}
