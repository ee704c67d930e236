// The annotations of a record as this screen has them: what the server keeps, and over it what was changed here and is not
// confirmed yet. Drawn at once; confirmed, or turned back with the reason. Pure: whoever sends is told what, and says how it went.

import { BLANK, changed, differences, partOf, says } from "./note.js";
import { Steps } from "./steps.js";

/** @typedef {import("./note.js").Note} Note */
/** @typedef {import("./note.js").Fields} Fields */
/** @typedef {import("./steps.js").Step} Step */
/** @typedef {import("./steps.js").Way} Way */

/**
 * A change of a note that was refused because somebody else had changed it: `mine` was not taken; `differences` is what
 * the other one changed of what was seen here.
 * @typedef {{ mine: Partial<Fields>, seen: Note, theirs: Note, differences: import("./note.js").Difference[], by: string }} Conflict
 * A note to be shown. `pending`: not confirmed yet; `away`: the server could not be asked, it is tried again.
 * @typedef {Note & { pending: boolean, away: boolean, conflict: Conflict | null }} Shown
 * What is to be sent: a new note, or a change of the version that was seen.
 * @typedef {{ id: string, kind: "add", note: Note }} Adding
 * @typedef {{ id: string, kind: "change", version: number, fields: Partial<Fields> }} Changing
 * @typedef {{ id: string, kind: "remove", version: number, fields: Partial<Fields> }} Removing
 * @typedef {Adding | Changing | Removing} Request
 * How it went. `current` is the note as it is.
 * @typedef {{ kind: "done", note: Note } | { kind: "away" } | { kind: "refused", words: string }
 *   | { kind: "conflict", current: Note, by: string }} Outcome
 * What came of it, for the person. `fields`: what is not taken; `fresh`: of a note that was to be new.
 * @typedef {{ kind: "done" | "away", id: string } | { kind: "refused", id: string, words: string, fields: Partial<Fields>, fresh: boolean }
 *   | { kind: "conflict", id: string, conflict: Conflict }} News
 */

/** @typedef {{ fields: Partial<Fields>, step: Step, way: Way }} Edit */
/**
 * `base`: what the server keeps, as far as is known; null = not kept yet. `blank`: what a new one begins as. `was`: what was seen
 * when the first change that waits was made. `sent`: how many of the changes are on their way. `touched`: when the server last told of
 * it. `own`: by version, what a change of that one's that was made here made of it.
 * @typedef {{
 *   base: Note | null, blank: Note, was: Note | null, queue: Edit[], sent: number, away: boolean,
 *   conflict: Conflict | null, touched: number, own: Map<number, Note>, shown: Shown | null,
 * }} Entry
 */

export class Book {
    /** @type {Map<string, Entry>} */
    #entries = new Map();
    #steps = new Steps();
    /** Those to be shown, in order; null = to be put together anew. @type {Shown[] | null} */
    #shown = null;
    /** Counts what the server tells: an answer older than that does not undo it. */
    #moment = 0;
    /** Counts whatever changes what is shown. */
    revision = 0;

    // What is there.

    /** All that are not deleted, by their place. @returns {readonly Shown[]} */
    get notes() {
        this.#shown ??= [...this.#entries.values()]
            .map((entry) => (entry.shown ??= shownOf(entry)))
            .filter(({ deleted, conflict }) => !deleted || conflict)
            .sort((a, b) => a.sample - b.sample || (a.id < b.id ? -1 : 1));
        return this.#shown;
    }

    /** @param {string | null} id @returns {Shown | null} one that is deleted too */
    find(id) {
        const entry = id === null ? undefined : this.#entries.get(id);
        return entry ? (entry.shown ??= shownOf(entry)) : null;
    }

