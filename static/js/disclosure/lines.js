// The lines in the page: only those near the sight are there, however long the record is.

import { DISCLOSURE } from "../texts/disclosure.js";
import { byNeed, inSight } from "./ruling.js";
import { make, Row } from "./row.js";

/** @typedef {import("./ruling.js").Ruling} Ruling */
/** CSS pixels of a line: `each` from one to the next, `gutter` and `width` of the signal behind it. @typedef {{ each: number, gutter: number, width: number }} Measures */

/**
 * What the lines are joined with. `paint` returns whether there was something to paint; `stood` hears that other
 * lines are seen, or that some were painted.
 * @typedef {{
 *   said: (line: number, top: number) => import("./row.js").Said,
 *   want: (lines: number[]) => void,
 *   stood: () => void,
 *   paint: (row: Row) => boolean,
 *   trouble: (line: number) => string | null,
 *   open: (sample: number, beside: boolean) => void,
 *   moved: (sample: number) => void,
 *   retry: () => void,
 * }} Hooks
 */

/** Milliseconds that the lines stand still before those of a long way are fetched. */
const SETTLED_MS = 90;
/** Milliseconds of a frame for painting; what is left comes with the next one. */
const PAINT_MS = 7;

export class Lines {
    #scroller;
    #roll;
    #hooks;
    /** @type {Map<number, Row>} */
    #rows = new Map();
    /** @type {Row[]} */
    #idle = [];
    /** @type {Ruling | null} */
    #ruling = null;
    /** @type {Measures} */
    #measures = { each: 40, gutter: 0, width: 1 };
    #cursor = 0;
    /** @type {number | null} */
    #origin = null;
    #cursorMark = make("i", "line__mark line__mark--cursor");
    #originMark = make("i", "line__mark line__mark--origin");
    #tip = make("span", "line__tip num");
    #arranging = 0;
    #painting = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #settling;
    #asked = -1;

