// Annotating: what people write about a record, on the picture, in the panel, and at the server. Loaded when there is any.

import { fetchHistory, fetchNotes, sendNote } from "../net/notes.js";
import { Book } from "../notes/book.js";
import { COMMENT, readNote } from "../notes/note.js";
import { Sender } from "../notes/sender.js";
import { noteWords } from "../notes/words.js";
import { NOTES } from "../texts/notes.js";
import { NoteFiles } from "./notefiles.js";
import { NoteForm } from "./noteform.js";
import { NoteGrips } from "./notegrips.js";
import { doingOf, isField, onOf } from "./notekeys.js";
import { NoteLayers } from "./notelayers.js";
import { NoteList } from "./notelist.js";
import { NoteMaker } from "./notemaker.js";
import { NotePlaces } from "./noteplaces.js";
import { anyPart, part, write } from "./page.js";
import { shape } from "./svg.js";

/** @typedef {import("../notes/note.js").Note} Note */
/** @typedef {import("../notes/note.js").Fields} Fields */
/** @typedef {import("../notes/book.js").Shown} Shown */
/** @typedef {{ desk: import("./desk.js").Desk, layers: import("./marklayers.js").MarkLayers, ways: Pick<import("./way.js").Way, "written" | "reread"> }} Beside */

/** Milliseconds after the last step of a key that is held at which it is sent. */
const SEND_MS = 300;
export class Notes {
    #desk;
    #ways;
    #book = new Book();
    #sender;
    #layers;
    #places;
    #form;
    #list;
    #files;
    #grips;
    #maker;
    #panel = anyPart("notes");
    #opener = anyPart("notes-open");
    /** @type {string[]} */
    #sets = [];
    /** Those that cannot be written. @type {string[]} */
    #others = [];
    /** @type {string | null} */
    #chosen = null;
    #up = true;
    #drawn = "";
    /** @type {number | null} */
    #drawing = null;
    #listed = "";
    #asked = false;
    #awaySaid = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #sending;
    /** Counts the moves by key: those of one handle in a row are undone as one. */
    #moves = 0;

