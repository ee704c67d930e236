// Where the picture stands: the server's clock, seen from here, less a small delay. Time is an argument.

/** @typedef {import("../wire/events.js").Clock} Clock */

/** Pings remembered: enough to hold one that was not delayed, few enough to follow a drifting clock. */
const PINGS = 8;

/** Seconds that two clocks may drift apart between two pings that are compared. */
const SLACK = 0.05;

/** The server's monotonic time, from the ping that came back soonest: it is the one least delayed. */
export class ServerTime {
    /** @type {{ offset: number, roundTrip: number }[]} */
    #pings = [];
    #offset = 0;
    #boot = "";

    /**
     * Begin anew after a `welcome`. All in seconds.
     * @param {number} serverTime
     * @param {number} now
     * @param {string} boot of which clock it is
     */
    reset(serverTime, now, boot) {
        // Too early by the way here, which a busy line makes long: what was known of the same clock is
        // better, or what is old would look young until the first pong.
        const known = boot === this.#boot ? this.#offset : -Infinity;
        this.#offset = Math.max(known, serverTime - now);
        this.#boot = boot;
        this.#pings = [];
    }

    /**
     * @param {number} sent ours
     * @param {number} received ours
     * @param {number} serverTime theirs, somewhere in between
     */
    pong(sent, received, serverTime) {
        const roundTrip = received - sent;
        if (!(roundTrip >= 0)) return;
        const offset = serverTime - (sent + received) / 2;
        // What both pings say cannot be: a clock stood still meanwhile.
        const apart = (/** @type {{ offset: number, roundTrip: number }} */ one) =>
            Math.abs(one.offset - offset) - (one.roundTrip + roundTrip) / 2;
        if (this.#pings.some((one) => apart(one) > SLACK)) this.#pings = [];
        this.#pings.push({ offset, roundTrip });
        if (this.#pings.length > PINGS) this.#pings.shift();
        this.#offset = this.#pings.reduce((a, b) => (b.roundTrip <= a.roundTrip ? b : a)).offset;
    }

    /**
     * Something came that left the server at `serverTime` or later: it is at least so late there.
     * @param {number} serverTime
     * @param {number} now
     */
    heard(serverTime, now) {
        if (serverTime - now <= this.#offset + SLACK) return;
        // A clock stood still, here or in the pings of before.
        this.#offset = serverTime - now;
        this.#pings = [];
    }

    /** @param {number} now @returns {number} the server's time */
    at(now) {
        return now + this.#offset;
    }
}

/**
 * Return where the playhead is, in samples and fractions of one.
 * @param {Clock} clock
 * @param {number} serverNow
 */
export function playheadAt(clock, serverNow) {
    return clock.sample + (serverNow - clock.time) * clock.rate;
}

/** Frames whose lateness is remembered: ten seconds of them. */
const ARRIVALS = 50;
/** Seconds added to the worst lateness seen, and the bounds of the delay. */
const MARGIN = 0.02;
const LEAST = 0.02;
const MOST = 0.5;
/** Seconds after a change of the clock in which frames catch up with it: they are late by nature. */
const CATCHING_UP = 1;
/** Seconds of delay a second by which it shrinks and grows: the trace never seems to stop or run. */
const SHRINK = 0.05;
const GROW = 0.25;

/** The jitter buffer: how far behind the playhead to draw so that the next frame is always there. */
export class Delay {
    /** @type {number[]} */
    #late = [];
    #seconds = LEAST;
    #counting = 0;

    /** Wall seconds. */
    get seconds() {
        return this.#seconds;
    }

    /**
     * Note a frame that begins at sample `start`, come at `now` when the playhead was at `playhead`.
     * @param {number} start
     * @param {number} playhead
     * @param {number} rate samples a second
     * @param {number} now
     */
    arrived(start, playhead, rate, now) {
        if (rate <= 0 || now < this.#counting) return;
        this.#late.push(Math.max(0, (playhead - start) / rate));
        if (this.#late.length > ARRIVALS) this.#late.shift();
    }

    /** The clock changed: what comes next has to catch up with it. @param {number} now */
    changed(now) {
        this.#counting = now + CATCHING_UP;
    }

    /**
     * Move towards what is needed.
     * @param {number} elapsed seconds since the last call
     */
    settle(elapsed) {
        const worst = this.#late.length ? Math.max(...this.#late) : 0;
        const wanted = Math.min(MOST, Math.max(LEAST, worst + MARGIN));
        const step = wanted - this.#seconds;
        this.#seconds += Math.min(GROW * elapsed, Math.max(-SHRINK * elapsed, step));
    }
}

/** What is on the screen: never past the newest sample, never back. */
export class Shown {
    #sample = 0;

    /** The first sample not shown, with a fraction. */
    get sample() {
        return this.#sample;
    }

    /** @param {number} sample begin anew there */
    reset(sample) {
        this.#sample = sample;
    }

    /**
     * @param {number} playhead
     * @param {number} behind samples by which the picture is delayed
     * @param {number} stop the first sample not received yet
     */
    advance(playhead, behind, stop) {
        const wanted = Math.min(playhead - behind, stop);
        if (wanted > this.#sample) this.#sample = wanted;
        return this.#sample;
    }
}
