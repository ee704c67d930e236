// Printing: asks from where to where, fetches and draws every line of it, and only then prints.

import { scaleOf } from "../signal/calibration.js";
import { DISCLOSURE, PRINT } from "../texts/disclosure.js";
import { anyPart, fillSelect, part, write } from "../ui/page.js";
import { spanWords, rateWords } from "../ui/words.js";
import { millivoltHeight, rangeHeight } from "../view/layouts.js";
import { inVolts, lineWords } from "./face.js";
import { printedLine, sheet, UNIT } from "./paper.js";
import { lineMm, MOST_LINES, PER_PAGE, planOf, PRINT_GAINS, printGain, TRACE_MM } from "./sheets.js";
import { around, partAbove } from "./stand.js";
import { levelFor } from "./supply.js";
import { tapeOf } from "./tape.js";
import { COLUMN, drawingOf } from "./vectors.js";

/** @typedef {import("./face.js").RecordInfo} RecordInfo */
/** @typedef {import("./face.js").Lead} Lead */
/** @typedef {import("./ruling.js").Ruling} Ruling */
/** @typedef {import("./sheets.js").Plan} Plan */
/** @typedef {{ info: RecordInfo, lead: Lead, ruling: Ruling, supply: import("./supply.js").Supply, range: { low: number, high: number } | null, stand: import("./stand.js").Stand }} Subject */

/** Lines fetched at once. */
const AT_ONCE = 4;
/** Columns of a line: what a printer is to show of it. */
const PX = (TRACE_MM * UNIT) / COLUMN;

export class Printing {
    #dialog = part("print-dialog", HTMLDialogElement);
    #from = part("print-from", HTMLInputElement);
    #to = part("print-to", HTMLInputElement);
    #perPage = part("print-per-page", HTMLSelectElement);
    #gain = part("print-gain", HTMLSelectElement);
    #progress = part("print-progress", HTMLProgressElement);
    #start = part("print-start", HTMLButtonElement);
    #sheets = anyPart("sheets");
    #of;
    #seen;
    #why;
    /** @type {AbortController | null} */
    #running = null;
    /** Of the lead that the gain is for. @type {import("./stand.js").Stand | null} */
    #stand = null;

