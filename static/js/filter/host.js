// Has jobs filtered where it disturbs least: in a worker, started from a page or from another worker, or
// where none can be had in slices, so that whoever draws on this thread has its turn in between.

import { speakingWorker } from "../thread.js";
import { filteredLead } from "./job.js";
import { FILTER } from "../texts/filter.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./zerophase.js").Filtered} Filtered */
/** @typedef {Pick<Worker, "postMessage" | "terminate" | "onmessage" | "onerror">} Thread */

/** `filter` owns the windows of the job it is handed. @typedef {{ where: "worker" | "slices", filter(job: Job): Promise<Filtered[]>, close(): void }} Host */

const startWorker = () => speakingWorker(new URL("./worker.js", import.meta.url));

/** Lets others on this thread have their turn. @returns {Promise<void>} */
const pauseTurn = () => new Promise((resolve) => void setTimeout(resolve, 0));

/**
 * Return a host. What it says of itself may change: a worker that dies is done without.
 * @param {{ start?: () => Promise<Thread | null>, pause?: () => Promise<void> }} [parts]
 * @returns {Promise<Host>}
 */
export async function hostFilter({ start = startWorker, pause = pauseTurn } = {}) {
    const thread = await start();
    return thread ? new InWorker(thread, new InSlices(pause)) : new InSlices(pause);
}

/** Filters on this thread, a lead at a time. @implements {Host} */
class InSlices {
    /** @type {"slices"} */
    where = "slices";
    #pause;
    /** One job at a time: two would only make each other late. @type {Promise<unknown>} */
    #last = Promise.resolve();
    #closed = false;

    /** @param {() => Promise<void>} pause */
    constructor(pause) {
        this.#pause = pause;
    }

    /** @param {Job} job @returns {Promise<Filtered[]>} */
    filter(job) {
        const done = this.#last.then(() => this.#slice(job));
        this.#last = done.catch(() => undefined);
        return done;
    }

    close() {
        this.#closed = true;
    }

    /** @param {Job} job */
    async #slice(job) {
        const leads = [];
        for (let lead = 0; lead < job.windows.length; lead++) {
            await this.#pause();
            if (this.#closed) throw new Error(FILTER.closed);
            leads.push(filteredLead(job, lead));
        }
        return leads;
    }
}

/** Filters in a worker; in slices once that died. @implements {Host} */
class InWorker {
    /** @type {Thread | null} */
    #thread;
    #slices;
    #ids = 0;
    /** @type {Map<number, { resolve: (leads: Filtered[]) => void, reject: (error: Error) => void }>} */
    #asked = new Map();

    /** @param {Thread} thread @param {InSlices} slices */
    constructor(thread, slices) {
        this.#thread = thread;
        this.#slices = slices;
        thread.onmessage = (/** @type {{ data: import("./job.js").Say }} */ { data }) => this.#hear(data);
        thread.onerror = (event) => this.#end(event.message || FILTER.failed);
    }

    /** @returns {"worker" | "slices"} */
    get where() {
        return this.#thread ? "worker" : "slices";
    }

    /** @param {Job} job @returns {Promise<Filtered[]>} */
    filter(job) {
        const thread = this.#thread;
        if (!thread) return this.#slices.filter(job);
        return new Promise((resolve, reject) => {
            const id = ++this.#ids;
            this.#asked.set(id, { resolve, reject });
            const buffers = job.windows.map((window) => /** @type {ArrayBuffer} */ (window.buffer));
            thread.postMessage({ ask: "filter", id, job }, buffers);
        });
    }

    close() {
        this.#slices.close();
        this.#end(FILTER.closed);
    }

    /** @param {import("./job.js").Say} message */
    #hear(message) {
        if (message.say === "able") return;
        const asked = this.#asked.get(message.id);
        this.#asked.delete(message.id);
        if (message.say === "filtered") asked?.resolve(message.leads);
        else asked?.reject(new Error(message.why));
    }

    /** Who waits will ask again: the windows are gone with the thread. @param {string} why */
    #end(why) {
        this.#thread?.terminate();
        this.#thread = null;
        const waiting = [...this.#asked.values()];
        this.#asked.clear();
        for (const { reject } of waiting) reject(new Error(why));
    }
}
