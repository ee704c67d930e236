// Whether the signal fits the line, and which leads would: in what arrives, out what to offer. Time is an
// argument. It offers fewer leads, never fewer samples, and takes nothing away by itself.

/** Seconds of wall time over which arrivals are counted: longer than a lost packet holds up the rest. */
const LOOK = 6;
/** Seconds of wall time that tell how narrow the line is by now, and how many frames at least do. */
const RECENT = 2;
const FEW = 4;
/** Seconds of wall time at hand above which nothing is wrong, however slowly the rest comes. */
const LOW = 1;
/** Less than this part of the signal's own pace is too little; frames come in steps, so not 1. */
const SHORT_OF = 0.95;
/** Seconds for which little is at hand though it comes early: the line has nothing to spare. */
const THIN = 8;
/** Less than this part of the signal's pace is not what a line with something to spare brings. */
const SPARE = 1.1;
/** Waits for the line within so many seconds that are too many, even where the pace is nearly kept. */
const WAITS = 4;
const WAITS_WITHIN = 30;
/** Seconds without a frame that are an outage: of how narrow the line is they say nothing. */
const SILENT = 2.5;
/** So long it has to look bad before anything is said: an outage that ends is not a narrow line. */
const SURE = 1.5;
/** So long all has to be well, with most of what is wished at hand, before an offer is withdrawn. */
const WELL = 6;
/** Part of the measured rate that the leads offered may need: a line is not the same all the time. */
const SAFE = 0.8;
/** Seconds for which an offer that was put aside is not made again for the same leads and pace. */
const QUIET = 180;

/** What of twelve leads tells most, and what two others tell already comes last. */
const WORTH = [
    "II", "MLII", "V1", "V5", "MCL1", "I", "V2", "V4", "V6", "V3", "V", "III", "AVF", "AVL", "AVR",
];

/**
 * Bytes a second; `keep` in the order shown. `fits`: whether what is kept fits too.
 * @typedef {{ rate: number, needed: number, keep: string[], of: number, fits: boolean }} Offer
 */

/**
 * How it stands. `leads` shown, each with its `kind`; `moving`: whether more of the signal has to come now;
 * `depth`: seconds of wall time at hand beyond what is drawn; `waits`: whether the server waits for the line.
 * @typedef {{
 *   leads: readonly { name: string, kind: string }[], fs: number, speed: number, moving: boolean,
 *   depth: number, waits: boolean,
 * }} Standing
 */

/**
 * Return which `count` leads to keep, in the order in which they stand.
 * @param {readonly { name: string, kind: string }[]} leads
 * @param {number} count
 */
export function worthiest(leads, count) {
    /** @param {{ name: string, kind: string }} lead */
    const place = ({ name, kind }) => {
        const at = WORTH.indexOf(name.toUpperCase());
        return (kind === "ecg" ? 0 : WORTH.length + 1) + (at < 0 ? WORTH.length : at);
    };
    const kept = new Set([...leads].sort((a, b) => place(a) - place(b)).slice(0, count));
    return leads.filter((lead) => kept.has(lead)).map((lead) => lead.name);
}

/** Watches one subscription. */
export class Thrift {
    /** @type {{ at: number, samples: number, bytes: number }[]} */
    #arrivals = [];
    /** When the server began to wait for the line. @type {number[]} */
    #waits = [];
    #waiting = false;
    /** @type {number | null} */
    #badSince = null;
    /** @type {number | null} */
    #lowSince = null;
    /** @type {number | null} */
    #wellSince = null;
    /** @type {Offer | null} */
    #offer = null;
    #subject = "";
    #quiet = { subject: "", until: -Infinity };

    /** What is offered now. */
    get offer() {
        return this.#offer;
    }

    /**
     * A frame came.
     * @param {number} samples
     * @param {number} bytes
     * @param {number} now
     */
    arrived(samples, bytes, now) {
        this.#arrivals.push({ at: now, samples, bytes });
    }

    /** Begin anew: what comes now is of another place, or over another line. */
    turn() {
        this.#arrivals = [];
        this.#badSince = this.#lowSince = this.#wellSince = null;
    }

    /** Somebody put the offer aside. @param {number} now */
    later(now) {
        this.#quiet = { subject: this.#subject, until: now + QUIET };
        this.#withdraw();
    }

