// Taking a view away: its address with what is in it, and what is in sight as a file.

import { RequestFailed } from "../net/api.js";
import { BrokenOff, fetchFile } from "../net/exports.js";
import { fetchAnnotations } from "../net/findings.js";
import { contentsOf } from "../share/contents.js";
import { comparisonOf, disclosureOf } from "../share/elsewhere.js";
import { addressOf, FORMATS, PDF_GAINS, PDF_SPEEDS, pictureName, remarksOn, samplesIn, scalesFor } from "../share/order.js";
import { factsOf } from "../share/facts.js";
import { troubleOf } from "../share/trouble.js";
import { FORMAT_NAMES, FORMAT_WORDS, SHARE } from "../texts/share.js";
import { copied } from "./copy.js";
import { anyPart, fillSelect, part, write } from "./page.js";
import { pngOf, snapshot } from "./snapshot.js";
import { momentOf, positionWords, rateWords, spanWords } from "./words.js";

/** @typedef {import("../share/order.js").Format} Format */
/** @typedef {import("../signal/marks.js").MarkSet} MarkSet */
/**
 * What stands on the page. `sight`: the place in the record, also where the picture moves.
 * @typedef {{
 *   info: import("./opening.js").RecordInfo, status: import("../messages.js").Status, layout: import("../messages.js").Layout,
 *   display: import("../view/geometry.js").Display, sight: import("../view/sheet.js").Look,
 *   measured: import("../measure/words.js").Measured[],
 * }} Seen
 */
/**
 * `view`: null = nothing is there yet. `address`: of the very view, whole. `stand`: have the picture stand still,
 * `back`: have it go on.
 * @typedef {{ view: () => Seen | null, address: () => string, stand: () => void, back: () => void }} Ways
 */

/** @typedef {import("../share/order.js").View & { seen: Seen }} Sighted */

/** Milliseconds that a file is kept for the browser to take. */
const KEPT_MS = 60_000;

export class Share {
    #ways;
    #dialog = part("share-dialog", HTMLDialogElement);
    #make = part("share-make", HTMLButtonElement);
    #sets = anyPart("share-sets");
    /** @type {Format} */
    #format = "pdf";
    #stood = false;
    #address = "";
    /** Annotations in sight. @type {MarkSet[] | { failure: string }} */
    #marks = [];
    #asking = new AbortController();
    /** Annotations that are not to go with it, by name. @type {Set<string>} */
    #without = new Set();
    /** @type {AbortController | null} */
    #under = null;