    /**
     * @param {{ scroller: HTMLElement, roll: HTMLElement }} parts
     * @param {Hooks} hooks
     */
    constructor({ scroller, roll }, hooks) {
        this.#scroller = scroller;
        this.#roll = roll;
        this.#hooks = hooks;
        this.#originMark.title = DISCLOSURE.from;
        for (const mark of [this.#cursorMark, this.#originMark, this.#tip]) mark.setAttribute("aria-hidden", "true");
        scroller.addEventListener("scroll", () => this.#soon(), { passive: true });
        roll.addEventListener("click", (event) => this.#clicked(event));
        roll.addEventListener("auxclick", (event) => event.button === 1 && this.#clicked(event));
        roll.addEventListener("pointermove", (event) => this.#hover(event));
        roll.addEventListener("pointerleave", () => this.#tip.remove());
    }

    get cursor() {
        return this.#cursor;
    }

    /** The lines that are seen. @returns {{ first: number, last: number }} */
    get seen() {
        return this.#sight();
    }

    /** Lay the lines anew; what stood at the top stays there. @param {Ruling} ruling @param {Measures} measures */
    lay(ruling, measures) {
        const before = this.#ruling;
        const each = this.#measures.each;
        const top = before ? (this.#scroller.scrollTop / each) * before.seconds : 0;
        this.#ruling = ruling;
        this.#measures = measures;
        this.#roll.style.setProperty("height", `${ruling.lines * measures.each}px`);
        this.#roll.style.setProperty("--each", `${measures.each}px`);
        this.#roll.setAttribute("aria-rowcount", String(ruling.lines));
        for (const row of this.#rows.values()) this.#drop(row);
        this.#rows.clear();
        if (before) this.#scroller.scrollTop = (top / ruling.seconds) * measures.each;
        this.#asked = -1;
        this.#arrange();
    }

    /** Where one came from; null = from nowhere. @param {number | null} sample */
    origin(sample) {
        this.#origin = sample;
        this.#mark();
    }

    /** Put the cursor on a sample, and have it in sight. @param {number} sample @param {"nearest" | "middle"} how */
    move(sample, how = "nearest") {
        const ruling = this.#ruling;
        if (!ruling) return;
        this.#cursor = Math.max(0, Math.min(ruling.length - 1, sample));
        const { each } = this.#measures;
        const top = ruling.lineOf(this.#cursor) * each;
        const { scrollTop } = this.#scroller;
        const height = this.#room();
        if (how === "middle") this.#scroller.scrollTop = top - (height - each) / 2;
        else if (top < scrollTop) this.#scroller.scrollTop = top;
        else if (top + each > scrollTop + height) this.#scroller.scrollTop = top + each - height;
        this.#arrange();
        this.#hooks.moved(this.#cursor);
    }

    /** Whether a line stands on the screen as it should look now. @param {number} line */
    painted(line) {
        return this.#rows.get(line)?.painted ?? false;
    }

    /** A line came, or failed. @param {number} line */
    came(line) {
        const row = this.#rows.get(line);
        if (!row) return;
        row.painted = false;
        this.#paintSoon();
    }

    /** CSS pixels of lines that are seen: the axis above them is not. */
    #room() {
        return Math.max(1, this.#scroller.clientHeight - this.#roll.offsetTop);
    }

    #sight() {
        return inSight({
            top: this.#scroller.scrollTop,
            height: this.#room(),
            each: this.#measures.each,
            lines: this.#ruling?.lines ?? 1,
        });
    }

    #soon() {
        if (!this.#arranging) this.#arranging = requestAnimationFrame(() => this.#arrange());
    }

    #arrange() {
        cancelAnimationFrame(this.#arranging);
        this.#arranging = 0;
        if (!this.#ruling) return;
        const sight = this.#sight();
        for (const [line, row] of this.#rows) {
            if (line >= sight.from && line <= sight.to) continue;
            this.#rows.delete(line);
            this.#drop(row);
        }
        for (let line = sight.from; line <= sight.to; line++) if (!this.#rows.has(line)) this.#add(line);
        this.#mark();
        this.#ask(sight);
        this.#hooks.stood();
        this.#paintSoon();
    }

    /** @param {ReturnType<typeof inSight>} sight */
    #ask(sight) {
        clearTimeout(this.#settling);
        const want = () => {
            this.#asked = sight.first;
            this.#hooks.want(byNeed(sight));
        };
        // What flies past is not fetched: the server would read it for nobody.
        const far = this.#asked >= 0 && Math.abs(sight.first - this.#asked) > sight.last - sight.first;
        if (far) this.#settling = setTimeout(want, SETTLED_MS);
        else want();
    }

    /** @param {number} line */
    #add(line) {
        const row = this.#idle.pop() ?? new Row(DISCLOSURE.again);
        row.show(line, this.#hooks.said(line, line * this.#measures.each));
        row.state("loading", DISCLOSURE.loading);
        row.again.onclick = () => this.#hooks.retry();
        this.#rows.set(line, row);
        // In their order: so are they read out.
        let next = null;
        for (let beyond = line + 1; !next && beyond <= line + this.#rows.size; beyond++) {
            next = this.#rows.get(beyond)?.element ?? null;
        }
        this.#roll.insertBefore(row.element, next);
    }

    /** @param {Row} row */
    #drop(row) {
        row.element.remove();
        this.#idle.push(row);
    }

    #paintSoon() {
        if (!this.#painting) this.#painting = requestAnimationFrame(() => this.#paint());
    }

    #paint() {
        this.#painting = 0;
        this.#some();
        this.#hooks.stood();
    }

    /** Paint what there is time for. */
    #some() {
        const until = performance.now() + PAINT_MS;
        for (const line of byNeed(this.#sight())) {
            const row = this.#rows.get(line);
            if (!row || row.painted) continue;
            if (this.#hooks.paint(row)) {
                row.state("ready");
            } else {
                const trouble = this.#hooks.trouble(line);
                if (trouble === null) row.state("loading", DISCLOSURE.loading);
                else row.state("failed", trouble);
                continue;
            }
            if (performance.now() > until) {
                this.#paintSoon();
                return;
            }
        }
    }

    #mark() {
        this.#place(this.#originMark, this.#origin);
        this.#place(this.#cursorMark, this.#cursor);
        const row = this.#ruling && this.#rows.get(this.#ruling.lineOf(this.#cursor));
        if (row) this.#roll.setAttribute("aria-activedescendant", row.element.id);
        else this.#roll.removeAttribute("aria-activedescendant");
    }

    /** @param {HTMLElement} mark @param {number | null} sample */
    #place(mark, sample) {
        const ruling = this.#ruling;
        const row = sample !== null && ruling ? this.#rows.get(ruling.lineOf(sample)) : undefined;
        if (!row || sample === null || !ruling) {
            mark.remove();
            return;
        }
        mark.style.setProperty("left", `${this.#measures.gutter + ruling.along(sample) * this.#measures.width}px`);
        if (mark.parentElement !== row.trace) row.trace.append(mark);
    }

    /** The sample under a pointer; null where there is no line. @param {MouseEvent} event */
    #sampleAt(event) {
        const element = event.target instanceof Element ? event.target.closest(".line") : null;
        const row = element instanceof HTMLElement ? this.#rows.get(Number(element.dataset["line"])) : undefined;
        if (!row || !this.#ruling) return null;
        const { gutter, width } = this.#measures;
        const x = event.clientX - row.canvas.getBoundingClientRect().left - gutter;
        return { row, x, sample: this.#ruling.sampleAt(row.line, Math.max(0, Math.min(1, x / width))) };
    }

    /** @param {MouseEvent} event */
    #clicked(event) {
        if (event.target instanceof Element && event.target.closest("button")) return;
        const at = this.#sampleAt(event);
        if (at) this.#hooks.open(at.sample, event.ctrlKey || event.metaKey || event.button === 1);
    }

    /** @param {PointerEvent} event */
    #hover(event) {
        const at = event.pointerType === "mouse" ? this.#sampleAt(event) : null;
        if (!at || !this.#ruling) {
            this.#tip.remove();
            return;
        }
        const { gutter, width } = this.#measures;
        this.#tip.textContent = DISCLOSURE.moment(at.sample / this.#ruling.fs);
        this.#tip.style.setProperty("left", `${gutter + Math.max(0, Math.min(width, at.x))}px`);
        this.#tip.dataset["side"] = at.x > width / 2 ? "left" : "right";
        if (this.#tip.parentElement !== at.row.trace) at.row.trace.append(this.#tip);
    }
}