    /** @param {Beside} beside */
    constructor({ desk, layers, ways }) {
        this.#desk = desk;
        this.#ways = ways;
        this.#layers = new NoteLayers(layers, ways);
        this.#places = new NotePlaces(desk);
        this.#sender = new Sender(this.#book, {
            send: (request) => this.#send(request),
            after: (seconds, then) => void setTimeout(then, 1000 * seconds),
            random: Math.random,
            told: (news) => this.#told(news),
        });
        this.#form = new NoteForm({
            change: (fields, seen) => this.#change(fields, { seen }),
            resolve: (whose) => this.#resolve(whose),
            remove: () => this.#remove(),
            show: () => this.#see(),
            versions: () => fetchHistory(this.#record.record, this.#chosen ?? "").catch((error) => {
                desk.ways.notice(error.message);
                return [];
            }),
            left: () => this.#panel.focus(),
            refuse: (words) => desk.ways.notice(words),
        });
        this.#list = new NoteList({ go: (id) => this.#go(id), at: () => this.#middle() / this.#by });
        this.#files = new NoteFiles(this.#record.record, () => this.#reread());
        const drawing = shape("svg", { class: "noting__drawing", role: "group", "aria-label": NOTES.overlay });
        anyPart("noting").append(drawing);
        this.#grips = new NoteGrips(drawing, this.#places, {
            move: (side, sample, gesture) => this.#move(side, sample / this.#by, gesture),
            moved: () => this.#sender.kick(),
        });
        this.#maker = new NoteMaker(desk, this.#places, drawing, {
            by: () => this.#by,
            open: () => this.open,
            notes: () => this.#book.notes.filter(({ set }) => this.#layers.shows(set)),
            make: (id, fields, focus) => this.#make(id, fields, focus),
            choose: (id) => this.#choose(id),
            say: (words) => this.#say(words),
        });
        this.#wire();
        void this.#load();
    }

    #wire() {
        const desk = this.#desk;
        desk.on("layout", () => this.#show());
        desk.on("said", (said) => {
            if (said.say !== "annotation" || said.record !== this.#record.record) return;
            if (said.annotation) this.#hear(said.annotation);
            else this.#reread();
        });
        desk.on("status", ({ up }) => {
            // What was said while nobody could listen is asked for, and what nobody answered is sent.
            if (up && !this.#up) {
                void this.#load();
                this.#sender.again();
            }
            if (this.open) this.#maker.show();
            this.#up = up;
        });
        /** @param {string} id @param {() => void} act */
        const press = (id, act) => anyPart(id).addEventListener("click", act);
        press("notes-undo", () => this.#again("undo"));
        press("notes-redo", () => this.#again("redo"));
        press("notes-close", () => this.close());
        document.addEventListener("keydown", (event) => this.#key(event), { capture: true });
        // What is typed is no key of the viewer.
        this.#panel.addEventListener("keydown", (event) => {
            if (!isField(event.target)) return;
            event.stopPropagation();
            if (event.key === "Escape" && !event.defaultPrevented) this.#panel.focus();
        });
        window.addEventListener("beforeunload", (event) => {
            if (this.#book.unsaved) event.preventDefault();
        });
    }

    /** The record that is annotated. */
    get #record() {
        const { record } = this.#desk;
        if (!record) throw new Error("no record to annotate");
        return record;
    }

    /** Samples of the rate that is shown to one of the record's. */
    get #by() {
        const fs = this.#desk.status?.fs;
        return fs ? fs / this.#record.fs : 1;
    }

    /** The middle of what is in sight, at the rate that is shown. */
    #middle() {
        const sight = this.#desk.ways.sight();
        return sight ? sight.start + (sight.windowS * (this.#desk.status?.fs ?? 1)) / 2 : 0;
    }

    get #note() {
        return this.#book.find(this.#chosen);
    }

    // The panel.

    get open() {
        return !this.#panel.hidden;
    }

    toggle() {
        if (this.open) this.close();
        else this.#open();
    }

    #open() {
        if (this.open) return;
        this.#desk.opens("notes");
        this.#panel.hidden = false;
        this.#opener.setAttribute("aria-expanded", "true");
        document.documentElement.dataset["noting"] = "true";
        this.#maker.tool = "point";
        // What is paused can be taken hold of; what plays goes on.
        if (!this.#desk.status?.playing) this.#desk.ways.stand();
        this.#list.here();
        this.#panel.focus();
        this.#show();
    }

    /** Put it away; what was written stays in the picture. @param {boolean} [back] whether the focus goes back to its button */
    close(back = true) {
        if (!this.open) return;
        this.#maker.tool = null;
        this.#panel.hidden = true;
        this.#opener.setAttribute("aria-expanded", "false");
        delete document.documentElement.dataset["noting"];
        this.#choose(null);
        if (back) this.#opener.focus();
    }

    // At the server.

    async #load() {
        const asked = this.#book.moment;
        try {
            const { sets, others, notes } = await fetchNotes(this.#record.record);
            this.#sets = sets;
            this.#others = others;
            this.#book.load(notes, asked);
        } catch (error) {
            this.#desk.ways.notice(error instanceof Error ? error.message : String(error));
            return;
        }
        this.#show();
        const linked = this.#asked ? null : this.#desk.linked("notes");
        this.#asked = true;
        if (!linked) return;
        if (!this.#book.find(linked)) return this.#desk.ways.notice(NOTES.gone);
        this.#open();
        this.#go(linked);
    }

    /** Other sets are there than were read, of whichever kind. */
    #reread() {
        this.#ways.reread();
        void this.#load();
    }

    /** @param {import("../notes/book.js").Request} request */
    async #send(request) {
        const answer = await sendNote(this.#record.record, request);
        // Said once: the panel goes on saying that something is not saved.
        const why = answer.kind !== "away" ? "" : answer.status === 401 ? NOTES.login : NOTES.notYet(answer.words);
        if (why && why !== this.#awaySaid) this.#desk.ways.notice(why);
        this.#awaySaid = why;
        return answer;
    }

    /** @param {Record<string, unknown>} annotation */
    #hear(annotation) {
        const note = readNote(annotation);
        if (!this.#sets.includes(note.set)) this.#sets.push(note.set);
        if (this.#book.hear(note)) this.#show();
    }

    /** @param {import("../notes/book.js").News} news */
    #told(news) {
        if (news.kind === "refused") this.#desk.ways.notice(NOTES.refused(news.words));
        if (news.kind === "conflict") {
            this.#desk.ways.notice(NOTES.conflictNotice);
            if (this.open) this.#choose(news.id);
        }
        this.#show();
    }

    // What the person does.

    /** @param {Partial<Fields>} fields @param {{ gesture?: string, seen?: Note }} [how] */
    #change(fields, how) {
        if (!this.#chosen) return;
        const note = this.#book.change(this.#chosen, fields, how);
        if (!note) return;
        this.#say(note.deleted ? NOTES.deleted(this.#words(note)) : NOTES.changed(this.#words(note)));
        this.#show();
        if (how?.gesture === undefined) this.#sender.kick();
    }

    /** @param {import("./notegrips.js").Side} side @param {number} to a sample of the record @param {string} gesture */
    #move(side, to, gesture) {
        const note = this.#note;
        if (!note) return;
        const { length } = this.#record;
        const [least, most] = side === "stop" ? [note.sample + 1, length] : [0, (note.stop ?? length) - 1];
        this.#change({ [side]: Math.max(least, Math.min(most, Math.round(to))) }, { gesture });
    }

    #remove() {
        const note = this.#note;
        if (!note || note.deleted) return;
        const next = this.#book.remove(note.id);
        this.#choose(null);
        this.#panel.focus();
        if (next) this.#say(NOTES.deleted(this.#words(note)));
        this.#show();
        this.#sender.kick();
    }

    /** @param {"mine" | "theirs"} whose */
    #resolve(whose) {
        if (!this.#chosen) return;
        this.#book.resolve(this.#chosen, whose);
        if (this.#note?.deleted) this.#choose(null);
        this.#panel.focus();
        this.#show();
        this.#sender.kick();
    }

    /** @param {"undo" | "redo"} way */
    #again(way) {
        const done = this.#book.again(way);
        const { notice } = this.#desk.ways;
        if (!done) return notice(way === "undo" ? NOTES.nothingToUndo : NOTES.nothingToRedo);
        this.#sender.kick();
        if ("refused" in done) notice(done.refused ? NOTES.changedSince(done.refused.editor) : NOTES.goneSince);
        else {
            this.#choose(done.note.deleted ? null : done.note.id);
            const words = this.#words(done.note);
            notice(way === "undo" ? NOTES.undone(words) : NOTES.redone(words));
            if (!this.#inSight(done.note)) this.#desk.ways.see(done.note.sample * this.#by);
        }
        return this.#show();
    }

    /** @param {string} id @param {Partial<Fields>} fields @param {import("./notemaker.js").Focus} focus */
    #make(id, fields, focus) {
        const { set } = this.#files;
        const note = this.#book.add(id, set, fields);
        if (!this.#sets.includes(set)) this.#sets.push(set);
        this.#sender.kick();
        this.#choose(id);
        this.#draw();
        this.#layers.reveal(set);
        this.#say(NOTES.made(this.#words(note)));
        if (!this.#desk.status?.playing) this.#desk.ways.stand();
        // A beat says all by its letter; who makes a comment has something to say.
        if (focus === "grip") this.#grips.focus("sample");
        else if (focus === "text" && (note.symbol === COMMENT || note.symbol === "+")) this.#form.write();
    }

    // Which one is chosen.

    /** @param {string | null} id */
    #choose(id) {
        if (id !== this.#chosen) this.#moves++;
        this.#chosen = id;
        this.#desk.carry("notes", id ?? "");
        document.documentElement.dataset["note"] = id ?? "";
        this.#show();
    }

    /** Choose one and show it. @param {string} id */
    #go(id) {
        this.#choose(id);
        this.#see();
    }

    #see() {
        const note = this.#note;
        if (note) this.#desk.ways.see(((note.sample + (note.stop ?? note.sample)) / 2) * this.#by);
    }

    /** @param {Note} note */
    #inSight({ sample }) {
        const sight = this.#desk.ways.sight();
        const at = sample * this.#by;
        return sight !== null && at >= sight.start && at <= sight.start + sight.windowS * (this.#desk.status?.fs ?? 1);
    }

    // By key.

    /** @param {KeyboardEvent} event */
    #key(event) {
        if (!this.open || document.querySelector("dialog[open]")) return;
        const { target } = event;
        const side = this.#grips.sideOf(target);
        const row = this.#list.idOf(target);
        const doing = doingOf(event, onOf(target, side !== null), part("notes-keys", HTMLInputElement).checked);
        if (!doing || (doing.act === "remove" && !this.#chosen)) return;
        event.preventDefault();
        event.stopPropagation();
        if (doing.act === "symbol") {
            // On an annotation it is that one's, else that of the next one.
            if (row) this.#choose(row);
            if (side !== null || row) this.#change({ symbol: doing.symbol });
            else this.#maker.symbol = doing.symbol;
        } else if (doing.act === "move" && side) {
            const note = this.#note;
            if (note) this.#move(side, (note[side] ?? 0) + doing.samples, `key ${this.#moves} ${side}`);
            clearTimeout(this.#sending);
            this.#sending = setTimeout(() => this.#sender.kick(), SEND_MS);
        } else this.#act(doing.act, row);
    }

    /** @param {import("./notekeys.js").Doing["act"]} act @param {string | null} row */
    #act(act, row) {
        if (act === "undo" || act === "redo") this.#again(act);
        else if (act === "place") void this.#maker.place();
        else if (act === "write") this.#form.write();
        else if (act === "leave") this.#leave();
        else if (act === "remove") {
            if (row) this.#choose(row);
            this.#remove();
        } else if ((act === "before" || act === "next") && !this.#list.step(act === "next" ? 1 : -1)) {
            this.#desk.ways.notice(act === "next" ? NOTES.noneAfter : NOTES.noneBefore);
        }
    }

    #leave() {
        if (this.#maker.giveUp()) return;
        if (this.#chosen) {
            this.#choose(null);
            this.#panel.focus();
        } else this.close();
    }

    // What is shown.

    /** @param {Note} note */
    #words = (note) => noteWords(note, this.#record.fs);

    /** @param {string} words */
    #say(words) {
        write(anyPart("notes-said"), words);
    }

    /** The marks in the picture, where they are others now. */
    #draw() {
        this.#drawing = null;
        const { notes, revision } = this.#book;
        const by = this.#by;
        const chosen = this.open ? this.#chosen : null;
        const drawn = `${revision} ${by} ${chosen}`;
        if (drawn === this.#drawn) return;
        this.#drawn = drawn;
        this.#layers.show(notes, { sets: this.#sets, by, chosen, leads: this.#record.leads.map(({ name }) => name) });
    }

    #show() {
        const { status } = this.#desk;
        if (!status?.fs) return;
        const by = this.#by;
        const { notes, revision } = this.#book;
        const chosen = this.open ? this.#chosen : null;
        const { fs, length } = this.#record;
        const leads = this.#record.leads.map(({ name }) => name);
        if (this.#chosen && (!this.#note || (this.#note.deleted && !this.#note.conflict))) return this.#choose(null);
        // While a mark is dragged, once a frame.
        if (this.#drawing === null) this.#drawing = requestAnimationFrame(() => this.#draw());
        this.#grips.show(this.open && !this.#note?.deleted ? this.#note : null, { by, fs, length });
        if (!this.open) return undefined;
        this.#form.show(this.#note, { fs, length, leads });
        // While one pans nothing of the list changes.
        const listed = `${revision} ${chosen}`;
        if (listed !== this.#listed) this.#list.show(notes, { fs, leads, chosen });
        this.#listed = listed;
        this.#files.show(this.#sets, this.#others);
        this.#maker.show();
        part("notes-undo", HTMLButtonElement).disabled = !this.#book.canUndo;
        part("notes-redo", HTMLButtonElement).disabled = !this.#book.canRedo;
        const unsaved = anyPart("notes-unsaved");
        const waits = notes.some(({ away }) => away) ? this.#book.unsaved : 0;
        unsaved.hidden = !waits;
        write(unsaved, waits ? NOTES.unsaved(waits) : "");
        return undefined;
    }
}
