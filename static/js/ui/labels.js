// The labels of the picture, and the words for how it stands. They cannot be hidden.

import { millivoltsPer } from "../signal/calibration.js";
import { VIEW } from "../texts/view.js";
import { anyPart, part, write } from "./page.js";
import {
    boxWords, conditionWords, gainWords, momentOf, positionWords, rangeWords, rateWords, replayWords, sparseWords,
    speedWords, timeWords,
} from "./words.js";

/** @typedef {import("../messages.js").Status} Status */
/** @typedef {import("../messages.js").Layout} Layout */
/** @typedef {import("../view/geometry.js").Display} Display */

/** CSS pixels from the top of a lead's name to the foot of its pulse. */
const NAME_ABOVE = 20;

/** Milliseconds that a remark stays. */
const TOAST_MS = 8000;

export class Labels {
    #state = anyPart("state");
    #stateWord = anyPart("state-word");
    #stage = anyPart("stage");
    #banner = anyPart("banner");
    #names = anyPart("names");
    #toast = anyPart("toast");
    #spoken = anyPart("spoken");
    #sparse = anyPart("sparse");
    #condition = "";
    #named = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #toasting;

    /** @param {{ patient: string, record: string }} record */
    record({ patient, record }) {
        write(anyPart("patient"), patient);
        write(anyPart("record"), record);
        document.title = `${patient} \u00b7 ${record} \u00b7 ecgstream`;
    }

