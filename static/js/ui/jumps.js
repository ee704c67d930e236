// Jumps: to a time, to the next or last gap, annotation, quality finding. By buttons, field and keys.

import { FILTERS, nextMark, nextRun } from "../signal/marks.js";
import { markWords } from "../texts/annotations.js";
import { FILTER_NAMES, FINDING_KINDS, JUMPS, KIND_HINTS, KIND_NAMES } from "../texts/jumps.js";
import { anyPart, part, write } from "./page.js";
import { Late } from "./late.js";
import { positionWords, spanWords } from "./words.js";

/** @typedef {import("../signal/gaps.js").Run} Run */
/** @typedef {import("../signal/marks.js").MarkSet} MarkSet */
/** @typedef {import("../signal/marks.js").Filter} Filter */
/** @typedef {import("./place.js").Extent} Extent */
/** @typedef {import("./place.js").PlaceKind} PlaceKind */
/** A finding of a lead, at the rate that is shown. @typedef {Run & { lead: string, kind: string, detail: string }} FoundRun */
/** What was asked for: there, still on its way (null), or why there is none. @template T @typedef {T | null | { failure: string }} Had */
/**
 * `go`: to a sample exactly; `see`: bring a sample into the middle of what is in sight; `place`: where one is, and
 * what is in sight, in samples; `notice`: words that are shown and spoken.
 * @typedef {{
 *   go: (sample: number) => void, see: (sample: number) => void, notice: (text: string) => void,
 *   place: () => { at: number, start: number, stop: number },
 * }} Ways
 */

/** @type {readonly PlaceKind[]} */
const PLACE_KINDS = Object.freeze(["elapsed", "clock", "sample"]);
/** Milliseconds after which a place that was jumped to and never came into sight is given up. */
const ARRIVES_MS = 5000;

export class Jumps {
    #ways;
    #form = anyPart("jumps");
    #field = part("jump-to", HTMLInputElement);
    #kind = part("jump-kind", HTMLSelectElement);
    #filter = part("jump-filter", HTMLSelectElement);
    #error = anyPart("jump-error");
    #toggle = anyPart("jumps-toggle");
    /** @type {Extent} */
    #record = /** @type {Extent} */ ({ fs: 1, length: 0, startTime: null, zone: null });
    /** @type {Run[]} */
    #gaps = [];
    /** @type {Had<MarkSet[]>} */
    #marks = null;
    /** @type {Had<FoundRun[]>} */
    #findings = null;
    /**
     * The last one jumped to: the next one is looked for from it until it is out of sight again. A key is pressed
     * sooner than a seek is answered.
     * @type {{ sample: number, arrived: boolean, since: number } | null}
     */
    #target = null;

    /** How a place is read: wanted when somebody types one. */
    #reading;

