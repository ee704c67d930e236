// The annotation chosen: what it says, who said it, and changing it field by field.

import { tagsOf } from "../notes/filter.js";
import { differences } from "../notes/note.js";
import { byWords, clashWords, mineWords, momentWords, noteWords } from "../notes/words.js";
import { NOTES } from "../texts/notes.js";
import { choose, fillSymbols, option } from "./notesymbols.js";
import { anyPart, part, write } from "./page.js";

/** @typedef {import("../notes/note.js").Note} Note */
/** @typedef {import("../notes/note.js").Fields} Fields */
/** @typedef {import("../notes/book.js").Shown} Shown */

/**
 * `change`: fields of the one shown, `seen` being the state that a person began from; `resolve`: a conflict; `versions`: all of
 * them; `left`: what was typed is done with, the keys are the picture's again.
 * @typedef {{
 *   change: (fields: Partial<Fields>, seen: Note) => void, resolve: (whose: "mine" | "theirs") => void, remove: () => void,
 *   show: () => void, versions: () => Promise<Note[]>, left: () => void, refuse: (words: string) => void,
 * }} Work
 */

/** Bytes that a text may have (WFDB). */
const LONGEST = 255;

export class NoteForm {
    #work;
    #form = part("note-form", HTMLFormElement);
    #symbol = part("note-symbol", HTMLSelectElement);
    #lead = part("note-lead", HTMLSelectElement);
    #text = part("note-text", HTMLInputElement);
    #tags = part("note-tags", HTMLInputElement);
    #sample = part("note-sample", HTMLInputElement);
    #stop = part("note-stop", HTMLInputElement);
    #versions = anyPart("note-versions");
    #opener = anyPart("note-versions-open");
    /** @type {Shown | null} */
    #note = null;
    /** What was there when somebody began to type. @type {Shown | null} */
    #seen = null;
    #fs = 1;
    #length = 0;

