// The way to the annotations that people write: their code is loaded when there are some, or somebody makes one.

import { Late } from "./late.js";
import { anyPart } from "./page.js";

/** @typedef {import("./notes.js").Notes} Notes */
/** @typedef {import("../signal/marks.js").MarkSet} MarkSet */

export class Annotating {
    /** @type {Late<Notes>} */
    #notes;

    /**
     * @param {import("./desk.js").Desk} desk
     * @param {import("./marklayers.js").MarkLayers} layers
     * @param {Pick<import("./way.js").Way, "written" | "reread">} ways
     */
    constructor(desk, layers, ways) {
        this.#notes = new Late(
            () => import("./notes.js").then(({ Notes }) => new Notes({ desk, layers, ways })),
            desk.ways.notice,
        );
        anyPart("notes-open").addEventListener("click", () => void this.toggle());
        desk.panel("notes", () => this.#notes.here?.close(false));
        desk.on("said", (said) => {
            if (said.say === "annotation" && !this.#notes.wanted) void this.#notes.want();
        });
        desk.on("record", () => {
            if (desk.linked("notes")) void this.#notes.want();
        });
    }

    /** Take the sets of the record, as they are found in it. @param {MarkSet[]} sets */
    found(sets) {
        if (sets.some(({ readOnly, sample }) => readOnly === false && sample.length) && !this.#notes.wanted) void this.#notes.want();
    }

    /** Open the panel, or close it. */
    async toggle() {
        (await this.#notes.want())?.toggle();
    }
}