    /** @param {Status} status */
    status(status) {
        const { word, detail } = conditionWords(status);
        const { condition, trouble, shown, fs } = status;
        write(this.#stateWord, word);
        this.#state.dataset["condition"] = condition;
        this.#stage.dataset["condition"] = condition;
        this.#showBanner(condition, word, detail, trouble?.login ?? false, trouble?.retryIn !== null);
        if (condition !== this.#condition) {
            this.#condition = condition;
            // Said once, without the age that counts.
            write(this.#spoken, `${condition}. ${detail}`);
        }
        if (fs > 0) {
            const seconds = momentOf(shown, fs);
            write(anyPart("elapsed"), positionWords(seconds, true));
            write(anyPart("time"), timeWords(status.startTime, status.zone, seconds));
        }
        write(anyPart("fact-replay"), replayWords(status.speed));
    }

    /** @param {string} condition @param {string} word @param {string} detail @param {boolean} login @param {boolean} again */
    #showBanner(condition, word, detail, login, again) {
        const quiet = condition === "playing" || condition === "paused";
        this.#banner.hidden = quiet;
        if (quiet) return;
        this.#banner.dataset["condition"] = condition;
        write(anyPart("banner-word"), word);
        write(anyPart("banner-detail"), detail);
        const broken = condition === "offline" || condition === "stale";
        const way = part("login", HTMLAnchorElement);
        way.hidden = !login;
        way.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
        anyPart("again").hidden = !broken || login || !again;
        anyPart("records").hidden = condition !== "offline" || login;
    }

    /**
     * @param {Layout} layout
     * @param {Display} display
     * @param {{ fsSource: string, dpr: number, absent: string[] }} of
     */
    layout(layout, display, { fsSource, dpr, absent }) {
        const { scale, grid, rows, cells, without, leads, stored, fs, unscaled, gutter, nameWidth } = layout;
        const volts = showsVolts(leads);
        const sparse = sparseWords(display, scale.windowS, fs);
        this.#sparse.hidden = sparse === "";
        write(this.#sparse, sparse);
        write(anyPart("fact-speed"), speedWords(display, scale));
        write(anyPart("fact-gain"), gainWords(display, volts));
        write(anyPart("fact-box"), boxWords(grid, display, volts));
        write(anyPart("fact-rate"), rateWords(fs, fsSource));
        anyPart("fact-rate").title = fsSource;
        const missing = absent.map((name) => `${name} (not in this record)`);
        write(anyPart("fact-leads"), [...stored, ...missing].join(", "));
        write(anyPart("fact-drawn"), drawnWords(layout));
        anyPart("fact-drawn").dataset["drawn"] = layout.drawn;
        const names = JSON.stringify([cells, without, rows, leads.map(({ range, ...lead }) => [lead, range]), dpr, unscaled, gutter]);
        // A page that is moved has the same names at the same places.
        if (names === this.#named) return;
        this.#named = names;
        const place = { gutter, nameWidth, dpr, unscaled };
        this.#names.replaceChildren(
            ...cells.map((cell) => nameOf(leads[cell.lead], rows[cell.row], cell, place)),
            ...without.map(({ name, row, x, width }) => {
                const none = document.createElement("span");
                none.className = "row-name row-name--inside row-name--none";
                none.textContent = `${name}: ${VIEW.notRecorded}`;
                none.style.setProperty("top", `${rows[row].top / dpr + 2}px`);
                none.style.setProperty("left", `${x / dpr + 4}px`);
                none.style.setProperty("max-width", `${width / dpr - 8}px`);
                return none;
            }),
        );
    }

    /** @param {string} text */
    notice(text) {
        this.#toast.hidden = false;
        write(this.#toast, text);
        clearTimeout(this.#toasting);
        this.#toasting = setTimeout(() => {
            this.#toast.hidden = true;
        }, TOAST_MS);
    }
}

/**
 * Return the name of a line, at its place.
 * @param {import("../view/stage.js").Shown} lead
 * @param {import("../view/layouts.js").Row} row
 * @param {import("../messages.js").Place} cell
 * @param {{ gutter: number, nameWidth: number, dpr: number, unscaled: string | null }} of
 */
function nameOf(lead, { top, baseline }, cell, { gutter, nameWidth, dpr, unscaled }) {
    const name = document.createElement("span");
    const other = lead.kind !== "ecg";
    name.className = other ? "row-name row-name--other" : "row-name";
    name.textContent = lead.name;
    const remarks = remarksOn(lead);
    if (cell.x > gutter) {
        // A later column has no strip at its left: the name stands on the paper, as in print.
        name.classList.add("row-name--inside");
        name.style.setProperty("left", `${cell.x / dpr + 4}px`);
        name.style.setProperty("top", `${Math.max(top, baseline - NAME_ABOVE * dpr) / dpr - 16}px`);
    } else if (!other && isVolts(lead)) {
        // Beside the foot of its pulse.
        name.style.setProperty("top", `${Math.max(top, baseline - NAME_ABOVE * dpr) / dpr}px`);
        name.style.setProperty("width", `${nameWidth / dpr}px`);
    } else {
        // A row without a pulse has the whole strip for what is to be said.
        name.style.setProperty("top", `${top / dpr + 2}px`);
        name.style.setProperty("width", `${gutter / dpr - 1}px`);
        const what = other ? lead.kind || "kind unknown" : "no mV scale";
        const range = unscaled && !lead.range ? "scale not to be had" : rangeWords(lead);
        remarks.push(`${what}, ${range}`);
    }
    if (remarks.length) {
        const small = document.createElement("small");
        small.textContent = remarks.join(", ");
        name.append(small);
    }
    return name;
}

/** What is to be known of a line that is not as it is stored. @param {import("../view/stage.js").Shown} lead */
function remarksOn({ derived, alias, times = 1 }) {
    const remarks = [];
    if (derived) remarks.push(VIEW.derived);
    if (alias) remarks.push(VIEW.storedAs(alias));
    if (Math.abs(times) !== 1) remarks.push(`\u00d7${Math.abs(times)}`);
    if (times < 0) remarks.push(VIEW.inverted);
    return remarks;
}

/** What the picture is drawn from. @param {Layout} layout */
function drawnWords({ drawn, column, leads }) {
    if (drawn === "samples") return VIEW.samples;
    if (drawn === "nothing") return VIEW.waiting;
    const what = drawn === "outline" ? VIEW.outline : VIEW.envelope(String(column));
    return leads.some((lead) => lead.derived) ? `${what}; ${VIEW.bounds}` : what;
}

/** Whether a row has a scale in mV. @param {import("../view/stage.js").Shown[]} leads */
export const showsVolts = (leads) => leads.some((lead) => lead.kind === "ecg" && isVolts(lead));

/** @param {import("../view/stage.js").Shown} lead */
function isVolts(lead) {
    return millivoltsPer(lead.unit) !== null;
}
