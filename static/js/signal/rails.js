// Where a signal stands at the end of what its amplifier or converter can say: not a value, and no line.

import { scaleOf } from "./calibration.js";

/** Samples [start, stop) at the upper (`high`) or lower rail. @typedef {{ start: number, stop: number, high: boolean }} Railed */

/**
 * Seconds and samples of one exact value. A real signal has noise, and its peaks are narrower; the QRS
 * complex of a clipped lead stays a peak.
 */
const LEAST_S = 0.12;
const LEAST = 5;

/** Millivolts from which a value that stands still is no ECG, wherever the rail is. */
const FAR_MV = 2.5;
/** Millivolts from which it is no ECG where it is just the end of a converter's range. */
const END_MV = 1;

/** Runs kept: more than a screen holds. */
const MOST = 1024;

/**
 * Return whether a stored value is the first or last that a converter of 8 to 24 bits can give.
 * @param {number} value
 * @param {number} baseline
 */
export function isEndOfRange(value, baseline) {
    for (let bits = 8; bits <= 24; bits++) {
        const size = 2 ** bits;
        // Two's complement around 0, or counted from 0 around a baseline in the middle.
        if (value === size / 2 - 1 || value === -size / 2 || value === -size / 2 + 1) return true;
        if (baseline > size / 4 && baseline < (size * 3) / 4 && (value === 0 || value === size - 1)) return true;
    }
    return false;
}

/** Finds the runs at the rail of one lead, as its samples come. */
export class RailFinder {
    #scale;
    #baseline;
    #least;
    #value = NaN;
    #start = 0;
    #stop = 0;
    /** @type {Railed[]} */
    #runs = [];

    /** @param {import("../wire/events.js").LeadInfo} lead @param {number} fs */
    constructor(lead, fs) {
        this.#scale = scaleOf(lead);
        this.#baseline = lead.baseline;
        this.#least = Math.max(LEAST, Math.ceil(LEAST_S * fs));
    }

    /** @returns {readonly Railed[]} */
    get runs() {
        return this.#runs;
    }

    /**
     * Take the samples from `start` on. Returns whether a run was found that began before them.
     * @param {number} start
     * @param {Float64Array} values
     */
    take(start, values) {
        if (start !== this.#stop) this.#value = NaN;
        let found = false;
        for (let i = 0; i < values.length; i++) {
            if (values[i] !== this.#value) {
                this.#value = values[i];
                this.#start = start + i;
                continue;
            }
            const stop = start + i + 1;
            if (stop - this.#start < this.#least) continue;
            const last = this.#runs.at(-1);
            if (last && last.start === this.#start) {
                last.stop = stop;
            } else if (this.#isRail(this.#value)) {
                this.#runs.push({ start: this.#start, stop, high: this.#millivolts(this.#value) > 0 });
                if (this.#runs.length > MOST) this.#runs.shift();
                found ||= this.#start < start;
            }
        }
        this.#stop = start + values.length;
        return found;
    }

    /** Forget what ends before sample `start`. @param {number} start */
    forget(start) {
        while (this.#runs.length && this.#runs[0].stop <= start) this.#runs.shift();
    }

    /** Forget everything from sample `stop` on. @param {number} stop */
    truncate(stop) {
        this.#runs = this.#runs.filter((run) => run.start < stop);
        const last = this.#runs.at(-1);
        if (last) last.stop = Math.min(last.stop, stop);
        if (this.#stop > stop) this.#value = NaN;
    }

    /** @param {number} value */
    #millivolts(value) {
        return value * this.#scale.slope + this.#scale.offset;
    }

    /** @param {number} value */
    #isRail(value) {
        if (!this.#scale.volts) return false;
        const far = Math.abs(this.#millivolts(value));
        return far >= FAR_MV || (far >= END_MV && isEndOfRange(value, this.#baseline));
    }
}