    /**
     * Look how it stands; call it often. Returns what is offered.
     * @param {Standing} standing
     * @param {number} now
     */
    look({ leads, fs, speed, moving, depth, waits }, now) {
        this.#about(JSON.stringify([leads.map((lead) => lead.name), speed]));
        this.#wait(waits, now);
        if (!moving) {
            this.turn();
            return this.#offer;
        }
        const rate = fs * speed;
        this.#arrivals = this.#arrivals.filter((one) => one.at >= now - LOOK);
        const pace = this.#pace(rate, now);
        const bad = pace !== null && (waits || !this.#silent(now)) && this.#short(pace, depth, now);
        this.#badSince = bad ? (this.#badSince ?? now) : null;
        this.#wellSince = depth > LOW && !waits ? (this.#wellSince ?? now) : null;
        if (this.#offer) {
            if (this.#wellSince !== null && now - this.#wellSince >= WELL) this.#withdraw();
        } else if (pace !== null && this.#badSince !== null && now - this.#badSince >= SURE) {
            this.#make(leads, rate, now);
        }
        return this.#offer;
    }

    /** What an offer was made of is not so any more. @param {string} subject */
    #about(subject) {
        if (subject === this.#subject) return;
        this.#subject = subject;
        this.#waits = [];
        this.#withdraw();
        this.turn();
    }

    /** @param {boolean} waits @param {number} now */
    #wait(waits, now) {
        if (waits && !this.#waiting) this.#waits.push(now);
        this.#waiting = waits;
        this.#waits = this.#waits.filter((at) => at > now - WAITS_WITHIN);
    }

    #withdraw() {
        this.#offer = null;
        this.#badSince = this.#wellSince = null;
    }

    /** Whether it is too little. @param {number} pace @param {number} depth @param {number} now */
    #short(pace, depth, now) {
        if (depth > LOW) {
            this.#lowSince = null;
            return false;
        }
        this.#lowSince ??= now;
        if (pace < SPARE && now - this.#lowSince >= THIN) return true;
        return pace < SHORT_OF || (pace < 1 && this.#waits.length >= WAITS);
    }

    /** @param {number} now */
    #silent(now) {
        return now - (this.#arrivals.at(-1)?.at ?? -Infinity) > SILENT;
    }

    /**
     * Part of the signal's own pace at which it arrives; null where too little has been seen.
     * @param {number} rate
     * @param {number} now
     */
    #pace(rate, now) {
        const first = this.#arrivals.at(0);
        if (!first || now - first.at < LOOK / 2) return null;
        return since(this.#arrivals, now).samples / rate;
    }

    /**
     * What arrived of late, a second, where that is less: a line that has become narrow was wide before.
     * @param {number} now
     */
    #brought(now) {
        const all = since(this.#arrivals, now);
        const recent = this.#arrivals.filter((one) => one.at >= now - RECENT);
        if (recent.length < FEW) return all;
        // From frame to frame: they come in steps, and few of them in so short a time.
        const late = since(recent, recent[recent.length - 1].at);
        return late.samples < all.samples ? late : all;
    }

    /**
     * @param {Standing["leads"]} leads
     * @param {number} rate
     * @param {number} now
     */
    #make(leads, rate, now) {
        const quiet = this.#quiet.subject === this.#subject && now < this.#quiet.until;
        const { samples, bytes } = this.#brought(now);
        if (quiet || leads.length < 2 || bytes <= 0) return;
        const pace = samples / rate;
        const room = Math.floor(SAFE * pace * leads.length);
        const count = Math.min(leads.length - 1, Math.max(1, room));
        this.#offer = {
            rate: bytes, needed: bytes / pace, keep: worthiest(leads, count), of: leads.length, fits: room >= 1,
        };
    }
}

/**
 * Return what arrives a second, counted from the first of `arrivals`, which is there already, until `then`.
 * @param {readonly { at: number, samples: number, bytes: number }[]} arrivals
 * @param {number} then
 */
function since(arrivals, then) {
    const [first, ...rest] = arrivals;
    const seconds = then - first.at;
    const sum = (/** @type {"samples" | "bytes"} */ what) => rest.reduce((total, one) => total + one[what], 0) / seconds;
    return { samples: sum("samples"), bytes: sum("bytes") };
}
