// Which heart rate stands beside a picture: the newest that is known of what is on the screen, and no other. Pure.

import { runAt } from "./beatbook.js";
import { rateAt } from "./beats.js";
import { upperBound } from "./sorted.js";

/** A value that the server told, at the rate that is shown. @typedef {{ sample: number, value: number | null, reason: string | null }} Told */
/**
 * `bpm` null = not valid, `why` says why; `pauseS`: how long a pause has lasted by now, null = there is none.
 * @typedef {{ bpm: number | null, why: string, pauseS: number | null }} HeartRate
 */

/** Seconds without a beat after which the server speaks of a pause (protocol, section 3: beats). */
const PAUSE_S = 2.5;

/** Values as they were told: they come before what they belong to is on the screen. */
export class Numerics {
    /** @type {Told[]} */
    #told = [];

    /** What is shown goes on elsewhere. */
    clear() {
        this.#told.length = 0;
    }

    /** @param {Told} told */
    add(told) {
        const last = this.#told.at(-1);
        // Told again from there on.
        if (last && told.sample < last.sample) this.clear();
        this.#told.push(told);
    }

    /** The newest of what is on the screen; null = none. @param {number} shown @returns {Told | null} */
    at(shown) {
        const place = upperBound(this.#told.map(({ sample }) => sample), shown) - 1;
        if (place > 0) this.#told.splice(0, place);
        return place < 0 ? null : this.#told[0];
    }
}

/**
 * Return the rate at the last sample on the screen.
 * @param {{ shown: number, fs: number }} place
 * @param {Told | null} told
 * @param {import("../ui/beats.js").Shown | null} beats
 * @returns {HeartRate}
 */
export function heartRate({ shown, fs }, told, beats) {
    const known = beats && runAt(beats.known, shown) ? rateAt(beats.rates, shown) : null;
    const { bpm, why } = known ?? (told ? { bpm: told.value, why: told.reason ?? "" } : { bpm: null, why: "analysing" });
    if (why !== "pause") return { bpm, why: bpm === null ? why : "", pauseS: null };
    const pause = beats ? runAt(beats.pauses, shown) : null;
    // Where the beats are not at hand: it was told when it had lasted so long.
    const since = pause ? pause.start : (told?.sample ?? shown) - PAUSE_S * fs;
    return { bpm: null, why, pauseS: (shown - since) / fs };
}
