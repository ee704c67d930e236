// The panel of the rhythm: the intervals of a span one after the other, each against the next one, and what they say.

import { variability, within } from "../signal/beats.js";
import { BEATS, RHYTHM } from "../texts/beats.js";
import { nearestPoint } from "../view/rhythm.js";
import { paintPoincare, paintTachogram } from "./plots.js";
import { anyPart, fillSelect, part, write } from "./page.js";
import { positionWords } from "./words.js";

/** Spans that can be chosen, in seconds; 0 = what is in sight, Infinity = all of the record that is known. */
const SPANS = [0, 60, 300, 1800, Infinity];

export class RhythmPanel {
    #desk;
    #beats;
    #section = anyPart("rhythm");
    #span = part("rhythm-span", HTMLSelectElement);
    #hold = part("rhythm-hold", HTMLButtonElement);
    #tacho = part("tachogram", HTMLCanvasElement);
    #poincare = part("poincare", HTMLCanvasElement);
    /** The span that is kept whatever is in sight; null = it goes with that. @type {{ start: number, stop: number } | null} */
    #held = null;
    /** @type {{ sample: Float64Array, rr: Float64Array }} */
    #shown = { sample: new Float64Array(0), rr: new Float64Array(0) };
    #range = { start: 0, stop: 1 };
    #plot = { left: 0, width: 1 };
    #chosen = -1;
    #painted = "";
    /** Counts what came. */
    #came = 0;

