// One subscription followed: what tiles the samples, what is dropped, what is a fault (protocol, rules 1, 2).

import { BadMessage } from "../wire/frames.js";

/** @typedef {import("../wire/frames.js").Frame} Frame */
/** @typedef {import("../wire/events.js").Subscribed} Subscribed */
/** @typedef {import("../wire/events.js").State} State */
/** @typedef {import("../wire/events.js").Gap} Gap */

/** Samples that never came and were never declared a gap: a fault, to be shown, then to reconnect. */
export class Hole extends Error {
    /** @param {number} expected @param {number} got */
    constructor(expected, got) {
        super(`the signal jumped from sample ${expected} to ${got}`);
        this.expected = expected;
        this.got = got;
    }
}

/** Follows one `sid`. */
export class Follower {
    /** @type {Subscribed | State | null} */
    #standing = null;
    #next = 0;
    /** Commands on their way whose answer begins a new tiling: what comes before it is dropped. */
    #turning = 0;

    /** The first sample not received yet. */
    get next() {
        return this.#next;
    }

    /** What the server said last, null before it said anything. */
    get standing() {
        return this.#standing;
    }

    /** Whether what comes now is of a place or of leads already left. */
    get turning() {
        return this.#turning > 0;
    }

    /** How to read a frame. @returns {{ dtype: import("../wire/frames.js").Dtype, leads: number }} */
    get form() {
        if (!this.#standing) throw new BadMessage("a frame before its subscription");
        return { dtype: this.#standing.dtype, leads: this.#standing.leads.length };
    }

    /** The socket is gone: nothing on its way will be answered. */
    lost() {
        this.#turning = 0;
    }

    /** A `seek` or `leads` went out. */
    turn() {
        this.#turning++;
    }

    /** A `seek` or `leads` was answered by an error: the old tiling went on, but was dropped here. */
    refused() {
        this.#turning--;
    }

    /** @param {Subscribed} event */
    subscribed(event) {
        this.#standing = event;
        this.#next = event.next;
        this.#turning = 0;
    }

    /**
     * Take a `state`. Returns whether a new tiling begins at its `next`: nothing joins it to what was
     * before. While other answers are awaited it is of the past, but for its clock.
     * @param {State} event
     * @param {boolean} turned whether it answers a `seek` or `leads`
     */
    state(event, turned) {
        if (turned) this.#turning--;
        this.#standing = event;
        if (this.#turning > 0) return false;
        const jumped = event.next !== this.#next;
        this.#next = event.next;
        return turned || jumped || event.why === "looped";
    }

    /**
     * Return whether the frame is to be taken; it then is the next one. Throws Hole.
     * @param {Frame} frame
     */
    frame(frame) {
        if (this.#turning > 0) return false;
        if (frame.start !== this.#next) throw new Hole(this.#next, frame.start);
        this.#next = frame.start + frame.count;
        return true;
    }

    /**
     * Return whether the gap is to be taken: as samples (`leads` null), or as a remark. Throws Hole.
     * @param {Gap} gap
     */
    gap(gap) {
        if (this.#turning > 0) return false;
        if (gap.leads !== null) return true;
        if (gap.start !== this.#next || gap.stop <= gap.start) throw new Hole(this.#next, gap.start);
        this.#next = gap.stop;
        return true;
    }
}
