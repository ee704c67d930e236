// The picture in words, for those who cannot look at it: a description that is always there, and a live
// text that speaks when something changed, and never in a stream.

import { SPOKEN } from "../texts/spoken.js";
import { STATES } from "../texts/viewer.js";
import { anyPart, write } from "./page.js";
import { momentOf, positionWords, rateWords, spanWords } from "./words.js";

/** Seconds between two texts that only time has changed. */
const EVERY_S = 10;
/** Seconds that a change has to stand before it is said: who drags the paper is not talked to meanwhile. */
const SETTLED_S = 0.8;

/** Runs of a lead that are not there, null = not known. @typedef {[number, number][] | null | undefined} Gaps */
/**
 * `start`, `stop`: the samples in sight. `still`: they stay until somebody moves them. `elsewhere`: they are
 * not what is played.
 * @typedef {{
 *   record: string, leads: string[], gaps: Gaps[], start: number, stop: number, fs: number,
 *   condition: import("../signal/staleness.js").Condition, still: boolean, elsewhere: boolean,
 * }} Scene
 */

/**
 * Return how many stretches of [start, stop) are missing in some lead, and for how many samples: those of
 * several leads that touch are one. Null where the gaps of a lead are not known.
 * @param {Gaps[]} leads
 * @param {number} start
 * @param {number} stop
 */
export function gapsIn(leads, start, stop) {
    if (leads.some((gaps) => !gaps)) return null;
    const inside = leads
        .flatMap((gaps) => gaps ?? [])
        .map(([from, to]) => [Math.max(from, start), Math.min(to, stop)])
        .filter(([from, to]) => from < to)
        .sort((a, b) => a[0] - b[0]);
    let [count, samples, end] = [0, 0, -Infinity];
    for (const [from, to] of inside) {
        if (from > end) count++;
        samples += Math.max(0, to - Math.max(from, end));
        end = Math.max(end, to);
    }
    return { count, samples };
}

/** @param {Scene} scene */
function gapsWords({ gaps, start, stop, fs }) {
    const found = gapsIn(gaps, start, stop);
    if (!found) return SPOKEN.gapsUnknown;
    return found.count ? SPOKEN.gaps(found.count, spanWords(found.samples / fs)) : SPOKEN.noGaps;
}

/** Return the scene in words. @param {Scene} scene */
export function sceneWords(scene) {
    const { record, leads, start, stop, fs, condition, elsewhere } = scene;
    const [from, to] = [start, stop].map((sample) => positionWords(momentOf(sample, fs), true));
    const named = leads.length === 1 ? SPOKEN.oneLead(leads[0]) : SPOKEN.leads(leads.join(", "));
    const state = STATES.spoken[condition];
    return SPOKEN.sight({
        record,
        leads: leads.length ? named : SPOKEN.noLeads,
        span: SPOKEN.span(from, to, spanWords((stop - start) / fs)),
        rate: SPOKEN.rate(rateWords(fs, "")),
        gaps: gapsWords(scene),
        state: elsewhere ? SPOKEN.elsewhere(state) : state,
    });
}

/** When to speak. Pure: time in seconds is an argument. */
export class Turns {
    #key = "";
    #changed = -Infinity;
    #gaps = "";
    #said = -Infinity;

    /**
     * Return whether it is time to say the scene: soon after state, leads, span or place changed by
     * somebody's will; where only time went on, when the gaps in sight did, and then seldom.
     * @param {Scene} scene @param {number} now
     */
    due(scene, now) {
        const { record, leads, start, stop, fs, condition, still, elsewhere } = scene;
        const span = ((stop - start) / fs).toFixed(2);
        const key = JSON.stringify([record, leads, fs, condition, elsewhere, span, still ? Math.round(start) : null]);
        if (key !== this.#key) {
            this.#key = key;
            this.#changed = now;
        }
        const gaps = gapsWords(scene);
        const asked = this.#changed > this.#said && now - this.#changed >= SETTLED_S;
        if (!asked && (gaps === this.#gaps || now - this.#said < EVERY_S || this.#changed > this.#said)) return false;
        this.#gaps = gaps;
        this.#said = now;
        return true;
    }
}

/** The places of the page that hold it. */
export class Spoken {
    #turns = new Turns();

    /** @param {Scene} scene @param {number} now in seconds */
    tell(scene, now) {
        const words = sceneWords(scene);
        // It describes the picture, and is read when somebody asks for it: nothing is said for that.
        write(anyPart("sight"), words);
        if (this.#turns.due(scene, now)) write(anyPart("said"), words);
    }
}

/**
 * Return the scene that stands on the screen; null before there is one.
 * @param {{ record: string, gaps?: Record<string, Gaps> } | null} info
 * @param {import("../messages.js").Status | null} status
 * @param {import("../messages.js").Layout | null} layout
 * @param {import("./wander.js").Wander} wander
 * @returns {Scene | null}
 */
export function sceneOf(info, status, layout, wander) {
    const { sight } = wander;
    if (!info || !status?.fs || !layout || !sight) return null;
    const { fs, condition, length } = status;
    return {
        record: info.record,
        leads: layout.leads.map((lead) => lead.name),
        gaps: layout.stored.map((name) => info.gaps?.[name]),
        start: Math.max(0, sight.start),
        stop: Math.min(length, sight.start + sight.windowS * fs),
        fs,
        condition,
        still: wander.look !== null || condition !== "playing",
        elsewhere: wander.look !== null,
    };
}