    /** @param {Work} work */
    constructor(work) {
        this.#work = work;
        fillSymbols(this.#symbol);
        const fields = [this.#symbol, this.#lead, this.#text, this.#tags, this.#sample, this.#stop];
        for (const field of fields) {
            field.addEventListener("focus", () => (this.#seen = this.#note));
            field.addEventListener("change", () => this.#changed(field));
            field.addEventListener("blur", () => {
                this.#seen = null;
                this.#fill();
            });
            field.addEventListener("keydown", (event) => this.#key(/** @type {KeyboardEvent} */ (event), field));
        }
        this.#form.addEventListener("submit", (event) => event.preventDefault());
        /** @param {string} id @param {() => void} act */
        const press = (id, act) => anyPart(id).addEventListener("click", act);
        press("note-show", () => this.#work.show());
        press("note-delete", () => this.#work.remove());
        press("note-mine", () => this.#work.resolve("mine"));
        press("note-theirs", () => this.#work.resolve("theirs"));
        press("note-versions-open", () => void this.#history());
    }

    /** To where one writes. */
    write() {
        this.#text.focus();
    }

    /**
     * @param {Shown | null} note null = none is chosen
     * @param {{ fs: number, length: number, leads: string[] }} record
     */
    show(note, { fs, length, leads }) {
        if (note?.id !== this.#note?.id) {
            // What was typed for another one was taken when the field was left.
            this.#seen = null;
            this.#shut();
        }
        if (note && note === this.#note) return;
        this.#note = note;
        this.#fs = fs;
        this.#length = length;
        this.#form.hidden = !note;
        if (!note) return;
        if (this.#lead.options.length !== leads.length + 1) {
            this.#lead.replaceChildren(option("", NOTES.all), ...leads.map((lead) => option(lead, lead)));
        }
        write(anyPart("note-what"), noteWords(note, fs));
        const state = note.conflict ? NOTES.clashed : note.away ? NOTES.away : note.pending ? NOTES.saving : note.otherSamples ? NOTES.otherSamples : "";
        const by = anyPart("note-by");
        write(by, [note.version ? byWords(note) : "", NOTES.set(note.set), state].filter(Boolean).join(" \u00b7 "));
        by.dataset["trouble"] = String(Boolean(note.conflict || note.away || note.otherSamples));
        this.#fill();
        this.#clash(note);
    }

    /** Show what is there; what somebody types in stays. */
    #fill() {
        const note = this.#note;
        if (!note) return;
        const set = (/** @type {HTMLInputElement} */ field, /** @type {string} */ value) => {
            if (field === document.activeElement && this.#seen) return;
            if (field.value !== value) field.value = value;
            field.removeAttribute("aria-invalid");
        };
        choose(this.#symbol, note.symbol);
        choose(this.#lead, note.lead ?? "");
        set(this.#text, note.aux_note);
        set(this.#tags, note.tags.join(", "));
        set(this.#sample, String(note.sample));
        set(this.#stop, note.stop === null ? "" : String(note.stop));
    }

    /** @param {Shown} note */
    #clash({ conflict }) {
        const box = anyPart("note-conflict");
        box.hidden = !conflict;
        if (!conflict) return;
        write(anyPart("note-clash"), NOTES.conflict(conflict.by));
        anyPart("note-changes").replaceChildren(
            ...clashWords(conflict, this.#fs).map((words) => {
                const item = document.createElement("li");
                item.textContent = words;
                return item;
            }),
        );
        write(anyPart("note-yours"), mineWords(conflict, this.#fs));
    }

    // What the person does.

    /** @param {KeyboardEvent} event @param {HTMLInputElement | HTMLSelectElement} field */
    #key(event, field) {
        if (event.key === "Enter" && field instanceof HTMLInputElement) {
            event.preventDefault();
            this.#changed(field);
            if (!field.hasAttribute("aria-invalid")) this.#work.left();
        } else if (event.key === "Escape") {
            event.preventDefault();
            this.#seen = null;
            this.#fill();
            this.#work.left();
        }
    }

    /** @param {HTMLInputElement | HTMLSelectElement} field */
    #changed(field) {
        const note = this.#note;
        if (!note) return;
        const fields = this.#read(field, note);
        field.toggleAttribute("aria-invalid", false);
        if (!fields) {
            field.setAttribute("aria-invalid", "true");
            this.#work.refuse(field === this.#text ? NOTES.tooLong : NOTES.badPlace);
            return;
        }
        const seen = this.#seen ?? note;
        this.#seen = null;
        this.#work.change(fields, seen);
        this.#seen = this.#note;
    }

    /** What a field says; null where that is none. @param {Element} field @param {Shown} note @returns {Partial<Fields> | null} */
    #read(field, note) {
        if (field === this.#symbol) return { symbol: this.#symbol.value };
        if (field === this.#lead) return { lead: this.#lead.value || null };
        if (field === this.#text) {
            const text = this.#text.value.trim();
            return new TextEncoder().encode(text).length <= LONGEST ? { aux_note: text } : null;
        }
        if (field === this.#tags) return { tags: tagsOf(this.#tags.value) };
        if (field === this.#stop && this.#stop.value === "") return this.#stop.validity.badInput ? null : { stop: null };
        const value = Number(/** @type {HTMLInputElement} */ (field).value || NaN);
        if (!Number.isSafeInteger(value) || value < 0 || value > this.#length) return null;
        if (field === this.#stop) return value > note.sample ? { stop: value } : null;
        return note.stop === null ? (value < this.#length ? { sample: value } : null) : value < note.stop ? { sample: value } : null;
    }

    async #history() {
        if (!this.#versions.hidden) return this.#shut();
        const id = this.#note?.id;
        const versions = await this.#work.versions();
        if (id !== this.#note?.id) return undefined;
        this.#opener.setAttribute("aria-expanded", "true");
        this.#versions.hidden = false;
        this.#versions.replaceChildren(
            ...versions.map((one, i) => {
                const item = document.createElement("li");
                const before = versions[i - 1];
                const what = before ? clashWords({ differences: differences(before, one) }, this.#fs).join("; ") : NOTES.versionMade;
                item.textContent = NOTES.version(one.version, NOTES.by(one.editor, momentWords(one.edited), 1), what);
                return item;
            }),
        );
        return undefined;
    }

    #shut() {
        this.#versions.hidden = true;
        this.#opener.setAttribute("aria-expanded", "false");
    }
}
