// The samples at hand: [start, stop) of every lead, by sample index, as stored. Bounded.

/** A run of missing samples of one lead, [start, stop). @typedef {{ start: number, stop: number }} Run */
/** Why samples are missing; `leads` null = all. @typedef {{ start: number, stop: number, leads: string[] | null, reason: string }} Remark */

/** Runs and remarks kept; far more than a screen holds. */
const MOST = 4096;

/** Holds the newest `capacity` samples of `leads` leads. What is missing is NaN. */
export class Ring {
    #capacity;
    #leads;
    /** @type {Float64Array[]} */
    #values;
    #start = 0;
    #stop = 0;
    /** Samples up to here are known to be missing, but not written: they would push out what is shown. */
    #declared = 0;
    /** @type {Run[][]} */
    #runs;
    /** @type {Remark[]} */
    #remarks = [];
    /** Samples that do not join the one before them, though both are at hand. @type {number[]} */
    #cuts = [];
    /** Counts whatever changes samples that were there before, or what is said of them. */
    revision = 0;

    /**
     * @param {number} capacity in samples
     * @param {number} leads how many
     * @param {number} at the index of the first sample to come
     */
    constructor(capacity, leads, at) {
        this.#capacity = Math.max(1, Math.ceil(capacity));
        this.#leads = leads;
        this.#values = Array.from({ length: leads }, () => new Float64Array(this.#capacity));
        this.#runs = Array.from({ length: leads }, () => []);
        this.#start = this.#stop = this.#declared = at;
    }

    /** The first sample held. */
    get start() {
        return this.#start;
    }

    /** The first sample not held yet. */
    get stop() {
        return this.#stop;
    }

    /** The first sample neither held nor declared to be missing. */
    get declared() {
        return this.#declared;
    }

    get leads() {
        return this.#leads;
    }

    get capacity() {
        return this.#capacity;
    }

    /** @returns {readonly Remark[]} */
    get remarks() {
        return this.#remarks;
    }

    /** Samples at which the pen is lifted though none is missing. @returns {readonly number[]} */
    get cuts() {
        return this.#cuts;
    }

    /**
     * Return the runs of missing samples of a lead, in order.
     * @param {number} lead
     * @returns {readonly Run[]}
     */
    runs(lead) {
        return this.#runs[lead];
    }

