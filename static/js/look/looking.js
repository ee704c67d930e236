// What a still picture is drawn from: samples where there are few, else the lowest and highest of columns.
//
// What is at hand is drawn at once, however coarse, and said to be so; what is finer is fetched meanwhile.

import { fetchWindow, RequestFailed } from "../net/api.js";
import { fetchOutline, fetchTile } from "../net/tiles.js";
import { Ring } from "../signal/ring.js";
import { Store } from "./store.js";

/** @typedef {import("../wire/events.js").LeadInfo} LeadInfo */
/** @typedef {import("../signal/channels.js").Samples} Samples */
/** @typedef {import("./envelope.js").Envelope} Envelope */
/** @typedef {{ record: string, leads: LeadInfo[], fs: number, length: number }} Subject */

/**
 * A part [start, stop) of the record as it can be drawn now: out of samples, or out of an envelope for each
 * lead; neither = nothing is at hand. `column`: samples of an envelope's column, Infinity = of a stored
 * piece, as the file's footer has it.
 * @typedef {{ start: number, stop: number, samples: Samples | null, envelopes: Envelope[] | null, column: number }} Part
 */

/** Samples a pixel from which on columns are drawn: twelve leads of a wide screen are then half a megabyte. */
const SAMPLES_A_PIXEL = 8;

/** Samples of a block, and columns of a tile (protocol, section 3). */
const BLOCK = 4096;
const COLUMNS = 1024;

/** Values kept: 32 MB of samples, 16 MB of columns. */
const MOST_SAMPLES = 4e6;
const MOST_COLUMNS = 2e6;

/** Seconds to the next attempt at the outline. */
const AGAIN_S = 2;

/** Values of a page that is drawn from samples on the narrowest screen too: twelve leads for 20 s. */
const FEW_VALUES = 120_000;

/**
 * Return the level whose columns are the widest that still fit a pixel; 0 = samples.
 * @param {number} samplesAPixel
 * @param {number} values on the page, of all leads
 */
export function levelFor(samplesAPixel, values) {
    if (samplesAPixel < SAMPLES_A_PIXEL || values <= FEW_VALUES) return 0;
    return Math.max(1, Math.floor(Math.log(samplesAPixel) / Math.log(4) + 1e-9));
}

/** Samples of a piece of a level. @param {number} level */
export const pieceOf = (level) => (level === 0 ? BLOCK : COLUMNS * 4 ** level);

/** Owns what was fetched of one record and choice of leads. */
export class Looking {
    #subject;
    #world;
    #changed;
    /** @type {import("../net/tiles.js").Outline | null} */
    #outline = null;
    #asking = false;
    #failure = "";
    #gone = new AbortController();
    #blocks;
    #tiles;
    /** The samples put together last. @type {{ key: string, ring: Ring } | null} */
    #joined = null;
    /** @type {Map<string, Envelope[]>} */
    #strung = new Map();

