// The annotations that people write as layers on the picture, and as sets of the overview and the jumps.

import { markSet, noteLayer } from "../notes/hits.js";
import { NOTES } from "../texts/notes.js";

/** @typedef {import("../notes/book.js").Shown} Shown */

/** Behind what came with a record and what a model said. */
const ORDER = 30;
/** Of sets beside the usual one, in turns. */
const COLOURS = ["five", "three", "six", "one"];
/** Milliseconds until the overview is painted again: a mark that is dragged changes with each frame. */
const SETTLE_MS = 300;

/** @param {string} set */
const idOf = (set) => `notes ${set}`;

export class NoteLayers {
    #layers;
    #ways;
    /** @type {string[]} */
    #offered = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #settling;

    /**
     * @param {import("./marklayers.js").MarkLayers} layers
     * @param {Pick<import("./way.js").Way, "written">} ways
     */
    constructor(layers, ways) {
        this.#layers = layers;
        this.#ways = ways;
    }

    /**
     * @param {readonly Shown[]} notes sorted by sample
     * @param {{ sets: readonly string[], by: number, chosen: string | null, leads: string[] }} how as `noteLayer` has it; `sets`: all that can be written
     */
    show(notes, { sets, by, chosen, leads }) {
        /** @type {Map<string, Shown[]>} */
        const bySet = new Map(sets.map((name) => [name, []]));
        for (const note of notes) {
            const of = bySet.get(note.set);
            if (of) of.push(note);
            else bySet.set(note.set, [note]);
        }
        const full = [...bySet].filter(([, of]) => of.length);
        for (const name of this.#offered) if (!full.some(([one]) => one === name)) this.#layers.withdraw(idOf(name));
        this.#offered = full.map(([name]) => name);
        full.forEach(([name, of], i) => {
            const colour = name === "notes" ? "note" : COLOURS[i % COLOURS.length];
            const layer = noteLayer(of, { by, colour, order: ORDER + i, chosen });
            this.#layers.offer(idOf(name), { name, says: NOTES.editable, count: layer.sample.length, colour, layer });
        });
        clearTimeout(this.#settling);
        this.#settling = setTimeout(() => {
            this.#ways.written([...bySet].map(([name, of]) => ({ ...markSet(name, of, leads), readOnly: false })));
        }, SETTLE_MS);
    }

    /** Whether a set is switched on. @param {string} set */
    shows(set) {
        return this.#layers.isOn(idOf(set));
    }

    /** Whoever writes into a set wants to see it. @param {string} set */
    reveal(set) {
        if (this.#offered.includes(set)) this.#layers.turn(idOf(set), true);
    }
}
