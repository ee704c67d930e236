// A filter over what is drawn: samples of ECG leads as the filter leaves them, the rest as it is stored.

import { isOn, label, presetFor } from "../filter/presets.js";
import { fetchWindow } from "../net/api.js";
import { MISSING } from "../texts/net.js";

/** @typedef {import("../filter/presets.js").Preset} Preset */
/** @typedef {import("../signal/channels.js").Samples} Samples */
/** @typedef {import("../signal/ring.js").Run} Run */
/** @typedef {{ record: string, leads: (import("../wire/events.js").LeadInfo & { kind: string })[], fs: number, length: number }} Subject */

/** Seconds to the next attempt at a block that could not be had. */
const AGAIN_S = 2;

/** Seconds of signal that are filtered before they are played. */
const EARLY_S = 10;

/** What filters: its code comes with the first filter, and its thread is kept, for starting one takes longer than a strip. */
const loaded = async () => {
    const [{ hostFilter }, { FilteredBlocks }] = await Promise.all([import("../filter/host.js"), import("../filter/strip.js")]);
    return { host: await hostFilter(), FilteredBlocks };
};
/** @type {ReturnType<typeof loaded> | null} */
let loading = null;

/** One preset over the leads of one record. */
export class Filtering {
    #subject;
    /** @type {import("../filter/strip.js").FilteredBlocks | null} */
    #blocks = null;
    #closed = false;
    /** Which leads are filtered. @type {boolean[]} */
    #on;
    #names;
    /** @type {[number, number] | null} */
    #wanted = null;
    /** Who waits for a block. @type {(() => void)[]} */
    #waiting = [];
    /** Counts the blocks that came. */
    revision = 0;
    /** Why a block could not be had, empty = all is well. */
    failure = "";

    /**
     * @param {Subject} subject
     * @param {Preset} preset
     * @param {{ after(seconds: number, then: () => void): () => void }} world
     * @param {() => void} changed a block has come
     */
    constructor(subject, preset, world, changed) {
        this.#subject = subject;
        this.preset = preset;
        this.#on = subject.leads.map((lead) => isOn(presetFor(preset, lead.kind)));
        this.#names = subject.leads.filter((_, i) => this.#on[i]).map((lead) => lead.name);
        const { record, fs, length } = subject;
        loading ??= loaded();
        void loading.then(({ host, FilteredBlocks }) => {
            if (this.#closed || !this.#names.length) return;
            this.#blocks = new FilteredBlocks({
                fs, length, preset, leads: subject.leads,
                fetch: async (leads, start, stop, signal) => (await fetchWindow({ record, leads, start, stop, signal })).values,
                filter: (job) => host.filter(job),
                hear: () => {
                    this.failure = "";
                    this.revision++;
                    this.#came();
                    changed();
                },
                fault: (error) => {
                    this.failure = error instanceof Error ? error.message : String(error);
                    world.after(AGAIN_S, () => {
                        this.#blocks?.retry();
                        if (this.#wanted) this.want(...this.#wanted);
                    });
                    this.#came();
                    changed();
                },
            });
            this.#came();
            if (this.#wanted) this.want(...this.#wanted);
        }, () => {
            this.failure = MISSING;
            changed();
        });
    }

    /** What is done to a lead, in words; empty = nothing. @param {number} lead */
    label(lead) {
        return this.#on[lead] ? label(this.preset, this.#subject.fs) : "";
    }

    /**
     * Have [from, to) filtered, and what is played soon after it. Returns whether so much can be.
     * @param {number} from
     * @param {number} to
     */
    want(from, to) {
        this.#wanted = [from, to];
        const early = Math.min(this.#subject.length, to + EARLY_S * this.#subject.fs);
        return this.#blocks?.want(this.#names, Math.max(0, Math.floor(from)), Math.ceil(early)) ?? true;
    }

    /**
     * Return whether all of [from, to) is filtered.
     * @param {number} from
     * @param {number} to
     */
    whole(from, to) {
        const blocks = this.#blocks;
        if (!blocks) return !this.#names.length;
        const stop = Math.min(to, this.#subject.length);
        for (let at = Math.max(0, Math.floor(from / blocks.size) * blocks.size); at < stop; at += blocks.size) {
            if (!this.#names.every((name) => blocks.block(name, at))) return false;
        }
        return true;
    }

    /**
     * Wait until [from, to) is filtered.
     * @param {number} from
     * @param {number} to
     */
    async ready(from, to) {
        while (!this.#closed && !this.whole(from, to)) {
            if (!this.want(from, to)) return;
            await new Promise((resolve) => void this.#waiting.push(() => resolve(null)));
        }
    }

    /** Samples as the filter leaves them. @param {Samples} base @returns {Samples} */
    over(base) {
        return new Filtered(base, this, (lead, sample) =>
            this.#on[lead] ? (this.#blocks?.block(this.#subject.leads[lead].name, sample) ?? null) : undefined,
        );
    }

    close() {
        this.#closed = true;
        this.#blocks?.close();
        this.#came();
    }

    #came() {
        for (const then of this.#waiting.splice(0)) then();
    }
}

/**
 * What of a lead is filtered: undefined = nothing, null = it has not come yet.
 * @typedef {(lead: number, sample: number) => import("../filter/strip.js").Block | null | undefined} BlockOf
 */

/** Samples over others, of which they have the gaps. @implements {Samples} */
class Filtered {
    #base;
    #filtering;
    #blockOf;
    /** The block read last of each lead. @type {(import("../filter/strip.js").Block | undefined)[]} */
    #last = [];

    /** @param {Samples} base @param {{ revision: number }} filtering @param {BlockOf} blockOf */
    constructor(base, filtering, blockOf) {
        this.#base = base;
        this.#filtering = filtering;
        this.#blockOf = blockOf;
    }

    get start() {
        return this.#base.start;
    }

    get stop() {
        return this.#base.stop;
    }

    get leads() {
        return this.#base.leads;
    }

    get revision() {
        return this.#base.revision + this.#filtering.revision;
    }

    get remarks() {
        return this.#base.remarks;
    }

    get cuts() {
        return this.#base.cuts;
    }

    /** @param {number} lead */
    runs(lead) {
        return this.#base.runs(lead);
    }

    /** @param {number} lead @param {number} sample */
    at(lead, sample) {
        const last = this.#last[lead];
        if (last && sample >= last.start && sample < last.stop) return last.values[sample - last.start];
        const block = this.#blockOf(lead, sample);
        if (block === undefined) return this.#base.at(lead, sample);
        if (block === null) return NaN;
        this.#last[lead] = block;
        return block.values[sample - block.start];
    }

    /**
     * Return where in [from, to) the filter has not settled.
     * @param {number} lead
     * @param {number} from
     * @param {number} to
     */
    unsettled(lead, from, to) {
        /** @type {Run[]} */
        const runs = [];
        for (let at = from; at < to; ) {
            const block = this.#blockOf(lead, at);
            if (block === undefined) return runs;
            if (block === null) {
                at++;
                continue;
            }
            const stop = Math.min(to, block.stop);
            for (; at < stop; at++) {
                if (block.settled[at - block.start]) continue;
                const last = runs.at(-1);
                if (last && last.stop === at) last.stop++;
                else runs.push({ start: at, stop: at + 1 });
            }
        }
        return runs;
    }
}
