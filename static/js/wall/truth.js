// What a tile says of itself: one word, an age, and whether its numbers may be read. Pure.

import { STALE_AFTER } from "../signal/staleness.js";
import { UNITS } from "../texts/units.js";

/** Seconds after which there is no data: the word is on the screen within 5 s. */
const NO_DATA_AFTER = 4.5;

/** Seconds that a number is shown without the server saying it again: old values must not look live. */
export const NUMBER_LASTS = 10;

/** @typedef {"REPLAY" | "LIVE" | "STALE" | "NO DATA" | "LOADING"} Word */

/**
 * @typedef {{
 *   live: boolean,
 *   refused: boolean,
 *   pictured: boolean,
 *   age: number,
 *   declared: boolean,
 * }} Signs
 * `refused`: nothing more will come by itself. `pictured`: a sample was ever here. `age`: seconds since
 * the newest sample was new, or since the tile was asked for. `declared`: the server says that there is
 * nothing, so that this is no matter of the line.
 */

/**
 * `dim`: the trace is of the past. `valid`: numbers may be shown.
 * @typedef {{ word: Word, dim: boolean, valid: boolean }} Truth
 */

/**
 * @param {Signs} signs
 * @returns {Truth}
 */
export function truthOf({ live, refused, pictured, age, declared }) {
    if (refused) return { word: "NO DATA", dim: true, valid: false };
    if (!pictured) return { word: age >= NO_DATA_AFTER ? "NO DATA" : "LOADING", dim: false, valid: false };
    if (age >= NO_DATA_AFTER || (declared && age >= STALE_AFTER)) return { word: "NO DATA", dim: true, valid: false };
    if (age >= STALE_AFTER) return { word: "STALE", dim: true, valid: false };
    return { word: live ? "LIVE" : "REPLAY", dim: false, valid: true };
}

/**
 * Return an age as it stands on a tile: tenths while it is fresh, whole seconds when it counts.
 * @param {number} seconds
 */
export function ageWords(seconds) {
    if (seconds < 1) return UNITS.seconds((Math.floor(seconds * 10) / 10).toFixed(1));
    const whole = Math.floor(seconds);
    if (whole < 100) return UNITS.seconds(String(whole));
    const minutes = Math.floor(whole / 60);
    if (minutes < 60) return UNITS.minutesSeconds(String(minutes), String(whole % 60).padStart(2, "0"));
    const hours = Math.floor(minutes / 60);
    if (hours >= 48) return UNITS.days(String(Math.floor(hours / 24)));
    return UNITS.hoursMinutes(String(hours), String(minutes % 60).padStart(2, "0"));
}

/**
 * Return the number to show; `---` for one that is not valid.
 * @param {{ value: number | null, at: number } | null} said by the server, `at` seconds of ours
 * @param {Truth} truth
 * @param {number} now
 */
export function numberWords(said, truth, now) {
    if (!truth.valid || !said || said.value === null || now - said.at >= NUMBER_LASTS) return "---";
    return String(Math.round(said.value));
}
