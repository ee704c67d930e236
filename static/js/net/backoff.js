// When to come back, and whether (protocol, rule 6 and section 4).

import { NET } from "../texts/net.js";

const BASE = 0.5;
const CAP = 30;

/**
 * Seconds until the next attempt: what the server asked for, else full jitter, so that ten thousand
 * viewers of a server that went away do not all come back in one moment.
 * @param {number} attempt 0 for the first
 * @param {number | null} retryAfterMs
 * @param {number} random in [0, 1)
 * @param {number} cap the most seconds
 */
export function retryDelay(attempt, retryAfterMs, random, cap = CAP) {
    if (retryAfterMs !== null) return retryAfterMs / 1000;
    return random * Math.min(cap, BASE * 2 ** Math.min(attempt, 16));
}

/**
 * Why a socket closed, for a person.
 * @typedef {{ title: string, text: string, comesBack: boolean, login: boolean }} Closing
 */

/** Those after which it is tried again. */
const COMES_BACK = new Set([1001, 1006, 1011, 1012, 4408, 4429]);
const LOGGED_OUT = 4401;

/**
 * @param {number} code
 * @returns {Closing} one that is not known comes back
 */
export function closingOf(code) {
    const [title, text] = NET.closings[code] ?? [NET.closed, NET.closedWith(code)];
    const known = Object.hasOwn(NET.closings, code);
    return { title, text, comesBack: COMES_BACK.has(code) || !known, login: code === LOGGED_OUT };
}