    /** @param {import("./desk.js").Desk} desk @param {import("./beats.js").Beats} beats */
    constructor(desk, beats) {
        this.#desk = desk;
        this.#beats = beats;
        fillSelect(this.#span, SPANS, (seconds) => RHYTHM.spans[String(seconds)]);
        anyPart("rhythm-close").addEventListener("click", () => this.close(true));
        this.#section.addEventListener("keydown", (event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            this.close(true);
        });
        this.#span.addEventListener("change", () => this.#release());
        this.#hold.addEventListener("click", () => {
            this.#held = this.#held ? null : this.#wanted();
            this.#show();
        });
        this.#tacho.addEventListener("click", (event) => {
            const { left } = this.#tacho.getBoundingClientRect();
            const at = (event.clientX - left - this.#plot.left) / this.#plot.width;
            this.#choose(nearestPoint(this.#shown.sample, this.#shown.rr, this.#range.start + at * (this.#range.stop - this.#range.start)), true);
        });
        this.#tacho.addEventListener("keydown", (event) => this.#key(event));
        desk.on("sight", () => this.#show());
        desk.on("theme", () => this.#repaint());
        beats.on(() => {
            this.#came++;
            this.#show();
        });
        new ResizeObserver(() => this.#repaint()).observe(this.#section);
    }

    toggle() {
        if (!this.#section.hidden) {
            this.close(true);
            return;
        }
        this.#desk.opens("rhythm");
        this.#section.hidden = false;
        anyPart("rhythm-open").setAttribute("aria-expanded", "true");
        document.documentElement.dataset["rhythm"] = "true";
        this.#repaint();
        this.#span.focus();
    }

    /** @param {boolean} back whether the focus goes back to its button */
    close(back) {
        if (this.#section.hidden) return;
        this.#section.hidden = true;
        anyPart("rhythm-open").setAttribute("aria-expanded", "false");
        delete document.documentElement.dataset["rhythm"];
        if (back) anyPart("rhythm-open").focus();
    }

    #release() {
        this.#held = null;
        this.#show();
    }

    /** The span that is wished for, in samples that are shown. */
    #wanted() {
        const { status } = this.#desk;
        const sight = this.#desk.ways.sight();
        if (!status?.fs || !sight) return null;
        const seconds = Number(this.#span.value);
        const middle = sight.start + (sight.windowS * status.fs) / 2;
        const half = ((seconds || sight.windowS) * status.fs) / 2;
        return { start: Math.max(0, Math.round(middle - half)), stop: Math.min(status.length, Math.round(middle + half)) };
    }

    #repaint() {
        this.#painted = "";
        this.#show();
    }

    #show() {
        if (this.#section.hidden) return;
        const span = this.#held ?? this.#wanted();
        if (!span) return;
        const key = `${span.start} ${span.stop} ${this.#came} ${this.#held !== null}`;
        if (key === this.#painted) return;
        this.#painted = key;
        // What is in sight is asked for anyway; of a longer span the rest too.
        if (Number(this.#span.value)) this.#beats.want(span.start, span.stop);
        const beats = this.#beats.shown;
        this.#hold.setAttribute("aria-pressed", String(this.#held !== null));
        if (!beats) return;
        if (span.start !== this.#range.start || span.stop !== this.#range.stop) this.#chosen = -1;
        this.#range = span;
        this.#shown = within(beats, span.start, span.stop);
        const { fs } = beats;
        const apart = beats.blocked.reduce((sum, { start, stop }) => sum + Math.max(0, Math.min(stop, span.stop) - Math.max(start, span.start)), 0);
        const pauses = beats.pauses.filter(({ start, stop }) => start < span.stop && stop > span.start).length;
        const found = variability(this.#shown.rr);
        const leads = [...new Set(beats.leads.filter(({ start, stop }) => start < span.stop && stop > span.start).map(({ lead }) => lead ?? BEATS.noLead))];
        write(anyPart("rhythm-of"), RHYTHM.of(positionWords(span.start / fs, true), positionWords(span.stop / fs, true)));
        write(anyPart("rhythm-by"), BEATS.fact(BEATS.by(beats.source.detector, leads.join(", "))));
        anyPart("rhythm-facts").replaceChildren(
            ...RHYTHM.facts({ ...found, beats: this.#shown.sample.length, pauses, blindS: apart / fs }).flatMap(([name, value, title]) => {
                const term = document.createElement("dt");
                term.textContent = name;
                term.title = title;
                const said = document.createElement("dd");
                said.textContent = value;
                return [term, said];
            }),
        );
        this.#paint(fs);
        this.#poincare.setAttribute("aria-label", RHYTHM.poincare(found));
        this.#section.dataset["pairs"] = String(found.pairs);
    }

    /** @param {number} fs */
    #paint(fs) {
        this.#plot = paintTachogram(this.#tacho, this.#shown, this.#range, this.#chosen, (at) => positionWords(at / fs));
        paintPoincare(this.#poincare, this.#shown, RHYTHM.axis);
        this.#tacho.setAttribute("aria-valuemax", String(Math.max(0, this.#shown.sample.length - 1)));
        this.#tacho.setAttribute("aria-valuenow", String(Math.max(0, this.#chosen)));
        const at = this.#chosen;
        const rr = at < 0 ? NaN : this.#shown.rr[at];
        const words = at < 0 ? RHYTHM.noneChosen(this.#shown.sample.length) : RHYTHM.chosen(rr, positionWords(this.#shown.sample[at] / fs, true));
        this.#tacho.setAttribute("aria-valuetext", words);
        write(anyPart("rhythm-chosen"), at < 0 ? RHYTHM.choose : words);
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        const last = this.#shown.sample.length - 1;
        const steps = /** @type {Record<string, number>} */ ({
            ArrowRight: this.#chosen + 1, ArrowUp: this.#chosen + 1, ArrowLeft: this.#chosen - 1, ArrowDown: this.#chosen - 1,
            PageUp: this.#chosen + 10, PageDown: this.#chosen - 10, Home: 0, End: last,
        });
        if (event.key === "Enter" || event.key === " ") this.#choose(this.#chosen, true);
        else if (event.key in steps) this.#choose(Math.min(last, Math.max(0, steps[event.key])), false);
        else return;
        event.preventDefault();
        event.stopPropagation();
    }

    /** @param {number} place @param {boolean} go whether to look there */
    #choose(place, go) {
        if (place < 0 || place >= this.#shown.sample.length) return;
        this.#chosen = place;
        const { status } = this.#desk;
        if (status?.fs) this.#paint(status.fs);
        if (!go) return;
        // The span stays, or what was chosen would leave it.
        if (Number(this.#span.value) === 0) this.#held ??= this.#range;
        this.#desk.ways.see(this.#shown.sample[place]);
    }
}