    /** @param {Ways} ways */
    constructor(ways) {
        this.#ways = ways;
        fillSelect(part("share-speed", HTMLSelectElement), [...PDF_SPEEDS], SHARE.mmPerS);
        fillSelect(part("share-gain", HTMLSelectElement), [...PDF_GAINS], SHARE.mmPerMv);
        anyPart("share-formats").append(...FORMATS.map((format) => this.#radio(format)));
        for (const id of ["share-paper", "share-speed", "share-gain"]) {
            anyPart(id).addEventListener("change", () => this.show());
        }
        /** @param {string} id @param {() => void} act */
        const press = (id, act) => anyPart(id).addEventListener("click", act);
        press("share-close", () => this.#dialog.close());
        press("share-copy", () => void this.#copy());
        press("share-make", () => void this.#made());
        press("share-cancel", () => this.#cancel());
        this.#dialog.addEventListener("close", () => this.#left());
    }

    open() {
        const seen = this.#ways.view();
        if (this.#dialog.open || !seen) return;
        // What is taken away is what stands there: a picture that moves is another one at every look.
        this.#stood = seen.layout.look === null;
        if (this.#stood) this.#ways.stand();
        this.#address = this.#ways.address();
        part("share-address", HTMLInputElement).value = this.#address;
        anyPart("share-contents").replaceChildren(
            ...contentsOf(this.#address, seen.status.fs).map(({ what, words }) => {
                const row = document.createElement("div");
                row.append(told("dt", what), told("dd", words));
                return row;
            }),
        );
        const { speed, gain } = scalesFor(seen.display);
        part("share-speed", HTMLSelectElement).value = String(speed);
        part("share-gain", HTMLSelectElement).value = String(gain);
        anyPart("share-by-hand").hidden = true;
        write(anyPart("share-copied"), "");
        this.#tell("");
        this.#dialog.showModal();
        this.#dialog.scrollTop = 0;
        this.show();
        this.#marks = [];
        this.#showSets();
        this.#asking = new AbortController();
        void this.#annotations(this.#asking.signal);
    }

    #left() {
        this.#under?.abort();
        this.#asking.abort();
        if (this.#stood) this.#ways.back();
        this.#stood = false;
    }

    /** What is in sight may be something else now. */
    show() {
        const view = this.#dialog.open ? this.#view() : null;
        if (!view) return;
        const { start, stop, layout, seen } = view;
        const { fs } = seen.status;
        write(anyPart("share-interval"), this.#interval(view));
        write(anyPart("share-leads"), layout.stored.join(", "));
        write(anyPart("share-samples"), stop > start ? SHARE.samples(start, stop, rateWords(fs, "")) : SHARE.none);
        write(anyPart("share-what"), FORMAT_WORDS[this.#format]);
        write(this.#make, SHARE.make(this.#format));
        this.#make.disabled = stop <= start;
        anyPart("share-page").hidden = this.#format !== "pdf";
        this.#sets.hidden = this.#format === "png" || this.#sets.children.length < 2;
        const remarks = remarksOn(view, this.#choice());
        anyPart("share-remarks").replaceChildren(...remarks.map((words) => told("li", words)));
        const here = {
            record: view.record, leads: layout.stored, start, stop, fs, shown: seen.status.shown, mmPerMv: seen.display.mmPerMv,
        };
        part("share-compare", HTMLAnchorElement).href = comparisonOf(here);
        part("share-disclosure", HTMLAnchorElement).href = disclosureOf(here);
    }

    /** @returns {Sighted | null} */
    #view() {
        const seen = this.#ways.view();
        if (!seen) return null;
        const { info, status, layout, display, sight, measured } = seen;
        // On calibrated paper the screen says how many seconds have room.
        const windowS = display.mode === "calibrated" ? layout.scale.windowS : sight.windowS;
        return { record: info.record, ...samplesIn({ ...sight, windowS }, status.fs, status.length), length: status.length, layout, display, measured, seen };
    }

    /** @param {Sighted} view */
    #interval({ start, stop, seen: { status: { fs } } }) {
        const [from, to] = [start, stop].map((sample) => positionWords(momentOf(sample, fs), true));
        return SHARE.interval(from, to, spanWords((stop - start) / fs));
    }

    #choice() {
        const value = (/** @type {string} */ id) => part(id, HTMLSelectElement).value;
        const sets = [...this.#sets.querySelectorAll("input")].filter((box) => box.checked).map((box) => box.value);
        return {
            format: this.#format, paper: value("share-paper"), speed: Number(value("share-speed")),
            gain: Number(value("share-gain")), sets: this.#format === "png" ? [] : sets,
        };
    }

    // The link.

    async #copy() {
        const done = await copied(this.#address, part("share-by-hand", HTMLTextAreaElement));
        write(anyPart("share-copied"), done ? SHARE.copied : SHARE.byHand);
    }

    // What goes with a file.

    /** @param {Format} format */
    #radio(format) {
        const label = document.createElement("label");
        label.className = "share__format";
        const radio = document.createElement("input");
        Object.assign(radio, { type: "radio", name: "share-format", value: format, checked: format === this.#format });
        radio.addEventListener("change", () => {
            this.#format = format;
            this.#tell("");
            this.show();
        });
        label.append(radio, told("span", FORMAT_NAMES[format]));
        return label;
    }

    /** Ask which annotations are in sight. @param {AbortSignal} signal */
    async #annotations(signal) {
        const view = this.#view();
        if (!view) return;
        const { record, start, stop, seen: { info, status } } = view;
        // Annotations count in samples of the record, a lead may have others.
        const [from, to] = [start, stop].map((sample) => Math.min(info.length, Math.round((sample * info.fs) / status.fs)));
        try {
            const sets = await fetchAnnotations({ record, within: { start: from, stop: to }, signal });
            this.#marks = sets.filter(({ sample }) => sample.length > 0);
        } catch (error) {
            if (signal.aborted) return;
            if (!(error instanceof RequestFailed)) throw error;
            this.#marks = { failure: error.message };
        }
        this.#showSets();
    }

    #showSets() {
        const marks = this.#marks;
        const found = (Array.isArray(marks) ? marks : []).map(({ name, sample }) => ({ name, count: sample.length }));
        const failure = !Array.isArray(marks) ? SHARE.setsFailed(marks.failure) : "";
        this.#sets.hidden = this.#format === "png" || !(found.length || failure);
        const boxes = found.map(({ name, count }) => {
            const label = document.createElement("label");
            const box = document.createElement("input");
            Object.assign(box, { type: "checkbox", value: name, checked: !this.#without.has(name) });
            box.addEventListener("change", () => {
                if (box.checked) this.#without.delete(name);
                else this.#without.add(name);
            });
            label.append(box, told("span", SHARE.set(name, count)));
            return label;
        });
        const [legend] = this.#sets.children;
        this.#sets.replaceChildren(legend, ...boxes, ...(failure ? [told("p", failure)] : []));
    }

    // The file.

    async #made() {
        const view = this.#view();
        if (!view || this.#under) return;
        const under = new AbortController();
        this.#under = under;
        this.#busy(true);
        this.#tell(this.#format === "png" ? "" : SHARE.making);
        try {
            if (this.#format === "png") await this.#picture(view);
            else {
                const path = addressOf(view, this.#choice());
                const { file, name } = await fetchFile({ path, signal: under.signal, progress: (...how) => this.#come(...how) });
                this.#hand(file, name);
            }
        } catch (error) {
            if (under.signal.aborted) this.#tell(SHARE.cancelled);
            else if (error instanceof RequestFailed) this.#fail(troubleOf(error, error instanceof BrokenOff));
            else throw error;
        } finally {
            this.#under = null;
            this.#busy(false);
        }
    }

    /** @param {Sighted} view */
    async #picture(view) {
        const words = factsOf(view.seen, { ...view, interval: this.#interval(view) });
        const parts = { paper: part("paper", HTMLCanvasElement), names: anyPart("names"), calipers: anyPart("calipers") };
        const file = await pngOf(snapshot(parts, words));
        if (file) this.#hand(file, pictureName(view));
        else this.#fail({ words: SHARE.noPicture, login: false });
    }

    #cancel() {
        this.#under?.abort();
        this.#make.focus();
    }

    /** @param {Blob} file @param {string} name */
    #hand(file, name) {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(file);
        link.download = name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
        this.#tell(SHARE.done(name, SHARE.bytes(file.size)));
    }

    /** @param {boolean} busy */
    #busy(busy) {
        // Not disabled: the focus is on it.
        this.#make.setAttribute("aria-disabled", String(busy));
        anyPart("share-cancel").hidden = !busy || this.#format === "png";
        const bar = part("share-progress", HTMLProgressElement);
        bar.hidden = anyPart("share-cancel").hidden;
        bar.removeAttribute("value");
    }

    /** @param {number} done @param {number | null} of */
    #come(done, of) {
        if (of !== null) part("share-progress", HTMLProgressElement).value = done / of;
        write(anyPart("share-said"), SHARE.coming(SHARE.bytes(done), of === null ? null : SHARE.bytes(of)));
    }

    /** @param {string} words */
    #tell(words) {
        write(anyPart("share-said"), words);
        anyPart("share-trouble").hidden = true;
    }

    /** @param {{ words: string, login: boolean }} trouble */
    #fail({ words, login }) {
        this.#tell("");
        write(anyPart("share-why"), words);
        const way = part("share-login", HTMLAnchorElement);
        way.hidden = !login;
        way.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
        anyPart("share-trouble").hidden = false;
    }
}

/** @param {string} name @param {string} words */
function told(name, words) {
    const element = document.createElement(name);
    element.textContent = words;
    return element;
}
