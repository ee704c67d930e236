// What a viewer asks: maps with `op` (protocol, Commands). What is left out is not sent.

/**
 * @typedef {{
 *   op: "subscribe" | "unsubscribe" | "play" | "pause" | "seek" | "speed" | "leads" | "report" | "ping",
 *   id?: number,
 *   [field: string]: unknown,
 * }} Command
 */

/**
 * @param {{
 *   id: number, sid: number, record: string, leads: string[] | null, sample: number,
 *   speed: number, paused: boolean, ahead: number,
 * }} wish `sample` is where to begin, `ahead` in seconds of wall time
 * @returns {Command}
 */
export function subscribe({ id, sid, record, leads, sample, speed, paused, ahead }) {
    return { op: "subscribe", id, sid, record, leads, at: { sample }, speed, paused, ahead };
}

/**
 * Ask for what everybody sees now: `at` is "shared" of a stored record, "live" of a live one.
 * @param {{ id: number, sid: number, record: string, leads: string[], at: string }} wish
 * @returns {Command}
 */
export const watch = ({ id, sid, record, leads: names, at }) =>
    ({ op: "subscribe", id, sid, record, leads: names, at, ahead: 0 });

/** @param {number} id @param {number} sid @returns {Command} */
export const unsubscribe = (id, sid) => ({ op: "unsubscribe", id, sid });

/** @param {number} id @param {number} sid @returns {Command} */
export const play = (id, sid) => ({ op: "play", id, sid });

/** @param {number} id @param {number} sid @returns {Command} */
export const pause = (id, sid) => ({ op: "pause", id, sid });

/** @param {number} id @param {number} sid @param {number} sample @returns {Command} */
export const seek = (id, sid, sample) => ({ op: "seek", id, sid, at: { sample } });

/** @param {number} id @param {number} sid @param {number} times @returns {Command} */
export const speed = (id, sid, times) => ({ op: "speed", id, sid, speed: times });

/** @param {number} id @param {number} sid @param {string[] | null} names @returns {Command} */
export const leads = (id, sid, names) => ({ op: "leads", id, sid, leads: names });

/** @param {number} sid @param {number} shown newest sample on the screen @returns {Command} */
export const report = (sid, shown) => ({ op: "report", sid, shown });

/** @param {number} id @param {number} time any number of ours @returns {Command} */
export const ping = (id, time) => ({ op: "ping", id, time });