    /** How many changes are not confirmed. */
    get unsaved() {
        let count = 0;
        for (const { queue } of this.#entries.values()) count += queue.length;
        return count;
    }

    get canUndo() {
        return this.#steps.last("undo") !== null;
    }

    get canRedo() {
        return this.#steps.last("redo") !== null;
    }

    // What the server tells.

    /** What an answer that is asked for now knows of. */
    get moment() {
        return this.#moment;
    }

    /**
     * Take all that the server keeps.
     * @param {Note[]} notes
     * @param {number} asked the `moment` at which they were asked for
     */
    load(notes, asked) {
        const told = new Set(notes.map(({ id }) => id));
        for (const note of notes) this.hear(note);
        for (const [id, entry] of this.#entries) {
            // Told of since, or not known to the server yet: its absence says nothing.
            if (told.has(id) || entry.touched > asked || !entry.base || entry.queue.length) continue;
            this.#entries.delete(id);
            this.#changed(null);
        }
    }

    /** Take what became of a note. @param {Note} note @returns {boolean} whether it was news */
    hear(note) {
        const entry = this.#entries.get(note.id);
        if (entry?.base && entry.base.version >= note.version) return false;
        this.#take(note);
        return true;
    }

    /** @param {Note} note */
    #take(note) {
        const entry = this.#entries.get(note.id) ?? entryOf(note);
        this.#entries.set(note.id, entry);
        entry.base = note;
        entry.touched = ++this.#moment;
        if (entry.conflict) entry.conflict = clash(entry.conflict.mine, entry.conflict.seen, note, note.editor);
        this.#changed(entry);
        return entry;
    }

    // What the person does.

    /**
     * Make a new one.
     * @param {string} id
     * @param {string} set
     * @param {Partial<Fields>} fields
     * @returns {Shown}
     */
    add(id, set, fields) {
        const blank = { ...BLANK, ...fields, id, set, author: "", time: null, editor: "", edited: null, version: 0, otherSamples: false, deleted: true };
        this.#entries.set(id, entryOf(blank, null));
        return /** @type {Shown} */ (this.change(id, { deleted: false }));
    }

    /**
     * Change one.
     * @param {string} id
     * @param {Partial<Fields>} fields
     * @param {{ gesture?: string, seen?: Note }} [how] `gesture`: changes of one are undone as one; `seen`: the state that the
     *   change was begun from, where that is not the one shown
     * @returns {Shown | null} null where there is no such note, or nothing would change
     */
    change(id, fields, { gesture, seen } = {}) {
        const note = this.find(id);
        if (!note) return null;
        const after = changed(note, fields);
        if (!Object.keys(after).length) return null;
        const step = this.#steps.did({ id, before: partOf(note, after), after, gesture });
        this.#edit(id, { fields: after, step, way: "do" }, seen);
        return this.find(id);
    }

    /** @param {string} id */
    remove(id) {
        return this.change(id, { deleted: true });
    }

    /**
     * Undo the last change made here, or do it again.
     * @param {"undo" | "redo"} way
     * @returns {{ note: Shown } | { refused: Shown | null } | null} refused where the note is not any more as that change left it;
     *   null where there is none
     */
    again(way) {
        const step = this.#steps.last(way);
        if (!step) return null;
        const [from, to] = way === "undo" ? [step.after, step.before] : [step.before, step.after];
        const note = this.find(step.id);
        if (!note || !says(note, from)) {
            this.#steps.forget([step]);
            return { refused: note };
        }
        this.#steps.move(step, way);
        this.#edit(step.id, { fields: to, step, way });
        return { note: /** @type {Shown} */ (this.find(step.id)) };
    }

    /** Decide a conflict: `mine` once more, over what it is now, or not. @param {string} id @param {"mine" | "theirs"} whose */
    resolve(id, whose) {
        const entry = this.#entries.get(id);
        if (!entry?.conflict) return;
        const { mine, theirs } = entry.conflict;
        entry.conflict = null;
        this.#changed(entry);
        if (whose === "mine") this.change(id, { ...(theirs.deleted ? { deleted: false } : {}), ...mine });
    }

    /** @param {string} id @param {Edit} edit @param {Note} [seen] */
    #edit(id, edit, seen) {
        const entry = /** @type {Entry} */ (this.#entries.get(id));
        if (!entry.queue.length) entry.was = seen ? sinceThen(entry, seen) : entry.base;
        entry.conflict = null;
        entry.queue.push(edit);
        this.#changed(entry);
    }

    // What is sent.

    /** Return what is to be sent now: of each note one thing at a time. @returns {Request[]} */
    take() {
        /** @type {Request[]} */
        const requests = [];
        for (const [id, entry] of this.#entries) {
            if (!entry.queue.length || entry.sent || entry.away) continue;
            entry.sent = together(entry);
            const fields = sentOf(entry);
            if (entry.was === null || entry.was.version === 0) requests.push({ id, kind: "add", note: { ...entry.blank, ...fields } });
            else requests.push({ id, kind: fields.deleted ? "remove" : "change", version: entry.was.version, fields });
        }
        return requests;
    }

