// The annotation sets that came with a record, and those of models, as layers on the picture.

import { modelLayer } from "../agree/layers.js";
import { MARKS } from "../texts/marks.js";
import { setLayer } from "../signal/markings.js";
import { apart } from "../signal/statements.js";

/** @typedef {import("../signal/marks.js").MarkSet} MarkSet */

export class Imported {
    #layers;
    /** @type {string[]} */
    #shown = [];

    /** @param {import("./marklayers.js").MarkLayers} layers */
    constructor(layers) {
        this.#layers = layers;
    }

    /** @param {MarkSet[]} all at the rate that is shown; those that people write here are somebody else's */
    show(all) {
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
            const says = score ? MARKS.model(source ?? "") : MARKS.imported;
            const layer = score ? modelLayer(set, 20 + i) : setLayer(set, 10 + i);
            this.#layers.offer(ids[i], { name, says, count: sample.length, colour: layer.colour, layer });
        });
        if (statements.length) void import("./statements.js").then(({ fold }) => fold(statements));
        else document.getElementById("statements")?.remove();
    }
}
