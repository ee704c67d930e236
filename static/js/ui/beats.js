// The beats of the record on the page: asked for where one looks, drawn as a layer, told to whoever counts with them.

import { fetchBeats } from "../net/beats.js";
import { RequestFailed } from "../net/api.js";
import { BeatBook, runAt } from "../signal/beatbook.js";
import { intervals } from "../signal/beats.js";
import { beatsLayer, pausesLayer } from "../signal/markings.js";
import { BEATS } from "../texts/beats.js";
import { anyPart, write } from "./page.js";
import { localStore } from "./store.js";

/** @typedef {import("../signal/beatbook.js").Beats} Known */
/** @typedef {import("../view/sheet.js").Look} Look */
/**
 * All that is known now, at the rate that is shown. `rr` in ms to the next beat, NaN where none is counted; `by`: samples
 * that are shown for each of the record's.
 * @typedef {Known & { rr: Float64Array, fs: number, source: import("../net/beats.js").Source }} Shown
 */
/** @typedef {"asking" | "there" | "off" | "failed"} State `off`: this server does not look for beats */

/** Milliseconds until it is asked again for what was not known yet, or could not be had. */
const AGAIN_MS = 1200;
const FAILED_MS = 8000;
/** Seconds of the signal that are asked for before they are played. */
const AHEAD_S = 30;
const ID = "beats";
/** Kept where a server does not look for beats: the next page leaves no room for them, and need not take it away. */
const WITHOUT = "ecgstream.without-analysis";
const PAUSES = "pauses";

export class Beats {
    #desk;
    #layers;
    #fact = anyPart("fact-beats");
    #says = anyPart("beats-says");
    /** @type {BeatBook | null} */
    #book = null;
    /** @type {import("../net/beats.js").Source | null} */
    #source = null;
    /** @type {State} */
    #state = "asking";
    #failure = "";
    #busy = false;
    /** @type {Shown | null} */
    #shown = null;
    /** @type {((beats: Shown | null, state: State) => void)[]} */
    #hearers = [];