    /**
     * Return a sample as stored; NaN where it is missing or not held.
     * @param {number} lead
     * @param {number} sample
     */
    at(lead, sample) {
        if (sample < this.#start || sample >= this.#stop) return NaN;
        return this.#values[lead][sample % this.#capacity];
    }

    /**
     * Append the samples [declared, declared + n) of all leads; the oldest make room.
     * @param {number} start must be `declared`: there are no holes in a ring
     * @param {Float64Array[]} values an array a lead
     */
    append(start, values) {
        if (start !== this.#declared) throw new RangeError(`${start} does not follow ${this.#declared}`);
        this.skip(start);
        const count = values[0].length;
        for (let lead = 0; lead < this.#leads; lead++) {
            const into = this.#values[lead];
            const from = values[lead];
            let slot = start % this.#capacity;
            for (let i = 0; i < count; i++) {
                into[slot] = from[i];
                if (++slot === this.#capacity) slot = 0;
            }
            noteRuns(this.#runs[lead], from, start);
        }
        this.#stop = this.#declared = start + count;
        this.#forget();
    }

    /**
     * Say that [declared, `upTo`) is all missing. It takes no room before it is reached: a gap of hours
     * is told when it begins, with what stands before it still to be drawn.
     * @param {number} upTo
     */
    declare(upTo) {
        this.#declared = Math.max(this.#declared, upTo);
    }

    /**
     * Hold what was declared to be missing, as far as sample `upTo`.
     * @param {number} upTo
     */
    reach(upTo) {
        this.skip(Math.min(upTo, this.#declared));
    }

    /**
     * Append [stop, `upTo`), all missing.
     * @param {number} upTo
     */
    skip(upTo) {
        const from = this.#stop;
        if (upTo <= from) return;
        // A gap may be hours long: only what is kept is written.
        for (let sample = Math.max(from, upTo - this.#capacity); sample < upTo; sample++) {
            for (const into of this.#values) into[sample % this.#capacity] = NaN;
        }
        for (const runs of this.#runs) extend(runs, from, upTo);
        this.#stop = upTo;
        this.#declared = Math.max(this.#declared, upTo);
        this.#forget();
    }

    /**
     * Put samples before `start`; what does not fit is left out at the far end.
     * @param {number} first the index of the first of `values`, which end at `start`
     * @param {Float64Array[]} values an array a lead
     */
    prepend(first, values) {
        const count = values[0].length;
        if (first + count !== this.#start) {
            throw new RangeError(`[${first}, ${first + count}) does not end at ${this.#start}`);
        }
        const room = this.#capacity - (this.#stop - this.#start);
        const skip = Math.max(0, count - room);
        for (let lead = 0; lead < this.#leads; lead++) {
            const into = this.#values[lead];
            const from = values[lead];
            for (let i = skip; i < count; i++) into[(first + i) % this.#capacity] = from[i];
            /** @type {Run[]} */
            const before = [];
            noteRuns(before, from.subarray(skip), first + skip);
            const after = this.#runs[lead];
            const last = before.at(-1);
            if (last && after.length && after[0].start === last.stop) {
                last.stop = after[0].stop;
                after.shift();
            }
            this.#runs[lead] = before.concat(after);
        }
        this.#start = first + skip;
        this.revision++;
    }

    /**
     * Say why samples are missing.
     * @param {Remark} remark
     */
    remark(remark) {
        this.#remarks.push(remark);
        if (this.#remarks.length > MOST) this.#remarks.shift();
        this.revision++;
    }

    /** Say that what comes next does not join what was before. */
    cut() {
        if (this.#cuts.at(-1) !== this.#declared) this.#cuts.push(this.#declared);
    }

    /**
     * Forget everything from sample `stop` on.
     * @param {number} stop
     */
    truncate(stop) {
        this.#declared = Math.min(this.#declared, Math.max(stop, this.#start));
        if (stop >= this.#stop) return;
        this.#stop = Math.max(stop, this.#start);
        this.#cuts = this.#cuts.filter((cut) => cut <= this.#stop);
        this.#runs = this.#runs.map((runs) =>
            runs
                .filter((run) => run.start < this.#stop)
                .map((run) => ({ start: run.start, stop: Math.min(run.stop, this.#stop) })),
        );
        this.revision++;
    }

    /**
     * Return a ring of another capacity with the same samples, the newest first.
     * @param {number} capacity
     */
    resized(capacity) {
        const kept = Math.min(this.#stop - this.#start, Math.ceil(capacity));
        const from = this.#stop - kept;
        const other = new Ring(capacity, this.#leads, from);
        const values = Array.from({ length: this.#leads }, (_, lead) => {
            const out = new Float64Array(kept);
            for (let i = 0; i < kept; i++) out[i] = this.at(lead, from + i);
            return out;
        });
        if (kept) other.append(from, values);
        other.declare(this.#declared);
        for (const remark of this.#remarks) other.remark(remark);
        other.#cuts = this.#cuts.filter((cut) => cut > from);
        other.revision = this.revision + 1;
        return other;
    }

    #forget() {
        this.#start = Math.max(this.#start, this.#stop - this.#capacity);
        for (const runs of this.#runs) {
            while (runs.length && (runs[0].stop <= this.#start || runs.length > MOST)) runs.shift();
        }
        while (this.#remarks.length && this.#remarks[0].stop <= this.#start) this.#remarks.shift();
        while (this.#cuts.length && this.#cuts[0] <= this.#start) this.#cuts.shift();
    }
}

/**
 * Add the runs of NaN in `values`, whose first is sample `start`.
 * @param {Run[]} runs
 * @param {Float64Array} values
 * @param {number} start
 */
function noteRuns(runs, values, start) {
    for (let i = 0; i < values.length; i++) {
        if (!Number.isNaN(values[i])) continue;
        let stop = i + 1;
        while (stop < values.length && Number.isNaN(values[stop])) stop++;
        extend(runs, start + i, start + stop);
        i = stop;
    }
}

/** @param {Run[]} runs @param {number} start @param {number} stop */
function extend(runs, start, stop) {
    const last = runs.at(-1);
    if (last && last.stop === start) last.stop = stop;
    else runs.push({ start, stop });
}
