// @ts-check
/**
 * The list of rows: pages of records under their patients, previews as rows come in sight, and
 * where the keyboard stands.
 *
 * Ten thousand records stay light: a page of rows far from the screen is taken out of the
 * document, a box of its height left in its place, and made again when it comes near.
 *
 * @typedef {import("./model.js").RecordItem} RecordItem
 * @typedef {import("./preview.js").Preview} Preview
 *
 * @typedef {object} Page
 * @property {HTMLElement} element
 * @property {RecordItem[]} records
 * @property {string | null} before patient of the record before the first
 * @property {Row[] | null} rows null: not in the document now
 */

import { retryDelay } from "../net/backoff.js";
import { Failure } from "./api.js";
import { Kept, Places } from "./asking.js";
import { counted } from "./format.js";
import { grouped } from "./model.js";
import { fetchPreview } from "./preview.js";
import { element, Row } from "./row.js";
import { RECORDS } from "../texts/records.js";

/** Previews asked for at once: they share the server's few readers with those who watch. */
const AT_ONCE = 3;
const PREVIEWS_KEPT = 200;
/** How far from the screen rows are made, and previews asked for, in CSS pixels. */
const NEAR = "1600px 0px";
const SEEN = "200px 0px";

/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 5, PageUp: -5 };

export class RecordList {
    #host;
    #said;
    /** @type {Page[]} */
    #pages = [];
    /** @type {RecordItem[]} */
    #records = [];
    #selected = -1;
    /** @type {Map<string, readonly string[]>} */
    #chosen = new Map();
    /** @type {Kept<Preview>} */
    #previews = new Kept(PREVIEWS_KEPT);
    #places = new Places(AT_ONCE);
    /** @type {Map<Row, AbortController>} */
    #asking = new Map();
    /** @type {WeakMap<Element, Row>} */
    #rowOf = new WeakMap();
    #near = new IntersectionObserver((entries) => this.#pagesMoved(entries), { rootMargin: NEAR });
    #seen = new IntersectionObserver((entries) => this.#rowsMoved(entries), { rootMargin: SEEN });
    #width = 0;
    #resized = new ResizeObserver(() => this.#widthMayDiffer());
    #failures = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #waiting;

    /**
     * @param {HTMLElement} host the pages of rows go into it
     * @param {{selected: (record: string) => void, login: () => void}} said is told where the
     *   keyboard stands, and that a preview needs a login
     */
    constructor(host, said) {
        this.#host = host;
        this.#said = said;
        this.#resized.observe(host);
        host.addEventListener("focusin", (event) => this.#focused(event));
    }

    get records() {
        return this.#records;
    }

    /** Where the keyboard stands; -1: nowhere, there is no record. */
    get selected() {
        return this.#selected;
    }

    /** How many patients these are; the list is in the order of patients. */
    get patients() {
        return new Set(this.#records.map((record) => record.patient)).size;
    }

    clear() {
        for (const page of this.#pages) this.#leave(page);
        this.#near.disconnect();
        this.#host.replaceChildren();
        this.#pages = [];
        this.#records = [];
        this.#selected = -1;
    }

    /** @param {RecordItem[]} records the next page of them */
    append(records) {
        if (!records.length) return;
        const before = this.#records.at(-1)?.patient ?? null;
        const page = { element: element("div", "page"), records, before, rows: null };
        this.#records = [...this.#records, ...records];
        this.#pages.push(page);
        this.#host.append(page.element);
        this.#enter(page);
        this.#near.observe(page.element);
        if (this.#selected < 0) this.select(0, { focus: false });
    }

    /** Paint every preview again, after a change of theme or width. */
    redraw() {
        for (const page of this.#pages) for (const row of page.rows ?? []) row.draw();
    }

    #widthMayDiffer() {
        // The height differs at every page that comes, and then no strip has to be painted again.
        if (this.#host.clientWidth === this.#width) return;
        this.#width = this.#host.clientWidth;
        this.redraw();
    }

    /** Ask again for the previews that failed, those in sight at once. */
    retry() {
        clearTimeout(this.#waiting);
        this.#waiting = undefined;
        for (const page of this.#pages) {
            for (const row of page.rows ?? []) {
                if (row.element.dataset.preview !== "failed") continue;
                // An observer tells a row only when it moves in or out; begin anew to be told now.
                this.#seen.unobserve(row.element);
                this.#seen.observe(row.element);
            }
        }
    }

    /** @param {string} record @returns {boolean} whether it is there to be selected */
    selectRecord(record) {
        const index = this.#records.findIndex((one) => one.record === record);
        if (index >= 0) this.select(index, { focus: false });
        return index >= 0;
    }

    /**
     * Let the keyboard stand on a row.
     * @param {number} index
     * @param {{focus?: boolean}} how
     */
    select(index, { focus = true } = {}) {
        if (!this.#records.length) return;
        const wanted = Math.min(Math.max(index, 0), this.#records.length - 1);
        this.#rowAt(this.#selected)?.select(false);
        this.#selected = wanted;
        const row = this.#rowAt(wanted, { make: true });
        if (!row) return;
        row.select(true);
        this.#said.selected(row.record.record);
        if (!focus) return;
        row.link.focus({ preventScroll: true });
        row.element.scrollIntoView({ block: "nearest" });
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
        else if (event.key === "End") this.select(this.#records.length - 1);
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
        this.select(this.#records.indexOf(row.record), { focus: false });
    }

    /** @param {number} index @param {{make?: boolean}} how @returns {Row | undefined} */
    #rowAt(index, { make = false } = {}) {
        let first = 0;
        for (const page of this.#pages) {
            if (index < first + page.records.length) {
                if (make && !page.rows) this.#enter(page);
                return page.rows?.[index - first];
            }
            first += page.records.length;
        }
        return undefined;
    }

    /** @param {IntersectionObserverEntry[]} entries */
    #pagesMoved(entries) {
        for (const { target, isIntersecting } of entries) {
            const page = this.#pages.find((one) => one.element === target);
            if (!page) continue;
            if (isIntersecting && !page.rows) this.#enter(page);
            // The row with the keyboard stays, or the focus would be lost.
            else if (!isIntersecting && page.rows && !target.contains(document.activeElement)) this.#leave(page);
        }
    }

    /** @param {Page} page */
    #enter(page) {
        page.rows = [];
        page.element.style.height = "";
        const selected = this.#records[this.#selected];
        for (const group of grouped(page.records, page.before)) {
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
            row.draw();
            const kept = this.#previews.get(row.record.record);
            if (kept) row.show(kept);
            else this.#seen.observe(row.element);
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
        page.element.style.height = `${page.element.offsetHeight}px`;
        page.element.replaceChildren();
        page.rows = null;
    }

    /** @param {IntersectionObserverEntry[]} entries */
    #rowsMoved(entries) {
        for (const { target, isIntersecting } of entries) {
            const row = this.#rowOf.get(target);
            if (!row) continue;
            if (!isIntersecting) this.#asking.get(row)?.abort();
            else if (!this.#asking.has(row)) void this.#ask(row);
        }
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
            row.show(preview);
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

/** @param {string} patient @param {number} records */
function patientTitle(patient, records) {
    const count = element("span", "patient__count num", counted(records, "record"));
    return element("h2", "patient__title", element("span", "label", RECORDS.patient), " ", patient, " ", count);
}
