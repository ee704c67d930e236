// Commands on their way: which answers are awaited since when, and one seek at a time.

/** Commands whose answer begins a new tiling. */
const TURNS = new Set(["seek", "leads"]);
/** Commands that are answered when there is something to show. */
const LOADS = new Set(["subscribe", "seek", "leads", "play"]);

/** Keeps the account of what was asked. */
export class Errands {
    /** @type {Map<number, { op: string, at: number }>} */
    #pending = new Map();
    /** @type {number | null} */
    #seeking = null;
    /** @type {number | null} */
    #wanted = null;

    /** Whether nothing is awaited. */
    get idle() {
        return this.#pending.size === 0;
    }

    /** Where the last seek that is not answered goes. */
    get aim() {
        return this.#wanted ?? this.#seeking;
    }

    /** @param {number} id @param {string} op @param {number} now */
    sent(id, op, now) {
        this.#pending.set(id, { op, at: now });
    }

    /**
     * Return what was asked with that id, and whether its answer begins a new tiling; null for nothing.
     * @param {number | null} id
     */
    answered(id) {
        if (id === null) return null;
        const errand = this.#pending.get(id);
        this.#pending.delete(id);
        return errand ? { op: errand.op, turns: TURNS.has(errand.op) } : null;
    }

    /** Seconds that the longest awaited picture has been awaited. @param {number} now */
    waiting(now) {
        let longest = 0;
        for (const { op, at } of this.#pending.values()) {
            if (LOADS.has(op)) longest = Math.max(longest, now - at);
        }
        return longest;
    }

    /**
     * Return whether to seek there now. While one seek is on its way the next one waits, and the last one
     * asked for counts: a dragged slider is not a flood.
     * @param {number} sample
     */
    seek(sample) {
        if (this.#seeking !== null) {
            this.#wanted = sample;
            return false;
        }
        this.#seeking = sample;
        return true;
    }

    /** A seek was answered: return where to go next, null for nowhere. */
    sought() {
        const next = this.#wanted;
        this.#seeking = this.#wanted = null;
        return next;
    }

    /** Nothing will be answered any more. */
    forget() {
        this.#pending.clear();
        this.#seeking = this.#wanted = null;
    }
}
