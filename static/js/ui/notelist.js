// All annotations of the record: searched, in pages, each a way to its place.

import { EVERYTHING, filtered, neighbour, paged, pageOf } from "../notes/filter.js";
import { FILTERS } from "../signal/marks.js";
import { FILTER_NAMES } from "../texts/jumps.js";
import { markWords, SYMBOLS } from "../texts/annotations.js";
import { placeWords } from "../measure/words.js";
import { noteWords } from "../notes/words.js";
import { NOTES } from "../texts/notes.js";
import { option } from "./notesymbols.js";
import { anyPart, part, write } from "./page.js";

/** @typedef {import("../notes/book.js").Shown} Shown */
/** `go`: choose one and bring it into sight; `at`: the place in sight, in samples of the record. @typedef {{ go: (id: string) => void, at: () => number }} Work */

/** Rows of a page. */
const SIZE = 100;

export class NoteList {
    #work;
    #find = part("notes-find", HTMLInputElement);
    #kind = part("notes-kind", HTMLSelectElement);
    #of = part("notes-of", HTMLSelectElement);
    #rows = anyPart("notes-rows");
    /** @type {readonly Shown[]} */
    #notes = [];
    /** @type {readonly Shown[]} */
    #found = [];
    #page = 0;
    #fs = 1;
    /** @type {string | null} */
    #chosen = null;
    #drawn = "";

    /** @param {Work} work */
    constructor(work) {
        this.#work = work;
        this.#kind.replaceChildren(...FILTERS.map((one) => option(one, FILTER_NAMES[one])));
        this.#of.replaceChildren(option("", NOTES.anyLead));
        this.#find.addEventListener("input", () => this.#search());
        for (const select of [this.#kind, this.#of]) select.addEventListener("change", () => this.#search());
        this.#find.addEventListener("keydown", (event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            this.step(1);
        });
        /** @param {string} id @param {() => void} act */
        const press = (id, act) => anyPart(id).addEventListener("click", act);
        press("notes-before", () => this.step(-1));
        press("notes-next", () => this.step(1));
        press("notes-page-back", () => this.#turn(this.#page - 1));
        press("notes-page-on", () => this.#turn(this.#page + 1));
        this.#rows.addEventListener("click", ({ target }) => {
            const row = target instanceof Element ? target.closest("tr") : null;
            if (row?.dataset["id"]) work.go(row.dataset["id"]);
        });
    }

    /** The id of the row that an element is in. @param {EventTarget | null} element @returns {string | null} */
    idOf(element) {
        return element instanceof Element && this.#rows.contains(element) ? (element.closest("tr")?.dataset["id"] ?? null) : null;
    }

    /** To the next one, or the one before. @param {1 | -1} way @returns {boolean} whether there was one */
    step(way) {
        const next = neighbour(this.#found, { id: this.#chosen, sample: this.#work.at() }, way);
        if (next) this.#work.go(next.id);
        return next !== null;
    }

    /**
     * @param {readonly Shown[]} notes sorted by sample
     * @param {{ fs: number, leads: string[], chosen: string | null }} how
     */
    show(notes, { fs, leads, chosen }) {
        const moved = chosen !== this.#chosen;
        this.#notes = notes;
        this.#fs = fs;
        this.#chosen = chosen;
        if (this.#of.options.length !== leads.length + 1) {
            this.#of.replaceChildren(option("", NOTES.anyLead), ...leads.map((lead) => option(lead, lead)));
        }
        this.#filter();
        const place = moved ? this.#found.findIndex(({ id }) => id === chosen) : -1;
        if (place >= 0) this.#page = Math.floor(place / SIZE);
        this.#draw();
        // Where the list scrolls by itself: elsewhere the palette would go out of sight.
        const { clientHeight, scrollHeight } = anyPart("notes-list");
        if (place >= 0 && scrollHeight > clientHeight) this.#rows.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
    }

    /** To the page on which the place in sight is. */
    here() {
        this.#turn(pageOf(this.#found, SIZE, this.#work.at()));
    }

    #search() {
        this.#filter();
        this.here();
    }

    #filter() {
        const kind = /** @type {import("../signal/marks.js").Filter} */ (this.#kind.value);
        this.#found = filtered(this.#notes, { ...EVERYTHING, text: this.#find.value, kind, lead: this.#of.value || null });
    }

    /** @param {number} page */
    #turn(page) {
        this.#page = page;
        this.#draw();
    }

    #draw() {
        const { rows, page, pages } = paged(this.#found, SIZE, this.#page);
        this.#page = page;
        write(anyPart("notes-count"), NOTES.count(this.#found.length, this.#notes.length));
        anyPart("notes-pages").hidden = pages < 2;
        write(anyPart("notes-page"), NOTES.page(page + 1, pages));
        part("notes-page-back", HTMLButtonElement).disabled = page === 0;
        part("notes-page-on", HTMLButtonElement).disabled = page === pages - 1;
        const empty = anyPart("notes-empty");
        empty.hidden = rows.length > 0;
        write(empty, this.#notes.length ? NOTES.noneFound : NOTES.empty);
        anyPart("notes-table").hidden = rows.length === 0;
        const drawn = JSON.stringify([this.#chosen, this.#fs, rows.map((note) => [note.id, note.version, note.pending, note.away, note.sample, note.stop, note.lead, note.symbol, note.aux_note, note.tags, note.conflict !== null])]);
        if (drawn === this.#drawn) return;
        this.#drawn = drawn;
        const focused = this.idOf(document.activeElement);
        this.#rows.replaceChildren(...rows.map((note) => this.#row(note)));
        if (focused) /** @type {HTMLElement | null} */ (this.#rows.querySelector(`tr[data-id="${window.CSS.escape(focused)}"] button`))?.focus();
    }

    /** @param {Shown} note */
    #row(note) {
        const row = document.createElement("tr");
        row.dataset["id"] = note.id;
        row.dataset["pending"] = String(note.pending);
        if (note.id === this.#chosen) row.setAttribute("aria-current", "true");
        const jump = document.createElement("button");
        jump.type = "button";
        jump.className = "button button--quiet notes__jump";
        jump.textContent = placeWords(note.sample, this.#fs);
        jump.setAttribute("aria-label", NOTES.choose(noteWords(note, this.#fs)));
        const letter = cell(note.symbol);
        letter.className = "notes__letter";
        letter.title = SYMBOLS[note.symbol] ?? "";
        const text = cell(note.aux_note || markWords({ symbol: note.symbol, note: "" }));
        for (const tag of note.tags) {
            const label = document.createElement("span");
            label.className = "notes__tag";
            label.textContent = tag;
            text.append(" ", label);
        }
        const by = cell(note.conflict ? NOTES.clashed : note.away ? NOTES.unsavedShort : note.pending ? NOTES.saving : note.editor);
        row.append(cell(jump), letter, cell(note.lead ?? NOTES.allShort), text, by);
        return row;
    }
}

/** @param {string | Node} content */
function cell(content) {
    const made = document.createElement("td");
    made.append(content);
    return made;
}