    /** @param {Ways} ways */
    constructor(ways) {
        this.#ways = ways;
        this.#reading = new Late(() => import("./place.js"), ways.notice);
        fill(this.#kind, PLACE_KINDS, KIND_NAMES);
        fill(this.#filter, FILTERS, FILTER_NAMES);
        /** @param {string} id @param {() => void} act */
        const press = (id, act) => anyPart(id).addEventListener("click", act);
        press("gap-back", () => this.gap(-1));
        press("gap-on", () => this.gap(1));
        press("mark-back", () => this.annotation(-1));
        press("mark-on", () => this.annotation(1));
        press("finding-back", () => this.finding(-1));
        press("finding-on", () => this.finding(1));
        press("jumps-toggle", () => this.#open(!this.#isOpen));
        this.#form.addEventListener("submit", (event) => {
            event.preventDefault();
            void this.#submit();
        });
        // What is typed is no key of the viewer.
        this.#field.addEventListener("keydown", (event) => {
            if (event.key === "Escape") this.#field.blur();
            event.stopPropagation();
        });
        this.#field.addEventListener("input", () => this.#say(""));
        this.#kind.addEventListener("change", () => {
            this.#say("");
            this.#hint();
        });
        this.#hint();
        // On a screen with room it stands there from the beginning.
        new ResizeObserver(() => this.#toggle.setAttribute("aria-expanded", String(this.#isOpen))).observe(this.#form);
    }

    /** @param {Extent} record @param {Run[]} gaps of any lead shown */
    record(record, gaps) {
        this.#record = record;
        this.#gaps = gaps;
        for (const option of this.#kind.options) {
            const without = option.value === "clock" && record.startTime === null;
            option.disabled = without;
            option.title = without ? JUMPS.noClock : "";
        }
    }

    /** @param {Had<MarkSet[]>} sets at the rate that is shown */
    annotations(sets) {
        this.#marks = sets;
    }

    /** @param {Had<FoundRun[]>} findings sorted by start */
    quality(findings) {
        this.#findings = findings;
    }

    /** Somebody went elsewhere. */
    left() {
        this.#target = null;
    }

    /** To where one types a place. */
    time() {
        this.#open(true);
        this.#field.focus();
        this.#field.select();
    }

    /** @param {1 | -1} way */
    gap(way) {
        const found = nextRun(this.#gaps, this.#from(way), way);
        if (!found) return this.#none(JUMPS.gaps, way);
        const { start, stop } = found;
        return this.#see(start, JUMPS.gap(this.#at(start), spanWords((stop - start) / this.#record.fs)));
    }

    /** @param {1 | -1} way */
    annotation(way) {
        const filter = /** @type {Filter} */ (this.#filter.value);
        const what = FILTER_NAMES[filter];
        const sets = this.#had(this.#marks, what);
        if (!sets) return undefined;
        const found = nextMark(sets, filter, this.#from(way), way);
        if (!found) return this.#none(what, way);
        const by = found.lead === null ? found.set : `${found.set}, ${found.lead}`;
        return this.#see(found.sample, JUMPS.mark(markWords(found), this.#at(found.sample), by));
    }

    /** @param {1 | -1} way */
    finding(way) {
        const found = this.#had(this.#findings, JUMPS.findings);
        if (!found) return undefined;
        const next = nextRun(found, this.#from(way), way);
        if (!next) return this.#none(JUMPS.findings, way);
        const { lead, kind, detail, start } = next;
        return this.#see(start, JUMPS.finding(lead, FINDING_KINDS[kind] ?? kind, this.#at(start), detail));
    }

    /** What is in sight changed. */
    moved() {
        const target = this.#target;
        if (!target) return;
        const { start, stop } = this.#ways.place();
        if (target.sample >= start && target.sample <= stop) target.arrived = true;
        else if (target.arrived || performance.now() - target.since > ARRIVES_MS) this.#target = null;
    }

    /** Where the next one is looked for from. @param {1 | -1} way */
    #from(way) {
        if (this.#target) return this.#target.sample;
        const { at } = this.#ways.place();
        // Not what one has passed already, nor what one is at.
        return way > 0 ? Math.floor(at) : Math.ceil(at);
    }

    /** @template T @param {Had<T>} had @param {string} what @returns {T | null} */
    #had(had, what) {
        if (had === null) this.#ways.notice(JUMPS.still(what));
        else if (typeof had === "object" && "failure" in had) this.#ways.notice(JUMPS.failed(what, had.failure));
        else return had;
        return null;
    }

    /** @param {string} what @param {1 | -1} way */
    #none(what, way) {
        this.#ways.notice(way > 0 ? JUMPS.noneAfter(what) : JUMPS.noneBefore(what));
    }

    /** @param {number} sample @param {string} words */
    #see(sample, words) {
        this.#target = { sample, arrived: false, since: performance.now() };
        this.#ways.see(sample);
        this.#ways.notice(words);
    }

    /** @param {number} sample */
    #at(sample) {
        return positionWords(sample / this.#record.fs, true);
    }

    async #submit() {
        const reading = await this.#reading.want();
        if (!reading) return;
        const kind = /** @type {PlaceKind} */ (this.#kind.value);
        const found = reading.readPlace(this.#field.value, kind, this.#record, this.#ways.place().at);
        if ("error" in found) {
            this.#say(found.error);
            this.#field.focus();
            return;
        }
        this.#say("");
        this.#target = null;
        this.#ways.go(found.sample);
        this.#ways.notice(JUMPS.time(this.#at(found.sample)));
        // The keys are the viewer's again.
        this.#field.blur();
    }

    /** @param {string} error */
    #say(error) {
        this.#error.hidden = error === "";
        write(this.#error, error);
        this.#field.setAttribute("aria-invalid", String(error !== ""));
    }

    #hint() {
        this.#field.placeholder = KIND_HINTS[/** @type {PlaceKind} */ (this.#kind.value)];
    }

    get #isOpen() {
        return this.#form.checkVisibility();
    }

    /** @param {boolean} open_ */
    #open(open_) {
        document.documentElement.dataset["jumps"] = open_ ? "open" : "shut";
    }
}

/** @param {HTMLSelectElement} select @param {readonly string[]} values @param {Readonly<Record<string, string>>} words */
function fill(select, values, words) {
    select.replaceChildren(
        ...values.map((value) => {
            const option = document.createElement("option");
            option.value = value;
            option.textContent = words[value];
            return option;
        }),
    );
}
