// @ts-check
/**
 * The list of rows: pages of records under their patients, previews as rows come in sight, and
 * where the keyboard stands.
 *
 * A hundred thousand records stay light: every page has its place from the beginning, so that the
 * scroll bar reaches all of them; its records are asked for when it comes near the screen, and its
 * rows are in the document only while it is.
 *
 * @typedef {import("./model.js").RecordItem} RecordItem
 * @typedef {import("./preview.js").Preview} Preview
 *
 * @typedef {object} Page
 * @property {HTMLElement} element
 * @property {number} first place of its first record in the list
 * @property {number} count
 * @property {RecordItem[] | null} records null: not asked for yet, or forgotten
 * @property {string | null} before patient of the record before the first
 * @property {Row[] | null} rows null: not in the document now
 * @property {AbortController | null} asking
 */

import { retryDelay } from "../net/backoff.js";
import { Failure } from "./api.js";
import { Kept, Places } from "./asking.js";
import { counted } from "./format.js";
import { grouped } from "./model.js";
import { likelyHeight, PAGE, pagesOf } from "./pages.js";
import { fetchPreview } from "./preview.js";
import { element, Row } from "./row.js";
import { RECORDS } from "../texts/records.js";

/** Previews asked for at once: they share the server's few readers with those who watch. */
const AT_ONCE = 3;
const PREVIEWS_KEPT = 200;
/** Pages whose records are kept: those of others are asked for again. */
const PAGES_KEPT = 40;
/** How far from the screen rows are made, and previews asked for, in CSS pixels. */
const NEAR = "1600px 0px";
const SEEN = "200px 0px";
/** A page has to stay near for so long to be asked for: the scroll bar drawn past it asks for none. */
const STAYS_MS = 80;

/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 5, PageUp: -5 };

export class RecordList {
    #host;
    #said;
    /** @type {Page[]} */
    #pages = [];
    #total = 0;
    #selected = -1;
    /** What the keyboard shall stand on as soon as it is there. @type {{index: number, focus: boolean} | null} */
    #wanted = null;
    #measured = { px: 0, records: 0 };
    /** @type {Page[]} those with records, the latest last */
    #held = [];
    /** @type {Map<string, readonly string[]>} */
    #chosen = new Map();
    /** @type {Kept<Preview>} */
    #previews = new Kept(PREVIEWS_KEPT);
    #places = new Places(AT_ONCE);
    /** @type {Map<Row, AbortController>} */
    #asking = new Map();
    /** @type {WeakMap<Element, Row>} */
    #rowOf = new WeakMap();
    /** @type {WeakMap<Element, Page>} */
    #pageOf = new WeakMap();
    #near = new IntersectionObserver((entries) => this.#pagesMoved(entries), { rootMargin: NEAR });
    #seen = new IntersectionObserver((entries) => this.#rowsMoved(entries), { rootMargin: SEEN });
    #width = 0;
    #resized = new ResizeObserver(() => this.#widthMayDiffer());
    #failures = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #waiting;

