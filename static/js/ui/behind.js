// How far from what is played one looks: behind it, or ahead.

import { BEHIND } from "../texts/behind.js";
import { anyPart, write } from "./page.js";
import { positionWords } from "./words.js";

/** @typedef {{ shown: number, lookStart: number, lookStop: number, fs: number, playing: boolean }} Sight */

/**
 * Return how far the playhead is from what is in sight, in words; empty where it is in sight. Seconds are
 * rounded down: what was just left is 0:00 behind.
 * @param {Sight} sight samples; `shown` is the playhead
 */
export function behindWords({ shown, lookStart, lookStop, fs, playing }) {
    if (shown > lookStop) return BEHIND.behind(shortly((shown - lookStop) / fs), playing);
    if (shown < lookStart) return BEHIND.ahead(shortly((lookStart - shown) / fs), playing);
    return "";
}

/** `0:20`, `1:05:00`. @param {number} seconds */
function shortly(seconds) {
    const words = positionWords(seconds);
    return words.startsWith("0:") ? words.slice(2).replace(/^0(\d:)/, "$1") : words;
}

/** The counter over the picture. */
export class Behind {
    #element = anyPart("behind");

    /** @param {Sight | null} sight null = one looks at what is played */
    show(sight) {
        const words = sight ? behindWords(sight) : "";
        this.#element.hidden = words === "";
        write(this.#element, words);
    }
}