    /**
     * @param {Subject} subject
     * @param {{ now(): number, random(): number, after(seconds: number, then: () => void): () => void }} world
     * @param {() => void} changed something has come
     */
    constructor(subject, world, changed) {
        this.#subject = subject;
        this.#world = world;
        this.#changed = changed;
        const names = subject.leads.map((lead) => lead.name);
        const { record } = subject;
        this.#blocks = new Store({
            load: (key, signal) => {
                const start = Number(key) * BLOCK;
                const stop = Math.min(subject.length, start + BLOCK);
                return fetchWindow({ record, leads: names, start, stop, signal });
            },
            sizeOf: (window) => window.values.length * (window.stop - window.start),
            most: MOST_SAMPLES, changed, world,
        });
        this.#tiles = new Store({
            load: async (key, signal) => {
                const [level, n] = key.split("/").map(Number);
                const version = this.#outline?.version ?? "";
                try {
                    return await fetchTile({ record, version, leads: names, level, n, signal });
                } catch (error) {
                    // Its file is another one by now: so is its outline.
                    if (error instanceof RequestFailed && error.status === 404) this.#forget();
                    throw error;
                }
            },
            sizeOf: (tile) => 2 * COLUMNS * tile.low.length,
            most: MOST_COLUMNS, changed, world,
        });
    }

    /** Why something could not be had, empty = all is well. */
    get failure() {
        return this.#blocks.failure ?? this.#tiles.failure ?? this.#failure;
    }

    /** Nothing is looked at: call off what is under way. */
    rest() {
        this.#blocks.wish([]);
        this.#tiles.wish([]);
    }

    /** It is over. */
    drop() {
        this.rest();
        this.#gone.abort();
    }

    /**
     * Return what can be drawn of [from, to) now, in order and without a hole, and ask for what is finer.
     * @param {number} from
     * @param {number} to
     * @param {number} samplesAPixel
     * @param {Samples | null} ring what plays, as far as it reaches
     * @returns {Part[]}
     */
    cover(from, to, samplesAPixel, ring) {
        const level = levelFor(samplesAPixel, (to - from) * this.#subject.leads.length);
        const start = Math.max(0, Math.floor(from));
        const stop = Math.min(this.#subject.length, Math.ceil(to));
        if (level > 0 || !this.#outline) this.#ask();
        this.#wish(level, start, stop);
        /** @type {Found[]} */
        const found = [];
        if (start < stop) this.#find(found, level, start, stop, ring);
        return this.#join(found);
    }

    /**
     * Return the samples [start, stop) of all leads.
     * @param {number} start
     * @param {number} stop
     * @returns {Promise<Samples>}
     */
    async samples(start, stop) {
        const first = Math.max(0, Math.floor(start));
        const last = Math.min(this.#subject.length, Math.ceil(stop));
        const { record, leads } = this.#subject;
        const keys = piecesIn(0, first, last).map(String);
        const kept = keys.map((key) => this.#blocks.get(key));
        if (kept.length && kept.every((window) => window !== null)) return ringOf(kept.map(valuesOf));
        const names = leads.map((lead) => lead.name);
        return ringOf([valuesOf(await fetchWindow({ record, leads: names, start: first, stop: last }))]);
    }

    /**
     * @param {Found[]} found
     * @param {number} level
     * @param {number} start
     * @param {number} stop
     * @param {Samples | null} ring
     */
    #find(found, level, start, stop, ring) {
        if (level > TOP || (level > 0 && !this.#outline)) {
            found.push({ start, stop, level: this.#outline ? TOP : -1, key: "" });
            return;
        }
        for (const n of piecesIn(level, start, stop)) {
            const from = Math.max(start, n * pieceOf(level));
            const to = Math.min(stop, (n + 1) * pieceOf(level));
            const key = level === 0 ? String(n) : `${level}/${n}`;
            if (level === 0 ? this.#blocks.get(key) : this.#tiles.get(key)) found.push({ start: from, stop: to, level, key });
            else if (level === 0 && ring && from >= ring.start && to <= ring.stop) {
                found.push({ start: from, stop: to, level: 0, key: "", ring });
            } else this.#find(found, level + 1, from, to, ring);
        }
    }

    /** @param {Found[]} found @returns {Part[]} */
    #join(found) {
        /** @type {Part[]} */
        const parts = [];
        for (let i = 0; i < found.length; ) {
            let end = i + 1;
            while (end < found.length && found[end].level === found[i].level && found[end].ring === found[i].ring) end++;
            parts.push(this.#part(found.slice(i, end)));
            i = end;
        }
        return parts;
    }

    /** @param {Found[]} run of one kind, each beginning where the one before stops @returns {Part} */
    #part(run) {
        const [{ start, level, ring }] = run;
        const { stop } = run[run.length - 1];
        const part = { start, stop, samples: null, envelopes: null, column: 1 };
        if (ring) return { ...part, samples: ring };
        if (level < 0) return part;
        if (level === 0) return { ...part, samples: this.#samplesOf(run.map(({ key }) => key)) };
        if (level >= TOP) return this.#isOutlined(start, stop) ? { ...part, envelopes: this.#outlined(), column: Infinity } : part;
        return { ...part, envelopes: this.#string(run.map(({ key }) => key), level), column: 4 ** level };
    }

    /** @param {string[]} keys of blocks side by side */
    #samplesOf(keys) {
        const key = keys.join();
        if (this.#joined?.key !== key) {
            const windows = keys.map((one) => this.#blocks.get(one)).filter((one) => one !== null);
            this.#joined = { key, ring: ringOf(windows.map(valuesOf)) };
        }
        return this.#joined.ring;
    }

    /** @param {string[]} keys of tiles side by side @param {number} level */
    #string(keys, level) {
        const key = keys.join();
        const known = this.#strung.get(key);
        if (known) return known;
        const tiles = keys.map((one) => this.#tiles.get(one)).filter((one) => one !== null);
        const column = 4 ** level;
        const { start } = tiles[0];
        const { stop } = tiles[tiles.length - 1];
        const edges = Float64Array.from({ length: Math.ceil((stop - start) / column) + 1 }, (_, k) =>
            Math.min(stop, start + k * column),
        );
        const envelopes = this.#subject.leads.map((_, lead) => ({
            edges,
            low: joined(tiles.map(({ low }) => low[lead])),
            high: joined(tiles.map(({ high }) => high[lead])),
        }));
        // What was put together is as large as its tiles: only the latest is kept.
        if (this.#strung.size > 3) this.#strung.clear();
        this.#strung.set(key, envelopes);
        return envelopes;
    }

    /** Whether the footers tell of all of [start, stop): what they do not tell is not a gap. @param {number} start @param {number} stop */
    #isOutlined(start, stop) {
        const { groups } = /** @type {import("../net/tiles.js").Outline} */ (this.#outline);
        return groups.every(({ edges, known }) =>
            known.every((told) => told.every((is, k) => is || edges[k] >= stop || edges[k + 1] <= start)),
        );
    }

    /** @returns {Envelope[]} */
    #outlined() {
        const { groups } = /** @type {import("../net/tiles.js").Outline} */ (this.#outline);
        return this.#subject.leads.map(({ name }) => {
            const group = groups.find(({ leads }) => leads.includes(name));
            if (!group) return { edges: [0], low: new Float64Array(), high: new Float64Array() };
            const at = group.leads.indexOf(name);
            return { edges: group.edges, low: group.low[at], high: group.high[at] };
        });
    }

    /** Wish for what is in sight, then for a page to each side. @param {number} level @param {number} start @param {number} stop */
    #wish(level, start, stop) {
        const inSight = piecesIn(level, start, stop);
        const page = inSight.length;
        const last = Math.ceil(this.#subject.length / pieceOf(level));
        const beside = [];
        if (page > 0 && page <= 8) {
            for (let i = 1; i <= page; i++) beside.push(inSight[page - 1] + i, inSight[0] - i);
        }
        const wanted = [...inSight, ...beside.filter((n) => n >= 0 && n < last)];
        if (level === 0) {
            this.#blocks.wish(wanted.map(String));
            this.#tiles.wish([]);
        } else {
            this.#blocks.wish([]);
            this.#tiles.wish(this.#outline ? wanted.map((n) => `${level}/${n}`) : []);
        }
    }

    #forget() {
        this.#outline = null;
        this.#asking = false;
        this.#changed();
    }

    #ask() {
        if (this.#outline || this.#asking) return;
        this.#asking = true;
        const { record, leads } = this.#subject;
        const names = leads.map((lead) => lead.name);
        fetchOutline({ record, leads: names, signal: this.#gone.signal }).then(
            (outline) => {
                this.#outline = outline;
                this.#failure = "";
                this.#changed();
            },
            (error) => {
                if (this.#gone.signal.aborted) return;
                this.#failure = error instanceof Error ? error.message : String(error);
                this.#world.after(AGAIN_S, () => {
                    this.#asking = false;
                    this.#changed();
                });
            },
        );
    }
}

/** A piece at hand: `level` TOP = the outline, -1 = nothing. @typedef {{ start: number, stop: number, level: number, key: string, ring?: Samples }} Found */

/** No record has columns so wide: 4^12 samples are nine hours at 500 Hz. */
const TOP = 13;

/** @param {number} level @param {number} start @param {number} stop */
function piecesIn(level, start, stop) {
    const size = pieceOf(level);
    const first = Math.floor(start / size);
    const count = Math.max(0, Math.ceil(stop / size) - first);
    return Array.from({ length: count }, (_, i) => first + i);
}

/** @param {import("../net/api.js").Window} window */
const valuesOf = ({ start, stop, values, corrupt, leads }) => ({ start, stop, values, corrupt, leads });

/**
 * Return samples that follow each other as one source.
 * @param {ReturnType<typeof valuesOf>[]} windows
 */
export function ringOf(windows) {
    const { start } = windows[0];
    const { stop } = windows[windows.length - 1];
    const ring = new Ring(stop - start, windows[0].values.length, start);
    for (const window of windows) {
        for (const [name, runs] of Object.entries(window.corrupt)) {
            for (const [from, to] of runs) ring.remark({ start: from, stop: to, leads: [name], reason: "corrupt" });
        }
        ring.append(window.start, window.values);
    }
    return ring;
}

/** @param {Float64Array[]} arrays */
function joined(arrays) {
    const out = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const array of arrays) {
        out.set(array, at);
        at += array.length;
    }
    return out;
}
