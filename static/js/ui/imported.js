// The annotation sets that came with a record, and those of models, as layers on the picture.

import { MARKS } from "../texts/marks.js";
import { marksWaves } from "../signal/marks.js";
import { setLayer } from "../signal/markings.js";
import { apart } from "../signal/statements.js";

/** @typedef {import("../signal/marks.js").MarkSet} MarkSet */
/** @typedef {import("../view/layers.js").Layer} Layer */

export class Imported {
    #layers;
    /** @type {string[]} */
    #shown = [];

    /** @param {import("./marklayers.js").MarkLayers} layers */
    constructor(layers) {
        this.#layers = layers;
    }

    /** @param {MarkSet[]} all at the rate that is shown; those that people write here are somebody else's @param {number} fs that rate */
    show(all, fs) {
        const sets = all.filter(({ readOnly }) => readOnly !== false);
        const ids = sets.map(({ name }) => `set ${name}`);
        for (const id of this.#shown) if (!ids.includes(id)) this.#layers.withdraw(id);
        this.#shown = ids;
        /** @type {{ name: string, said: string[] }[]} */
        const statements = [];
        sets.forEach((one, i) => {
            const { name, sample, score, source } = one;
            const { said, set } = apart(one);
            if (said.length) statements.push({ name, said });
            // Several on each beat cover the trace and the names: who wants them switches them on.
            const waves = marksWaves(set, fs);
            const from = score ? MARKS.model(source ?? "") : MARKS.imported;
            const says = waves ? MARKS.waves(from) : from;
            /** @param {Layer} layer */
            const offer = (layer) => this.#layers.offer(ids[i], { name, says, count: sample.length, colour: layer.colour, layer }, !waves);
            if (!score) offer(setLayer(set, 10 + i));
            else void import("../agree/layers.js").then(({ modelLayer }) => this.#shown === ids && offer(modelLayer(set, 20 + i)));
        });
        if (statements.length) void import("./statements.js").then(({ fold }) => fold(statements));
        else document.getElementById("statements")?.remove();
    }
}
