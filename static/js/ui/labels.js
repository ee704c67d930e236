// The labels of the picture, and the words for how it stands. They cannot be hidden.

import { millivoltsPer } from "../signal/calibration.js";
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
    layout({ scale, grid, rows, leads, fs, unscaled, gutter, nameWidth }, display, { fsSource, dpr, absent }) {
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
        write(anyPart("fact-leads"), [...leads.map((lead) => lead.name), ...missing].join(", "));
        this.#names.replaceChildren(
            ...leads.map((lead, i) => {
                const name = document.createElement("span");
                const other = lead.kind !== "ecg";
                name.className = other ? "row-name row-name--other" : "row-name";
                name.textContent = lead.name;
                const { top, baseline } = rows[i];
                if (!other && isVolts(lead)) {
                    // Beside the foot of its pulse.
                    name.style.setProperty("top", `${Math.max(top, baseline - NAME_ABOVE * dpr) / dpr}px`);
                    name.style.setProperty("width", `${nameWidth / dpr}px`);
                } else {
                    // A row without a pulse has the whole strip for what is to be said.
                    name.style.setProperty("top", `${top / dpr + 2}px`);
                    name.style.setProperty("width", `${gutter / dpr - 1}px`);
                    const small = document.createElement("small");
                    const what = other ? lead.kind || "kind unknown" : "no mV scale";
                    const range = unscaled && !lead.range ? "scale not to be had" : rangeWords(lead);
                    small.textContent = `${what}, ${range}`;
                    name.append(small);
                }
                return name;
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

/** Whether a row has a scale in mV. @param {import("../view/stage.js").Shown[]} leads */
export const showsVolts = (leads) => leads.some((lead) => lead.kind === "ecg" && isVolts(lead));

/** @param {import("../view/stage.js").Shown} lead */
function isVolts(lead) {
    return millivoltsPer(lead.unit) !== null;
}
