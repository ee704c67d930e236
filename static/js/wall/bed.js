// One bed: its subscription followed, its samples on the shared clock, and what can be said of them. It
// knows neither socket nor screen; time is an argument, `now` ours and `serverNow` the server's, in seconds.

import { Follower } from "../signal/follower.js";
import { Delay, Shown } from "../signal/playhead.js";
import { STALE_AFTER } from "../signal/staleness.js";
import { decodeFrame } from "../wire/frames.js";
import { lapOf, Tape } from "./tape.js";
import { NUMBER_LASTS, truthOf } from "./truth.js";
import { NET } from "../texts/net.js";
import { WALL } from "../texts/wall.js";

/** @typedef {import("../wire/events.js").Subscribed} Subscribed */
/** @typedef {import("../wire/events.js").State} State */
/** @typedef {import("../wire/events.js").Gap} Gap */

/**
 * A bed as the wall's definition has it.
 * @typedef {{ name: string, unit: string | null, gain: number, baseline: number, kind: string }} BedLead
 * @typedef {{
 *   label: string, pseudonym: string | null, record: string, kind: string, at: string, leads: BedLead[], fs: number,
 *   missing: string | null,
 * }} BedPlan
 * `missing`: why there is nothing to subscribe to.
 */

/** Seconds before its time at which a sample comes only where a clock stood still, ours or the server's. */
const EARLY_S = 2;

/** Seconds within which a bed whose signal is on its way has a frame: one comes every 0.2 s. */
const FLOWS_S = 1;

/** Seconds without a beat that are a pause. */
const PAUSE_S = 2.5;

/** What is subscribed to: a bed whose plan has another of these is another one. @param {BedPlan} plan */
export const subjectOf = ({ record, at, leads }) => JSON.stringify([record, at, leads.map((lead) => lead.name)]);

/** This machine slept, or the server's clock is another one. */
export class ClockFault extends Error {}

/** Follows one bed. */
export class Bed {
    /** @type {BedPlan} */
    plan;
    tape = new Tape();
    /** Why nothing comes, null where there is no such reason. @type {{ title: string, text: string, final: boolean } | null} */
    trouble = null;
    /** The command whose answer is awaited: what comes before it is of another subscription. @type {number | null} */
    awaited = null;
    /** How often it was asked for in vain. */
    attempts = 0;
    /** Calls off the next attempt. @type {(() => void) | null} */
    cancelRetry = null;
    /** Samples of the hole that the last return left. */
    hole = 0;
    /** Its record's dates were moved. */
    shifted = false;
    /** When the newest sample was new of the bed that it took the place of, of the same record. @type {number | null} */
    #had = null;
    #standing = false;
    #follower = new Follower();
    #delay = new Delay();
    #shown = new Shown();
    #opened;
    #length = 0;
    /** When a frame came last. */
    #heard = -Infinity;
    /** The clock in positions. @type {import("../wire/events.js").Clock | null} */
    #clock = null;
    /** Where the playhead was when the server's clock was lost: time goes on by ours. @type {{ position: number, at: number } | null} */
    #adrift = null;
    /** @type {{ value: number | null, at: number } | null} */
    #rate = null;
    #rated = false;
    /** The pause that lasts: the position of the beat before it, and when it was said last. @type {{ since: number, at: number } | null} */
    #pause = null;

    /** @param {BedPlan} plan @param {number} now */
    constructor(plan, now) {
        this.plan = plan;
        this.#opened = now;
        if (plan.missing) this.trouble = { title: WALL.notShown, text: plan.missing, final: true };
    }

    /**
     * Count on from what was here before: the record was taken away, and its samples grow older.
     * @param {Bed} old @param {number} now @param {number} serverNow @param {number} silence
     */
    inPlaceOf(old, now, serverNow, silence) {
        const { age, aged } = old.truth(now, serverNow, silence);
        if (aged && this.plan.missing && old.plan.record === this.plan.record) this.#had = now - age;
    }