    /**
     * @param {HTMLElement} host the pages of rows go into it
     * @param {{
     *   load: (first: number, count: number, signal: AbortSignal) => Promise<RecordItem[]>,
     *   selected: (record: string, index: number) => void, failed: (failure: Failure) => void, login: () => void,
     *   changed: () => void,
     * }} said `load` gets records of the list from a place on; the others are told where the keyboard stands, that a
     *   page could not be had, that a preview needs a login, and that there are more records known than before
     */
    constructor(host, said) {
        this.#host = host;
        this.#said = said;
        this.#resized.observe(host);
        host.addEventListener("focusin", (event) => this.#focused(event));
    }

    /** How many records there are in all. */
    get total() {
        return this.#total;
    }

    /** Where the keyboard stands; -1: nowhere, there is no record. */
    get selected() {
        return this.#selected;
    }

    /** How many patients these are; null: not all records were looked at. */
    get patients() {
        const known = this.#pages.flatMap((page) => page.records ?? []);
        return known.length === this.#total ? new Set(known.map((record) => record.patient)).size : null;
    }

    /**
     * Show another list.
     * @param {number} total
     * @param {RecordItem[]} records the first of them
     * @param {number} selected where the keyboard shall stand
     */
    begin(total, records, selected = 0) {
        for (const page of this.#pages) {
            page.asking?.abort();
            if (page.rows) this.#leave(page);
        }
        this.#near.disconnect();
        this.#total = total;
        this.#selected = -1;
        this.#wanted = null;
        this.#held = [];
        this.#pages = pagesOf(total).map(({ first, count }) => ({
            element: element("div", "page"), first, count, records: null, before: null, rows: null, asking: null,
        }));
        const [head] = this.#pages;
        if (head) this.#fill(head, records.slice(0, head.count), null);
        for (const page of this.#pages) {
            this.#pageOf.set(page.element, page);
            page.element.dataset.blank = "";
            if (page !== head) page.element.style.height = `${likelyHeight(page.count, total, this.#measured)}px`;
        }
        this.#host.replaceChildren(...this.#pages.map((page) => page.element));
        if (head) this.#enter(head);
        for (const page of this.#pages) this.#near.observe(page.element);
        if (total) this.select(selected, { focus: false, scroll: selected > 0 });
    }

    /** Paint every preview again, after a change of theme or width. */
    redraw() {
        // Those that never came in sight are painted when they do.
        paint(this.#pages.flatMap((page) => page.rows?.filter((row) => row.painted) ?? []));
    }

    #widthMayDiffer() {
        // The height differs at every page that comes, and then no strip has to be painted again.
        if (this.#host.clientWidth === this.#width) return;
        this.#width = this.#host.clientWidth;
        this.redraw();
    }

    /** Ask again for the pages and previews that failed, those in sight at once. */
    retry() {
        clearTimeout(this.#waiting);
        this.#waiting = undefined;
        for (const page of this.#pages) {
            if (page.element.dataset.failed) {
                delete page.element.dataset.failed;
                // An observer tells only of a move in or out; begin anew to be told now.
                this.#near.unobserve(page.element);
                this.#near.observe(page.element);
            }
            for (const row of page.rows ?? []) {
                if (row.element.dataset.preview !== "failed") continue;
                this.#seen.unobserve(row.element);
                this.#seen.observe(row.element);
            }
        }
    }

    /**
     * Let the keyboard stand on a row, as soon as it is there.
     * @param {number} index
     * @param {{focus?: boolean, scroll?: boolean}} how `scroll`: bring it into sight even without the focus
     */
    select(index, { focus = true, scroll = focus } = {}) {
        if (!this.#total) return;
        const wanted = Math.min(Math.max(index, 0), this.#total - 1);
        this.#rowAt(this.#selected)?.select(false);
        this.#selected = wanted;
        const page = this.#pages[Math.floor(wanted / PAGE)];
        if (!page?.records) {
            this.#wanted = { index: wanted, focus };
            page?.element.scrollIntoView({ block: "nearest" });
            if (page) void this.#load(page);
            return;
        }
        this.#wanted = null;
        const row = this.#rowAt(wanted, { make: true });
        if (!row) return;
        row.select(true);
        this.#said.selected(row.record.record, wanted);
        if (focus) row.link.focus({ preventScroll: true });
        if (scroll) row.element.scrollIntoView({ block: "nearest" });
    }

    /** @param {string} id @returns {number} where that record is in the first page of the list; -1: it is not */
    place(id) {
        return this.#pages[0]?.records?.findIndex((one) => one.record === id) ?? -1;
    }

    /** Open the record on which the keyboard stands. */
    open() {
        this.#rowAt(this.#selected)?.link.click();
    }

    /** @param {KeyboardEvent} event @returns {boolean} whether it was a key of the list */
    key(event) {
        const row = this.#rowAt(this.#selected);
        const step = STEPS[event.key];
        if (step !== undefined) this.select(this.#selected + step);
        else if (event.key === "Home") this.select(0);
        else if (event.key === "End") this.select(this.#total - 1);
        else if (event.key === "ArrowRight" || event.key === "l") this.#moveInLeads(row, 1);
        else if (event.key === "ArrowLeft" || event.key === "h") this.#moveInLeads(row, -1);
        else if (event.key === "Enter" && document.activeElement === document.body) row?.link.click();
        else if (event.key === "Enter" && row?.chips.some((chip) => chip === document.activeElement)) row.link.click();
        else return false;
        return true;
    }

    /** @param {Row | undefined} row @param {number} by */
    #moveInLeads(row, by) {
        if (!row) return;
        const at = row.chips.findIndex((chip) => chip === document.activeElement);
        // To the left of the first lead is the record itself.
        const next = at + by < 0 ? row.link : row.chips[Math.min(at + by, row.chips.length - 1)];
        next?.focus();
    }

    /** @param {FocusEvent} event */
    #focused(event) {
        const item = event.target instanceof Element ? event.target.closest(".record") : null;
        const row = item && this.#rowOf.get(item);
        if (!row || row === this.#rowAt(this.#selected)) return;
        const page = this.#pages.find((one) => one.rows?.includes(row));
        if (page) this.select(page.first + (page.rows ?? []).indexOf(row), { focus: false });
    }

    /** @param {number} index @param {{make?: boolean}} how @returns {Row | undefined} */
    #rowAt(index, { make = false } = {}) {
        const page = this.#pages[Math.floor(index / PAGE)];
        if (!page) return undefined;
        if (make && !page.rows) this.#enter(page);
        return page.rows?.[index - page.first];
    }

    /** @param {IntersectionObserverEntry[]} entries */
    #pagesMoved(entries) {
        for (const { target, isIntersecting } of entries) {
            const page = this.#pageOf.get(target);
            if (!page) continue;
            if (isIntersecting && !page.records) void this.#load(page, STAYS_MS);
            else if (isIntersecting && !page.rows) this.#enter(page);
            else if (!isIntersecting) {
                if (this.#wanted === null || Math.floor(this.#wanted.index / PAGE) * PAGE !== page.first) {
                    page.asking?.abort();
                    page.asking = null;
                }
                // The row with the keyboard stays, or the focus would be lost.
                if (page.rows && !target.contains(document.activeElement)) this.#leave(page);
            }
        }
    }

    /**
     * Ask for the records of a page.
     * @param {Page} page
     * @param {number} after ms that it has to stay wanted
     */
    async #load(page, after = 0) {
        if (page.asking) return;
        const control = new AbortController();
        page.asking = control;
        try {
            if (after) await new Promise((done) => setTimeout(done, after));
            if (control.signal.aborted) return;
            // With the one before: whether its patient goes on here.
            const lead = page.first ? 1 : 0;
            const records = await this.#said.load(page.first - lead, page.count + lead, control.signal);
            if (control.signal.aborted) return;
            this.#fill(page, records.slice(lead), lead ? (records[0]?.patient ?? null) : null);
            this.#enter(page);
            this.#said.changed();
            const wanted = this.#wanted;
            if (wanted && Math.floor(wanted.index / PAGE) * PAGE === page.first) {
                this.select(Math.min(wanted.index, page.first + records.length - lead - 1), { focus: wanted.focus, scroll: true });
            }
        } catch (error) {
            if (control.signal.aborted) return;
            if (!(error instanceof Failure)) throw error;
            page.element.dataset.failed = "yes";
            this.#said.failed(error);
        } finally {
            if (page.asking === control) page.asking = null;
        }
    }

    /** @param {Page} page @param {RecordItem[]} records @param {string | null} before */
    #fill(page, records, before) {
        page.records = records;
        page.before = before;
        this.#held.push(page);
        const idle = this.#held.length > PAGES_KEPT && this.#held.find((one) => !one.rows && one !== page);
        if (!idle) return;
        this.#held.splice(this.#held.indexOf(idle), 1);
        idle.records = null;
    }

    /** @param {Page} page */
    #enter(page) {
        page.rows = [];
        page.element.style.height = "";
        page.element.replaceChildren();
        const selected = page.records?.[this.#selected - page.first];
        for (const group of grouped(page.records ?? [], page.before)) {
            const rows = group.records.map((record) => this.#row(record));
            page.rows.push(...rows);
            const list = element("ul", "patient__records", ...rows.map((row) => row.element));
            list.setAttribute("role", "list");
            const section = element("section", "patient", list);
            if (group.continued) list.setAttribute("aria-label", RECORDS.continued(group.patient));
            else section.prepend(patientTitle(group.patient, group.records.length));
            page.element.append(section);
        }
        for (const row of page.rows) {
            row.select(row.record === selected);
            const kept = this.#previews.get(row.record.record);
            if (kept) row.take(kept);
            this.#seen.observe(row.element);
        }
    }

    /** @param {RecordItem} record */
    #row(record) {
        const row = new Row(record, this.#chosen.get(record.record) ?? [], (name, chosen) => {
            this.#chosen.set(name, chosen);
        });
        this.#rowOf.set(row.element, row);
        return row;
    }

    /** @param {Page} page */
    #leave(page) {
        for (const row of page.rows ?? []) {
            this.#seen.unobserve(row.element);
            this.#asking.get(row)?.abort();
        }
        const px = page.element.offsetHeight;
        page.element.style.height = `${px}px`;
        this.#measured = { px: this.#measured.px + px, records: this.#measured.records + page.count };
        page.element.replaceChildren();
        page.element.dataset.blank = "";
        page.rows = null;
    }

    /** @param {IntersectionObserverEntry[]} entries */
    #rowsMoved(entries) {
        /** @type {Row[]} */
        const blank = [];
        for (const { target, isIntersecting } of entries) {
            const row = this.#rowOf.get(target);
            if (!row) continue;
            // Now that it is laid out, and not before, its page may be what the browser holds still when others change.
            delete row.element.closest("div")?.dataset.blank;
            if (isIntersecting && !row.painted) blank.push(row);
            if (!isIntersecting) this.#asking.get(row)?.abort();
            else if (row.element.dataset.preview === "shown") this.#seen.unobserve(row.element);
            else if (!this.#asking.has(row)) void this.#ask(row);
        }
        paint(blank);
    }

    /** @param {Failure} failure one of many, perhaps: the server is asked again once for all */
    #retryLater(failure) {
        if (this.#waiting !== undefined) return;
        const seconds = retryDelay(this.#failures++, failure.retryAfterMs, Math.random());
        this.#waiting = setTimeout(() => this.retry(), seconds * 1000);
    }

    /** @param {Row} row */
    async #ask(row) {
        const control = new AbortController();
        this.#asking.set(row, control);
        const name = row.record.record;
        try {
            const preview = await this.#places.run(control.signal, (signal) => fetchPreview(row.record, signal));
            this.#failures = 0;
            const face = row.face();
            row.take(preview);
            row.draw(face);
            if (preview) this.#previews.set(name, preview);
            this.#seen.unobserve(row.element);
        } catch (error) {
            if (control.signal.aborted) return;
            if (!(error instanceof Failure)) throw error;
            if (error.kind === "login") this.#said.login();
            if (error.kind === "away") this.#retryLater(error);
            row.showFailure(RECORDS.noPreview(error.message));
        } finally {
            this.#asking.delete(row);
        }
    }
}

/** Paint strips: all are measured before the first is painted. @param {readonly Row[]} rows */
function paint(rows) {
    const faces = rows.map((row) => row.face());
    for (const [i, row] of rows.entries()) row.draw(/** @type {import("./preview.js").Face} */ (faces[i]));
}

/** @param {string} patient @param {number} records */
function patientTitle(patient, records) {
    const count = element("span", "patient__count num", counted(records, "record"));
    return element("h2", "patient__title", element("span", "label", RECORDS.patient), " ", patient, " ", count);
}
