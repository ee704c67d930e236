// The panel of quality: what was found in the record, by lead, and where; for research and education.

import { fetchQuality } from "../net/findings.js";
import { spansAt } from "../signal/checked.js";
import { CHECK_KINDS, CHECKS, LEVELS } from "../texts/checks.js";
import { cell, figureRow } from "./checktable.js";
import { anyPart, part, write } from "./page.js";
import { positionWords } from "./words.js";

/** @typedef {import("../signal/checked.js").Check} Check */
/** @typedef {import("../signal/checked.js").Checks} Checks */

export class ChecksPanel {
    #desk;
    #way;
    #section = anyPart("checks");
    #button = anyPart("checks-open");
    #lead = part("checks-lead", HTMLSelectElement);
    /** @type {Checks | null} */
    #checks = null;
    #record = "";
    #asking = new AbortController();

    /** @param {import("./desk.js").Desk} desk @param {import("./way.js").Way} way is told what was found */
    constructor(desk, way) {
        this.#desk = desk;
        this.#way = way;
        this.#lead.addEventListener("change", () => this.#list());
        anyPart("checks-close").addEventListener("click", () => this.close(true));
        this.#section.addEventListener("keydown", (event) => {
            if (event.key !== "Escape" || event.defaultPrevented) return;
            event.preventDefault();
            event.stopPropagation();
            this.close(true);
        });
    }

    get isOpen() {
        return !this.#section.hidden;
    }

    toggle() {
        if (this.isOpen) return this.close(true);
        this.#desk.opens("checks");
        this.#section.hidden = false;
        this.#button.setAttribute("aria-expanded", "true");
        document.documentElement.dataset["checking"] = "true";
        this.#section.focus();
        void this.#look();
    }

    /** @param {boolean} focus whether the focus goes back to the button */
    close(focus) {
        if (!this.isOpen) return;
        this.#asking.abort();
        this.#section.hidden = true;
        this.#button.setAttribute("aria-expanded", "false");
        delete document.documentElement.dataset["checking"];
        if (focus) this.#button.focus();
    }

    async #look() {
        const { record } = this.#desk;
        if (!record || (this.#checks && this.#record === record.record)) return;
        this.#asking.abort();
        this.#asking = new AbortController();
        const { signal } = this.#asking;
        this.#checks = null;
        this.#say(CHECKS.looking, "looking");
        anyPart("checks-parts").hidden = true;
        try {
            // What is asked of one lead is what the page knows already: it is the verdict that is wanted.
            const leads = [record.leads[0].name];
            const { checks } = await fetchQuality({ record: record.record, leads, look: true, signal });
            if (signal.aborted || !checks) return;
            this.#checks = checks;
            this.#record = record.record;
            this.#way.checked(checks);
            this.#show(checks);
        } catch (error) {
            if (!signal.aborted) this.#say(CHECKS.failed(error instanceof Error ? error.message : String(error)), "failed");
        }
    }

    /** @param {string} words @param {string} state for tests, and for the look of it */
    #say(words, state) {
        write(anyPart("checks-said"), words);
        this.#section.dataset["state"] = state;
        const level = this.#checks?.level ?? "";
        write(anyPart("checks-level"), LEVELS[level] ?? "");
        anyPart("checks-level").dataset["level"] = level;
    }

    /** @param {Checks} checks */
    #show(checks) {
        const names = Object.keys(checks.leads);
        const measured = Object.values(checks.leads).some(({ windows }) => windows > 0);
        write(anyPart("checks-of"), measured ? CHECKS.of(checks.windows) : CHECKS.exact);
        this.#lead.replaceChildren(...["", ...names].map(option));
        anyPart("checks-figures").replaceChildren(...names.map((name) => figureRow(name, checks)));
        anyPart("checks-parts").hidden = false;
        this.#list();
    }

    #list() {
        const checks = this.#checks;
        if (!checks) return;
        const lead = this.#lead.value;
        const found = checks.findings.filter(({ leads }) => !lead || !leads.length || leads.includes(lead));
        this.#say(found.length ? "" : lead ? CHECKS.none(lead) : CHECKS.clean, "known");
        anyPart("checks-table").hidden = !found.length;
        anyPart("checks-rows").replaceChildren(...found.map((one) => this.#row(one)));
    }

    /** @param {Check} one */
    #row(one) {
        const row = document.createElement("tr");
        row.dataset["kind"] = one.kind;
        const level = cell(LEVELS[one.level] ?? one.level, "th");
        level.scope = "row";
        level.dataset["level"] = one.level;
        const what = cell(CHECK_KINDS[one.kind] ?? one.kind);
        const whose = cell(one.leads.join(", ") || CHECKS.record);
        const detail = cell(one.detail);
        detail.className = "checks__detail";
        row.append(level, what, whose, detail, this.#places(one, row));
        return row;
    }

    /** The places of a finding: to the one before, this one, the next. @param {Check} one @param {HTMLElement} row */
    #places(one, row) {
        const place = cell("");
        place.className = "checks__places";
        if (!one.spans.length) {
            place.textContent = CHECKS.nowhere;
            return place;
        }
        const name = `${CHECK_KINDS[one.kind] ?? one.kind} ${one.leads.join(", ")}`.trim();
        let at = -1;
        const here = document.createElement("button");
        const count = document.createElement("span");
        count.className = "checks__nth num";
        const go = (/** @type {number} */ step) => {
            at = Math.min(one.spans.length - 1, Math.max(0, at + step));
            show(at);
            this.#see(one, at, name);
            for (const other of anyPart("checks-rows").children) other.removeAttribute("aria-current");
            row.setAttribute("aria-current", "true");
        };
        const show = (/** @type {number} */ k) => {
            const [start, stop] = one.spans[k];
            here.textContent = CHECKS.where(positionWords(start / one.fs, true), positionWords(stop / one.fs, true));
            here.setAttribute("aria-label", `${CHECKS.here(name)}, ${here.textContent}`);
            count.textContent = CHECKS.nth(k + 1, one.spans.length);
            if (one.left_out) count.title = CHECKS.more(one.left_out);
        };
        show(0);
        here.type = "button";
        here.className = "checks__jump num";
        here.addEventListener("click", () => go(at < 0 ? 1 : 0));
        place.append(here);
        if (one.spans.length > 1) {
            place.prepend(stepper("\u2039", CHECKS.before(name), () => go(-1)));
            place.append(stepper("\u203a", CHECKS.next(name), () => go(1)), count);
        }
        return place;
    }

    /** @param {Check} one @param {number} k @param {string} name */
    #see(one, k, name) {
        const fs = this.#desk.status?.fs || this.#desk.record?.fs || one.fs;
        const { start } = spansAt(one, fs)[k];
        this.#desk.ways.see(start);
        const shown = this.#desk.layout?.stored ?? [];
        const absent = one.leads.filter((lead) => !shown.includes(lead));
        const at = CHECKS.seen(name, positionWords(start / fs, true));
        const none = one.leads.length > 0 && absent.length === one.leads.length;
        this.#desk.ways.notice(none ? `${at}. ${CHECKS.notShown(absent.join(", "))}` : at);
    }
}

/** @param {string} sign @param {string} words @param {() => void} act */
function stepper(sign, words, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "checks__jump";
    button.textContent = sign;
    button.setAttribute("aria-label", words);
    button.addEventListener("click", act);
    return button;
}

/** @param {string} lead empty = all */
function option(lead) {
    const made = document.createElement("option");
    made.value = lead;
    made.textContent = lead || CHECKS.all;
    return made;
}
