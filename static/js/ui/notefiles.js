// Sets and files: into which set one writes, sets as files, files as sets.

import { exportAddress, importNotes } from "../net/notes.js";
import { NOTES } from "../texts/notes.js";
import { option } from "./notesymbols.js";
import { anyPart, part, write } from "./page.js";

/** @typedef {import("../net/notes.js").Format} Format */

/** @type {readonly Format[]} */
const FORMATS = ["wfdb", "parquet", "csv", "json"];
/** Names that the server takes for a set. */
const SET = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const USUAL = "notes";

/**
 * What kind of file a name says; WFDB's have the annotator's name at their end.
 * @param {string} name
 * @returns {Format}
 */
export function formatOf(name) {
    const end = name.toLowerCase().split(".").at(-1) ?? "";
    return /** @type {readonly string[]} */ (["parquet", "csv", "json"]).includes(end) ? /** @type {Format} */ (end) : "wfdb";
}

/** The set that a file is read into where nobody says so: what it is named after. @param {string} name */
export function setOf(name) {
    const parts = name.split(".");
    const said = formatOf(name) === "wfdb" ? (parts.at(-1) ?? "") : parts[0];
    const fitting = said.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 64);
    return fitting || USUAL;
}

export class NoteFiles {
    #record;
    #set = part("notes-set", HTMLInputElement);
    #from = part("notes-from", HTMLSelectElement);
    #format = part("notes-format", HTMLSelectElement);
    #save = part("notes-save", HTMLAnchorElement);
    #file = part("notes-file", HTMLInputElement);
    #into = part("notes-into", HTMLInputElement);
    #read = part("notes-read", HTMLButtonElement);
    #names = "";
    /** The set that somebody chose to save. */
    #picked = "";

    /**
     * @param {string} record
     * @param {() => void} read a file was read: there is more to be shown
     */
    constructor(record, read) {
        this.#record = record;
        const opener = anyPart("notes-files-open");
        opener.addEventListener("click", () => {
            const panel = anyPart("notes-files");
            panel.hidden = !panel.hidden;
            opener.setAttribute("aria-expanded", String(!panel.hidden));
            if (!panel.hidden) panel.scrollIntoView({ block: "nearest" });
        });
        this.#format.replaceChildren(...FORMATS.map((one) => option(one, NOTES.formats[one])));
        this.#from.addEventListener("change", () => (this.#picked = this.#from.value));
        for (const select of [this.#from, this.#format]) select.addEventListener("change", () => this.#address());
        this.#set.addEventListener("input", () => this.#set.setAttribute("aria-invalid", String(!SET.test(this.#set.value))));
        this.#file.addEventListener("change", () => {
            const file = this.#file.files?.[0];
            this.#read.disabled = !file;
            if (file) this.#into.value = setOf(file.name);
        });
        this.#read.addEventListener("click", () => void this.#take(read));
    }

    /** The set that new annotations go into. */
    get set() {
        return SET.test(this.#set.value) ? this.#set.value : USUAL;
    }

    /** @param {readonly string[]} writable sets that people write @param {readonly string[]} others */
    show(writable, others) {
        const names = JSON.stringify([writable, others]);
        if (names === this.#names) return;
        this.#names = names;
        const value = this.#picked;
        this.#from.replaceChildren(...[...new Set([...writable, ...others])].map((name) => option(name, name)));
        // Until somebody chose, the first that people write.
        if (writable.includes(value) || others.includes(value)) this.#from.value = value;
        anyPart("notes-sets").replaceChildren(...writable.map((name) => option(name, name)));
        this.#address();
    }

    #address() {
        const { value } = this.#from;
        this.#save.href = exportAddress(this.#record, value || USUAL, /** @type {Format} */ (this.#format.value));
        this.#save.hidden = !value;
    }

    /** @param {() => void} read */
    async #take(read) {
        const file = this.#file.files?.[0];
        const set = this.#into.value;
        if (!file) return;
        const said = anyPart("notes-read-said");
        if (!SET.test(set)) {
            this.#into.setAttribute("aria-invalid", "true");
            write(said, NOTES.badSet);
            return;
        }
        this.#into.removeAttribute("aria-invalid");
        this.#read.disabled = true;
        write(said, NOTES.reading);
        try {
            const readOnly = part("notes-read-only", HTMLInputElement).checked;
            const count = await importNotes(this.#record, { set, format: formatOf(file.name), file, readOnly });
            write(said, NOTES.imported(count, set));
            this.#file.value = "";
            read();
        } catch (error) {
            write(said, NOTES.notImported(error instanceof Error ? error.message : String(error)));
            this.#read.disabled = false;
        }
    }
}
