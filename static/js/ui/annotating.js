// The way to the annotations that people write: their code is loaded when there are some, or somebody makes one.

import { NOTES } from "../texts/notes.js";
import { anyPart } from "./page.js";

/** @typedef {import("./notes.js").Notes} Notes */
/** @typedef {import("../signal/marks.js").MarkSet} MarkSet */

export class Annotating {
    #beside;
    /** @type {Notes | null} */
    #notes = null;
    /** @type {Promise<Notes> | null} */
    #loading = null;

    /**
     * @param {import("./desk.js").Desk} desk
     * @param {import("./marklayers.js").MarkLayers} layers
     * @param {Pick<import("./way.js").Way, "written" | "reread">} ways
     */
    constructor(desk, layers, ways) {
        this.#beside = { desk, layers, ways };
        anyPart("notes-open").addEventListener("click", () => void this.toggle());
        desk.panel("notes", () => this.#notes?.close(false));
        desk.on("said", (said) => {
            if (said.say === "annotation" && !this.#loading) void this.#load();
        });
        desk.on("record", () => {
            if (desk.linked("notes")) void this.#load();
        });
    }

    /** Take the sets of the record, as they are found in it. @param {MarkSet[]} sets */
    found(sets) {
        if (sets.some(({ readOnly, sample }) => readOnly === false && sample.length) && !this.#loading) void this.#load();
    }

    /** Open the panel, or close it. */
    async toggle() {
        (await this.#load())?.toggle();
    }

    /** @returns {Promise<Notes | null>} null where it cannot be had now */
    async #load() {
        this.#loading ??= import("./notes.js").then(({ Notes }) => new Notes(this.#beside));
        try {
            this.#notes = await this.#loading;
            return this.#notes;
        } catch {
            // Browsers keep a script that did not come as one that does not exist: only a reload asks again.
            this.#beside.desk.ways.notice(NOTES.unavailable);
            return null;
        }
    }
}
