// The labels of the picture, and the words for how it stands. They cannot be hidden.

import { VIEW } from "../texts/view.js";
import { STATES, VIEWER } from "../texts/viewer.js";
import { anyPart, part, write } from "./page.js";
import { drawnByRange, drawnWords, rowNames, showsVolts, uncalibrated } from "./rownames.js";
import {
    boxWords, conditionWords, farWords, gainWords, momentOf, positionWords, rateWords, replayWords, sparseWords,
    speedWords, timeWords,
} from "./words.js";

/** @typedef {import("../messages.js").Status} Status */
/** @typedef {import("../messages.js").Layout} Layout */
/** @typedef {import("../view/geometry.js").Display} Display */

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
    #told = "";
    #named = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #toasting;

    /** @param {{ patient: string, record: string }} record */
    record({ patient, record }) {
        write(anyPart("patient"), patient);
        write(anyPart("record"), record);
        document.title = VIEWER.title(patient, record);
    }

    /** @param {Status} status */
    status(status) {
        const { word, detail } = conditionWords(status);
        const { condition, trouble, shown, fs } = status;
        write(this.#stateWord, word);
        this.#state.dataset["condition"] = condition;
        this.#stage.dataset["condition"] = condition;
        this.#stage.dataset["old"] = String(status.age > 0);
        this.#showBanner(condition, word, detail, trouble?.login ?? false, trouble?.retryIn !== null);
        const told = `${condition} ${trouble?.text ?? ""}`;
        if (told !== this.#told) {
            this.#told = told;
            // Said once, without the age that counts.
            write(this.#spoken, STATES.said(STATES.spoken[condition], detail));
        }
        if (fs > 0) {
            const seconds = momentOf(shown, fs);
            write(anyPart("elapsed"), positionWords(seconds, true));
            write(anyPart("time"), timeWords(status.startTime, status.zone, seconds, status.shifted));
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
        const { scale, grid, rows, cells, without, leads, stored, fs, unscaled, gutter } = layout;
        const volts = showsVolts(leads);
        const sparse = sparseWords(display, scale.windowS, fs);
        this.#sparse.hidden = sparse === "";
        write(this.#sparse, sparse);
        write(anyPart("fact-speed"), speedWords(display, scale));
        const unknown = uncalibrated(leads);
        const far = farWords(drawnByRange(leads));
        write(anyPart("fact-gain"), [gainWords(display, volts, unknown), far].filter(Boolean).join("; "));
        anyPart("fact-gain").classList.toggle("fact--warn", unknown.length > 0 || far !== "");
        write(anyPart("fact-box"), boxWords(grid, display, volts));
        this.leads(stored, absent, fs, fsSource);
        const filters = [...new Set(leads.map((lead) => lead.filter).filter(Boolean))];
        const processing = anyPart("fact-processing");
        const applied = layout.filtered ? VIEW.filtered(filters.join("; ")) : VIEW.filterOff;
        write(processing, filters.length ? applied : VIEW.asStored);
        processing.dataset["filter"] = filters.length ? String(layout.filtered) : "";
        write(anyPart("fact-drawn"), drawnWords(layout));
        anyPart("fact-drawn").dataset["drawn"] = layout.drawn;
        const names = JSON.stringify([layout.filtered, cells, without, rows, leads.map(({ range, ...lead }) => [lead, range]), dpr, unscaled, gutter]);
        // A page that is moved has the same names at the same places.
        if (names === this.#named) return;
        this.#named = names;
        this.#names.replaceChildren(...rowNames(layout, dpr));
    }

    /**
     * What is known before the first picture: words that came after it would take more lines, and move it.
     * @param {{ start_time: number | null, zone: string | null, dates_shifted?: boolean, fs_source: string }} record
     * @param {{ leads: string[], absent: string[], sample: number, fs: number, speed: number, gain: string }} opening
     */
    begins({ start_time, zone, dates_shifted = false, fs_source }, { leads, absent, sample, fs, speed, gain }) {
        write(anyPart("fact-gain"), gain);
        this.leads(leads, absent, fs, fs_source);
        write(anyPart("fact-replay"), replayWords(speed));
        write(anyPart("time"), timeWords(start_time, zone, momentOf(sample, fs), dates_shifted));
    }

    /**
     * Which leads are shown, and their rate.
     * @param {string[]} stored
     * @param {string[]} absent
     * @param {number} fs
     * @param {string} fsSource
     */
    leads(stored, absent, fs, fsSource) {
        write(anyPart("fact-rate"), rateWords(fs, fsSource));
        anyPart("fact-rate").title = fsSource;
        write(anyPart("fact-leads"), [...stored, ...absent.map((name) => VIEWER.absentLead(name))].join(", "));
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