    /** Those whom nobody answered are to be sent again. */
    retry() {
        for (const entry of this.#entries.values()) entry.away = false;
    }

    /**
     * Take how it went.
     * @param {string} id
     * @param {Outcome} outcome
     * @returns {News}
     */
    settle(id, outcome) {
        const entry = /** @type {Entry} */ (this.#entries.get(id));
        switch (outcome.kind) {
            case "done":
                return this.#done(entry, id, outcome.note);
            case "away":
                entry.sent = 0;
                entry.away = true;
                this.#changed(entry);
                return { kind: "away", id };
            case "refused": {
                const fields = this.#turnBack(entry);
                const fresh = entry.base === null;
                if (fresh) this.#entries.delete(id);
                return { kind: "refused", id, words: outcome.words, fields: fresh ? { ...entry.blank, ...fields } : fields, fresh };
            }
            default:
                // Taken the first time, and the answer lost.
                if (says(outcome.current, sentOf(entry))) return this.#done(entry, id, outcome.current);
                return this.#clash(entry, id, outcome);
        }
    }

    /** @param {Entry} entry @param {string} id @param {Note} note @returns {News} */
    #done(entry, id, note) {
        entry.own.set(entry.was?.version ?? 0, note);
        entry.queue.splice(0, entry.sent);
        entry.sent = 0;
        // What waits was made upon this one, whatever somebody else has made of it by now.
        entry.was = note;
        this.hear(note);
        this.#changed(entry);
        return { kind: "done", id };
    }

    /** @param {Entry} entry @param {string} id @param {{ current: Note, by: string }} outcome @returns {News} */
    #clash(entry, id, { current, by }) {
        const seen = entry.was ?? entry.blank;
        const mine = this.#turnBack(entry);
        this.hear(current);
        entry.conflict = clash(mine, seen, /** @type {Note} */ (entry.base ?? current), by);
        this.#changed(entry);
        return { kind: "conflict", id, conflict: entry.conflict };
    }

    /** None of what waits is done, nor can it be undone. @param {Entry} entry @returns {Partial<Fields>} what it would have been */
    #turnBack(entry) {
        const { queue } = entry;
        this.#steps.forget(queue.filter(({ way }) => way === "do").map(({ step }) => step));
        for (const { step, way } of queue.toReversed()) if (way !== "do") this.#steps.unmove(step, way);
        entry.queue = [];
        entry.sent = 0;
        this.#changed(entry);
        return Object.assign({}, ...queue.map(({ fields }) => fields));
    }

    /** @param {Entry | null} entry */
    #changed(entry) {
        if (entry) entry.shown = null;
        this.#shown = null;
        this.revision++;
    }
}

/** @param {Note} blank @param {Note | null} [base] @returns {Entry} */
const entryOf = (blank, base = blank) => ({
    base, blank, was: base, queue: [], sent: 0, away: false, conflict: null, touched: 0, own: new Map(), shown: null,
});

/** What one's own changes have made of a state that was seen. @param {Entry} entry @param {Note} seen @returns {Note} */
function sinceThen({ own }, seen) {
    let now = seen;
    for (let next = own.get(now.version); next && next.version > now.version; next = own.get(now.version)) now = next;
    return now;
}

/** @param {Partial<Fields>} mine @param {Note} seen @param {Note} theirs @param {string} by @returns {Conflict} */
const clash = (mine, seen, theirs, by) => ({ mine, seen, theirs, by, differences: differences(seen, theirs) });

/** @param {Entry} entry @returns {Shown} */
function shownOf({ base, blank, queue, away, conflict }) {
    const fields = Object.assign({}, ...queue.map((edit) => edit.fields));
    return { ...(base ?? blank), ...fields, pending: queue.length > 0, away, conflict };
}

/** How many of the changes that wait go in one request: to delete, and to bring back, is one by itself. @param {Entry} entry */
function together({ queue }) {
    const next = queue.findIndex(({ fields }, i) => i > 0 && fields.deleted !== undefined);
    if (queue[0].fields.deleted === true) return 1;
    return next < 0 ? queue.length : next;
}

/** @param {Entry} entry @returns {Partial<Fields>} */
const sentOf = ({ queue, sent }) => Object.assign({}, ...queue.slice(0, sent).map(({ fields }) => fields));