    /** @param {import("./desk.js").Desk} desk @param {import("./marklayers.js").MarkLayers} layers */
    constructor(desk, layers) {
        this.#desk = desk;
        this.#layers = layers;
        if (localStore().getItem(WITHOUT)) document.documentElement.dataset["without"] = "analysis";
        desk.on("record", ({ fs, length }) => {
            this.#book = new BeatBook(fs, length);
        });
        desk.on("sight", () => void this.#ask());
        let fs = 0;
        desk.on("status", (status) => {
            if (status.fs === fs) return;
            fs = status.fs;
            this.#changed();
        });
        desk.on("sight", () => this.#tell());
        layers.on(ID, () => {
            this.#draw();
            this.#tell();
        });
    }

    /** All that is known now; null = nothing. */
    get shown() {
        return this.#shown;
    }

    get state() {
        return this.#state;
    }

    /** More is known, or how it stands changed: told now, and then each time. @param {(beats: Shown | null, state: State) => void} then */
    on(then) {
        this.#hearers.push(then);
        then(this.#shown, this.#state);
    }

    /** Samples that are shown for each of the record's. */
    get #by() {
        const { record, status } = this.#desk;
        return record && status?.fs ? status.fs / record.fs : 1;
    }

    /** Have [start, stop) looked for, in samples that are shown. @param {number} start @param {number} stop */
    want(start, stop) {
        void this.#ask({ start, stop });
    }

    /** @param {{ start: number, stop: number } | null} [span] */
    async #ask(span = this.#inSight()) {
        const { record } = this.#desk;
        const book = this.#book;
        if (!record || !book || !span || this.#busy || this.#state === "off") return;
        const [run] = book.missing(span.start / this.#by, span.stop / this.#by);
        if (!run) return;
        this.#busy = true;
        let wait = 0;
        try {
            const sheet = await fetchBeats({ record: record.record, ...run });
            this.#source = sheet.source;
            this.#state = "there";
            book.put(sheet);
            if (!sheet.complete) wait = AGAIN_MS;
        } catch (error) {
            // The record is there: what is not found is the analysis.
            this.#state = error instanceof RequestFailed && error.status === 404 ? "off" : "failed";
            this.#failure = error instanceof Error ? error.message : String(error);
            wait = FAILED_MS;
        }
        this.#changed();
        setTimeout(() => {
            this.#busy = false;
            void this.#ask();
        }, wait);
    }

    /** What is in sight, and what comes next where it plays. */
    #inSight() {
        const sight = this.#desk.ways.sight();
        const status = this.#desk.status;
        if (!sight || !status?.fs) return null;
        const stop = sight.start + sight.windowS * status.fs;
        return { start: sight.start, stop: stop + (status.playing ? AHEAD_S * status.speed * status.fs : 0) };
    }

    #changed() {
        const source = this.#source;
        const { status } = this.#desk;
        if (this.#book && source && status?.fs) this.#shown = scaled(this.#book.beats, this.#by, { fs: status.fs, source });
        document.documentElement.dataset["analysis"] = this.#state;
        if (this.#state === "off" || this.#state === "there") remember(this.#state === "off");
        this.#draw();
        this.#tell();
        for (const then of this.#hearers) then(this.#shown, this.#state);
    }

    #draw() {
        const beats = this.#shown;
        if (!beats) return;
        const leads = [...new Set(beats.leads.map(({ lead }) => lead ?? BEATS.noLead))].join(", ");
        this.#layers.offer(ID, {
            name: BEATS.name, says: BEATS.says(BEATS.by(beats.source.detector, leads)), count: beats.sample.length,
            partly: !this.#book?.whole, colour: "beat", layer: beatsLayer(beats, beats.rr, 1, BEATS.notAnalysed),
        });
        const on = this.#layers.isOn(ID) && beats.pauses.length > 0;
        const layer = on ? pausesLayer(beats.pauses, 1, (samples) => BEATS.pause(samples / beats.fs)) : null;
        this.#desk.ways.ask({ ask: "marks", id: PAUSES, layer });
    }

    /** Who says so. */
    #tell() {
        const beats = this.#shown;
        const sight = this.#desk.ways.sight();
        this.#fact.hidden = this.#layers.isOff(ID);
        this.#says.title = this.#state === "failed" ? BEATS.failed(this.#failure) : "";
        if (this.#state === "failed") write(this.#says, BEATS.failed(this.#failure));
        else if (!beats || !sight) write(this.#says, BEATS.waiting);
        else {
            const middle = sight.start + (sight.windowS * beats.fs) / 2;
            const looked = runAt(beats.leads, middle);
            const known = runAt(beats.known, middle) !== null;
            write(this.#says, known ? BEATS.fact(BEATS.by(beats.source.detector, looked?.lead ?? BEATS.noLead)) : BEATS.waiting);
        }
    }
}

/** @param {boolean} without */
function remember(without) {
    if (!without) delete document.documentElement.dataset["without"];
    try {
        if (without) localStore().setItem(WITHOUT, "true");
        else localStore().removeItem(WITHOUT);
    } catch {
        // Forbidden or full: the next page leaves room for what does not come.
    }
}

/**
 * @param {Known} beats at the record's rate
 * @param {number} by
 * @param {{ fs: number, source: import("../net/beats.js").Source }} of the rate that is shown
 * @returns {Shown}
 */
function scaled(beats, by, { fs, source }) {
    const rr = intervals(beats.sample, beats.blocked, fs / by);
    if (by === 1) return { ...beats, rr, fs, source };
    /** @template {{ start: number, stop: number }} R @param {R[]} all @returns {R[]} */
    const runs = (all) => all.map((run) => ({ ...run, start: Math.round(run.start * by), stop: Math.round(run.stop * by) }));
    const rates = { ...beats.rates, sample: beats.rates.sample.map((at) => Math.round(at * by)) };
    return {
        ...beats, sample: beats.sample.map((at) => Math.round(at * by)), rates, rr, fs, source,
        blind: runs(beats.blind), pauses: runs(beats.pauses), leads: runs(beats.leads), known: runs(beats.known),
        blocked: runs(beats.blocked),
    };
}