    get standing() {
        return this.#standing;
    }

    /** The heart rate that the server said last. */
    get heartRate() {
        return this.#rate;
    }

    /** Whether anything was ever said of a heart rate. */
    get rated() {
        return this.#rated;
    }

    /**
     * Seconds without a beat, up to what is on the screen; null where that is no pause, or not said any more.
     * @param {number} now
     */
    pause(now) {
        if (!this.#pause || now - this.#pause.at >= NUMBER_LASTS) return null;
        const seconds = (this.shown - this.#pause.since) / this.tape.fs;
        return seconds > PAUSE_S ? seconds : null;
    }

    /** The first position not on the screen, with a fraction. */
    get shown() {
        return this.#shown.sample;
    }

    /** The sample of the record that is on the screen; 0 before there is one. */
    get sample() {
        const { ring } = this.tape;
        if (!ring) return 0;
        const sample = Math.floor(this.#shown.sample) - this.tape.position(0);
        return this.#length ? ((sample % this.#length) + this.#length) % this.#length : Math.max(0, sample);
    }

    /**
     * The position that is due now; null before the server told of its clock.
     * @param {number} now
     * @param {number} serverNow
     */
    playhead(now, serverNow) {
        const clock = this.#clock;
        if (!clock) return null;
        if (this.#adrift) return this.#adrift.position + (now - this.#adrift.at) * this.tape.fs;
        return clock.sample + (serverNow - clock.time) * clock.rate;
    }

    /** The subscription stands no more; the picture does, and time goes on. @param {number} now @param {number} serverNow */
    lost(now, serverNow) {
        const position = this.playhead(now, serverNow);
        if (position !== null && !this.#adrift) this.#adrift = { position, at: now };
        this.#standing = false;
        this.awaited = null;
        this.#rate = null;
        this.#pause = null;
        this.#follower.lost();
    }

    /**
     * @param {Subscribed} event
     * @param {number} utcAhead UTC less the server's time, in seconds
     * @param {number} now
     */
    subscribed(event, utcAhead, now) {
        const { clock, fs, leads, next, length, version } = event;
        this.#follower.subscribed(event);
        this.shifted = event.dates_shifted;
        this.#length = this.plan.at === "shared" ? length : 0;
        const hole = this.tape.begin({ leads, fs, next, version, offset: this.#offset(clock, utcAhead, fs) });
        if (hole < 0) {
            this.#shown.reset(this.tape.position(next));
            this.#opened = now;
        }
        this.hole = Math.max(0, hole);
        this.#hold(clock, now);
        this.#standing = true;
        this.awaited = null;
        this.attempts = 0;
        this.trouble = null;
    }

    /** @param {State} event @param {number} utcAhead @param {number} now */
    state(event, utcAhead, now) {
        if (!this.#standing) return;
        const turned = this.#follower.state(event, false);
        if (turned) {
            const offset = this.#offset(event.clock, utcAhead, this.tape.fs);
            this.tape.loop(event.next, offset);
        }
        this.#hold(event.clock, now);
    }

    /** @param {import("../wire/events.js").Clock} clock @param {number} utcAhead @param {number} fs */
    #offset(clock, utcAhead, fs) {
        return this.#length * lapOf(clock, clock.time + utcAhead, fs, this.#length);
    }

    /** @param {import("../wire/events.js").Clock} clock @param {number} now */
    #hold(clock, now) {
        this.#clock = { ...clock, sample: this.tape.position(clock.sample) };
        this.#adrift = null;
        this.#delay.changed(now);
    }

    /** @param {Gap} gap */
    gap(gap) {
        if (!this.#standing || !this.#follower.gap(gap)) return;
        if (gap.leads === null) this.tape.gap(gap.stop, gap.reason);
        else if (gap.reason !== "missing") this.tape.remark(gap);
    }

    /**
     * Returns the server's time at which it was due, null where it is none of this subscription.
     * @param {unknown[]} message @param {number} now @param {number} serverNow
     */
    frame(message, now, serverNow) {
        if (!this.#standing || !this.#clock) return null;
        const frame = decodeFrame(message, this.#follower.form);
        if (!this.#follower.frame(frame)) return null;
        const playhead = this.playhead(now, serverNow) ?? 0;
        const start = this.tape.position(frame.start);
        const { rate } = this.#clock;
        if (rate > 0 && start - playhead > EARLY_S * rate) {
            throw new ClockFault(NET.clockStill);
        }
        this.tape.put(frame.start, frame.values);
        this.#delay.arrived(start, playhead, rate, now);
        this.#heard = now;
        return rate > 0 ? this.#clock.time + (start - this.#clock.sample) / rate : null;
    }

    /** Whether frames come, be they old. @param {number} now */
    flowing(now) {
        return this.#standing && now - this.#heard < FLOWS_S;
    }

    /** @param {import("../wire/events.js").Numeric} event @param {number} now @param {number} serverNow */
    numeric({ name, sample, value, reason }, now, serverNow) {
        if (!this.#standing || (name !== "hr" && name !== "pause")) return;
        const playhead = this.playhead(now, serverNow);
        const position = this.tape.position(sample);
        const late = playhead === null ? 0 : (playhead - position) / this.tape.fs;
        // Of which moment it is counts, not when it came.
        const at = now - Math.max(0, late);
        this.#rated = true;
        if (name === "pause") this.#pause = value === null ? null : { since: position - value * this.tape.fs, at };
        else {
            this.#rate = { value, at };
            if (reason !== "pause") this.#pause = null;
        }
    }

    /**
     * Seconds by which what was received is behind; 0 where nothing stands that could be.
     * @param {number} now
     * @param {number} serverNow
     */
    lag(now, serverNow) {
        const playhead = this.playhead(now, serverNow);
        if (playhead === null || !this.#standing) return 0;
        return Math.max(0, (playhead - this.tape.end) / this.tape.fs);
    }

    /**
     * Let the picture go on to this moment.
     * @param {number} now
     * @param {number} serverNow
     * @param {number} elapsed seconds since the last step
     */
    step(now, serverNow, elapsed) {
        const { ring, fs, end } = this.tape;
        const playhead = this.playhead(now, serverNow);
        if (!ring || playhead === null) return;
        this.#delay.settle(Math.min(1, elapsed));
        const behind = this.#delay.seconds * fs;
        // What is late leaves the clock alone: the sweep goes on, and wipes out what is old.
        if (playhead - end > STALE_AFTER * fs) this.tape.void(Math.floor(playhead - behind));
        ring.reach(Math.ceil(playhead) + Math.ceil(fs));
        this.#shown.advance(playhead, behind, ring.declared);
    }

    /**
     * @param {number} now
     * @param {number} serverNow
     * @param {number} silence seconds since the socket was heard
     */
    truth(now, serverNow, silence) {
        const playhead = this.playhead(now, serverNow);
        const { newest, end, fs } = this.tape;
        const pictured = playhead !== null && newest !== null;
        const since = pictured ? Math.max(0, (playhead - newest) / fs) : now - (this.#had ?? this.#opened);
        const age = pictured && silence >= STALE_AFTER ? Math.max(since, silence) : since;
        const declared = this.#standing && playhead !== null && (playhead - end) / fs < STALE_AFTER && silence < STALE_AFTER;
        const signs = { live: this.plan.kind === "live", refused: this.trouble?.final ?? false, pictured, age, declared };
        const truth = truthOf(signs);
        // What is on the screen is a little older than what is at hand.
        const seen = pictured ? Math.max(age, (playhead - this.#shown.sample) / fs) : age;
        return { ...truth, age: seen, pictured, aged: pictured || this.#had !== null, declared };
    }
}
