// Which mark the guide asks for. Pure: a step at a time, forth and back.

import { OPTIONAL, STEPS } from "./qt.js";

/** @typedef {import("./calipers.js").Caliper} Caliper */

export class Guide {
    /** The beat being measured; null before its first mark. @type {Caliper | null} */
    caliper = null;
    step = 0;

    get done() {
        return this.step >= STEPS.length;
    }

    /** Whether the mark asked for may be left out. */
    get optional() {
        return this.step === OPTIONAL;
    }

    /** Go on, where the mark asked for is set or may be left out. @returns {boolean} whether it did */
    next() {
        if (this.done || !(this.optional || this.caliper?.marks[this.step])) return false;
        this.step++;
        return true;
    }

    /** Go back to the mark before. */
    back() {
        if (this.step > 0) this.step--;
    }

    /** The beat was removed: begin anew. @param {Caliper | null} caliper null = whichever */
    forget(caliper) {
        if (caliper && caliper !== this.caliper) return;
        this.caliper = null;
        this.step = 0;
    }
}
