// What was done and can be undone, what was undone and can be done again. Pure.

/** @typedef {import("./note.js").Fields} Fields */
/** How a change came about. @typedef {"do" | "undo" | "redo"} Way */
/** A change of one note. `gesture`: those of one hand's move are one step. @typedef {{ id: string, before: Partial<Fields>, after: Partial<Fields>, gesture?: string }} Step */

/** Steps that are kept: more than anybody remembers. */
const MOST = 500;

export class Steps {
    /** @type {Record<"undo" | "redo", Step[]>} */
    #stacks = { undo: [], redo: [] };

    /** @param {"undo" | "redo"} way @returns {Step | null} what comes next that way */
    last(way) {
        return this.#stacks[way].at(-1) ?? null;
    }

    /** Something was done. @param {Step} step @returns {Step} the step that it is a part of */
    did(step) {
        const { undo } = this.#stacks;
        this.#stacks.redo = [];
        const last = undo.at(-1);
        if (last && step.gesture !== undefined && last.gesture === step.gesture && last.id === step.id) {
            last.before = { ...step.before, ...last.before };
            last.after = { ...last.after, ...step.after };
            return last;
        }
        undo.push(step);
        if (undo.length > MOST) undo.shift();
        return step;
    }

    /** It was undone, or done again. @param {Step} step @param {"undo" | "redo"} way */
    move(step, way) {
        this.#drop(step);
        // A hand that goes on after that begins anew.
        step.gesture = undefined;
        this.#stacks[way === "undo" ? "redo" : "undo"].push(step);
    }

    /** It was not, after all. @param {Step} step @param {"undo" | "redo"} way */
    unmove(step, way) {
        const other = this.#stacks[way === "undo" ? "redo" : "undo"];
        // Forgotten meanwhile, because something else was done: then it is not known any more in which order.
        if (!other.includes(step)) return;
        this.#drop(step);
        this.#stacks[way].push(step);
    }

    /** They never happened. @param {Step[]} steps */
    forget(steps) {
        for (const step of steps) this.#drop(step);
    }

    /** @param {Step} step */
    #drop(step) {
        for (const way of /** @type {const} */ (["undo", "redo"])) {
            this.#stacks[way] = this.#stacks[way].filter((one) => one !== step);
        }
    }
}