    /**
     * @param {{ of: () => Subject | null, seen: () => { first: number, last: number }, why: (error: Error) => string }} hooks
     */
    constructor({ of, seen, why }) {
        this.#of = of;
        this.#seen = seen;
        this.#why = why;
        fillSelect(this.#perPage, PER_PAGE, PRINT.perPage);
        fillSelect(this.#gain, PRINT_GAINS, DISCLOSURE.gain);
        this.#gain.value = String(printGain(PER_PAGE[0]));
        write(anyPart("sheets-none"), PRINT.nothing);
        for (const input of [this.#from, this.#to]) input.addEventListener("input", () => this.#changed());
        this.#perPage.addEventListener("change", () => {
            this.#gain.value = String(printGain(Number(this.#perPage.value), this.#of()?.stand));
            this.#changed();
        });
        this.#gain.addEventListener("change", () => this.#changed());
        anyPart("print-seen").addEventListener("click", () => {
            const { ruling } = this.#of() ?? {};
            const { first, last } = this.#seen();
            if (ruling) this.#range(first * ruling.seconds, (last + 1) * ruling.seconds);
        });
        anyPart("print-all").addEventListener("click", () => {
            const { ruling } = this.#of() ?? {};
            if (ruling) this.#range(0, ruling.length / ruling.fs);
        });
        anyPart("print-close").addEventListener("click", () => this.#dialog.close());
        // What was prepared goes with the dialog: a day of lines is not kept for nothing.
        this.#dialog.addEventListener("close", () => this.#stop());
        part("print-form", HTMLFormElement).addEventListener("submit", (event) => {
            event.preventDefault();
            void this.#print();
        });
    }

    /** Ask from where to where: the hour that is in sight, at first. */
    open() {
        const { ruling, lead, stand } = this.#of() ?? {};
        if (!ruling || !lead || !stand || this.#dialog.open) return;
        // Another lead has other peaks; a gain that was chosen for this one stays.
        if (this.#stand !== stand) this.#gain.value = String(printGain(Number(this.#perPage.value), stand));
        this.#stand = stand;
        this.#gain.disabled = !inVolts(lead);
        const first = this.#seen().first * ruling.seconds;
        this.#range(first, first + PER_PAGE[0] * ruling.seconds);
        this.#dialog.showModal();
    }

    /** @param {number} from @param {number} to seconds */
    #range(from, to) {
        const { ruling } = this.#of() ?? {};
        if (!ruling) return;
        this.#from.value = DISCLOSURE.elapsed(from);
        // Up to a whole second: the last line is printed to its end.
        this.#to.value = DISCLOSURE.elapsed(Math.ceil(Math.min(to, ruling.length / ruling.fs)));
        this.#changed();
    }

    #stop() {
        this.#running?.abort();
        this.#running = null;
        this.#progress.hidden = true;
        this.#sheets.replaceChildren(anyPart("sheets-none"));
        delete document.documentElement.dataset["print"];
    }

    /** Another range: what was prepared is of no use. */
    #changed() {
        this.#stop();
        this.#start.disabled = this.#plan() === null;
        write(this.#start, PRINT.start);
    }

    /** Say what would be printed; null: nothing. @returns {Plan | null} */
    #plan() {
        const { ruling } = this.#of() ?? {};
        if (!ruling) return null;
        const perPage = Number(this.#perPage.value);
        const plan = planOf(ruling, { from: this.#from.value, to: this.#to.value, perPage });
        const good = typeof plan !== "string" && "pages" in plan;
        for (const input of [this.#from, this.#to]) input.setAttribute("aria-invalid", String(!good));
        const says = anyPart("print-plan");
        says.dataset["good"] = String(good);
        if (plan === "bad") write(says, PRINT.bad);
        else if (plan === "order") write(says, PRINT.order);
        else if ("tooMany" in plan) write(says, PRINT.tooMany(plan.tooMany, MOST_LINES));
        else write(says, PRINT.plan(plan.stop - plan.first, plan.pages.length, plan.first * ruling.seconds, this.#end(plan, ruling)));
        return good ? plan : null;
    }

    /** Seconds at which lines end. @param {{ stop: number }} lines @param {Ruling} ruling */
    #end({ stop }, ruling) {
        return Math.min(stop * ruling.seconds, ruling.length / ruling.fs);
    }

    async #print() {
        if (this.#sheets.querySelector(".sheet") && !this.#running) {
            window.print();
            return;
        }
        const plan = this.#plan();
        const subject = this.#of();
        if (!plan || !subject || this.#running) return;
        const running = (this.#running = new AbortController());
        this.#start.disabled = true;
        this.#progress.hidden = false;
        this.#progress.max = plan.stop - plan.first;
        try {
            const sheets = await this.#prepare(plan, subject, running.signal);
            if (running.signal.aborted) return;
            this.#sheets.replaceChildren(...sheets, anyPart("sheets-none"));
            this.#sheets.dataset["pages"] = String(sheets.length);
            write(anyPart("print-plan"), PRINT.ready(sheets.length));
            write(this.#start, PRINT.again);
            document.documentElement.dataset["print"] = "ready";
            this.#done(running);
            window.print();
        } catch (error) {
            if (running.signal.aborted) return;
            // A print with a line left out is worse than none.
            const failed = error instanceof Error ? error : new Error(String(error));
            write(anyPart("print-plan"), PRINT.failed(this.#why(failed)));
            anyPart("print-plan").dataset["good"] = "false";
            this.#done(running);
        }
    }

    /** @param {AbortController} running */
    #done(running) {
        if (this.#running === running) this.#running = null;
        this.#progress.hidden = true;
        this.#start.disabled = false;
    }

    /**
     * Return the pages with all their lines.
     * @param {Plan} plan
     * @param {Subject} subject
     * @param {AbortSignal} signal
     */
    async #prepare(plan, subject, signal) {
        const { ruling } = subject;
        const perPage = Number(this.#perPage.value);
        const pxPerSample = PX / ruling.perLine;
        const level = levelFor(1 / pxPerSample, ruling.length);
        /** @type {HTMLElement[]} */
        const drawn = [];
        let coarsest = 0;
        let done = 0;
        let next = plan.first;
        const draw = async () => {
            while (next < plan.stop) {
                const line = next++;
                const content = await subject.supply.get(ruling.reach(line, pxPerSample), level, signal);
                signal.throwIfAborted();
                if (content.kind === "envelope") coarsest = content.each;
                drawn[line - plan.first] = this.#line(subject, line, content, perPage, pxPerSample);
                this.#progress.value = ++done;
                write(anyPart("print-plan"), PRINT.drawn(done, plan.stop - plan.first));
            }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, draw));
        return plan.pages.map((page, i) => {
            const { section, lines } = sheet(this.#head(subject, page, { coarsest, perPage, page: i + 1, pages: plan.pages.length }));
            lines.append(...drawn.slice(page.first - plan.first, page.stop - plan.first));
            return section;
        });
    }

    /**
     * @param {Subject} subject
     * @param {{ first: number, stop: number }} lines
     * @param {{ coarsest: number, perPage: number, page: number, pages: number }} of
     */
    #head({ info, lead, ruling, stand }, lines, { coarsest, perPage, page, pages }) {
        const from = lines.first * ruling.seconds;
        const to = this.#end(lines, ruling);
        const first = DISCLOSURE.clockOf(info, from);
        const last = DISCLOSURE.clockOf(info, to);
        const clock = first.zone ? `${first.clock} to ${last.clock} (${first.zone})` : first.clock;
        const mmPerMv = inVolts(lead) ? PRINT.gain(Number(this.#gain.value)) : PRINT.noGain;
        return {
            left: [PRINT.who(info.patient), PRINT.what(info.record, lead.name), `${PRINT.span(from, to)} \u00b7 ${clock}`],
            right: [
                PRINT.page(page, pages),
                `${PRINT.pace(ruling.seconds / 60, TRACE_MM / ruling.seconds)} \u00b7 ${mmPerMv}${stand.base ? ` \u00b7 ${PRINT.base(stand.base)}` : ""}`,
                `${PRINT.stored} \u00b7 ${coarsest ? DISCLOSURE.envelope(coarsest) : rateWords(lead.fs, lead.fs === info.fs ? info.fs_source : "")}`,
            ],
            foot: [PRINT.purpose, PRINT.source(info.source ?? DISCLOSURE.noSource)],
            seconds: ruling.seconds,
            perPage,
            ticks: spanWords,
        };
    }

    /**
     * @param {Subject} subject
     * @param {number} line
     * @param {import("./supply.js").Content} content
     * @param {number} perPage
     * @param {number} pxPerSample
     */
    #line({ info, lead, ruling, range, stand }, line, content, perPage, pxPerSample) {
        const edge = ruling.edge(line);
        const tape = tapeOf(content, { edge, pxPerSample, fs: ruling.fs, lead });
        const height = lineMm(perPage) * UNIT;
        const pxPerMv = Number(this.#gain.value) * UNIT;
        const baseline = Math.round(partAbove(stand) * height);
        const row = { top: 0, height, baseline };
        const volts = inVolts(lead);
        const heights = volts ? millivoltHeight(around(scaleOf(lead), stand.base), row, pxPerMv) : range && rangeHeight(range, row);
        const width = TRACE_MM * UNIT;
        return printedLine(drawingOf(tape, { name: lead.name, height, heights, width }), {
            ...lineWords(info, lead, ruling, line), height, baseline,
            pulse: volts ? pxPerMv : 0, ends: (ruling.length - edge) * pxPerSample * COLUMN,
        });
    }
}
