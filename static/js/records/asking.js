// @ts-check
/**
 * In what order requests go out, and which of their answers still count. Knows no socket,
 * no page and no clock.
 */

/** A line of questions of which only the newest answer counts. */
export class Latest {
    #number = 0;
    /** @type {AbortController | null} */
    #running = null;

    /**
     * Ask anew; what was asked before is called off, and its answer is not shown even if it comes.
     * @template T
     * @param {(signal: AbortSignal) => Promise<T>} ask
     * @returns {Promise<{current: true, value: T} | {current: false}>} `current` false: a newer
     *   question was asked meanwhile. Rejects only with a failure of the newest one.
     */
    async ask(ask) {
        const number = ++this.#number;
        this.#running?.abort();
        const running = new AbortController();
        this.#running = running;
        try {
            const value = await ask(running.signal);
            return number === this.#number ? { current: true, value } : { current: false };
        } catch (error) {
            if (number !== this.#number) return { current: false };
            throw error;
        }
    }

    /** Call off what is under way. */
    cancel() {
        this.#number++;
        this.#running?.abort();
        this.#running = null;
    }
}

/**
 * Tasks that wait for one of a few places. First come, first served; one that is called off
 * while it waits is never started, and one that runs is told by its signal.
 */
export class Places {
    #free;
    /** @type {Set<() => void>} */
    #waiting = new Set();

    /** @param {number} places how many run at once */
    constructor(places) {
        this.#free = places;
    }

    /** How many wait. */
    get waiting() {
        return this.#waiting.size;
    }

    /**
     * @template T
     * @param {AbortSignal} signal
     * @param {(signal: AbortSignal) => Promise<T>} task
     * @returns {Promise<T>} rejects with the signal's reason where it was called off
     */
    async run(signal, task) {
        signal.throwIfAborted();
        if (this.#free > 0) this.#free--;
        else await this.#wait(signal);
        try {
            return await task(signal);
        } finally {
            this.#leave();
        }
    }

    /** @param {AbortSignal} signal @returns {Promise<void>} */
    #wait(signal) {
        return new Promise((resolve, reject) => {
            const enter = () => resolve();
            this.#waiting.add(enter);
            // After `enter` this does nothing: a promise settles once.
            const give = () => {
                this.#waiting.delete(enter);
                reject(/** @type {Error} */ (signal.reason));
            };
            signal.addEventListener("abort", give, { once: true });
        });
    }

    #leave() {
        // The place goes straight to the next one, so that nobody slips in between.
        const [next] = this.#waiting;
        if (next) {
            this.#waiting.delete(next);
            next();
        } else this.#free++;
    }
}

/** What was used last is kept, up to a number of things. @template T */
export class Kept {
    /** @type {Map<string, T>} */
    #things = new Map();
    #most;

    /** @param {number} most */
    constructor(most) {
        this.#most = most;
    }

    /** @param {string} key @returns {T | undefined} */
    get(key) {
        const thing = this.#things.get(key);
        if (thing !== undefined) {
            this.#things.delete(key);
            this.#things.set(key, thing);
        }
        return thing;
    }

    /** @param {string} key @param {T} thing */
    set(key, thing) {
        this.#things.delete(key);
        this.#things.set(key, thing);
        const [oldest] = this.#things.keys();
        if (this.#things.size > this.#most && oldest !== undefined) this.#things.delete(oldest);
    }
}
