// What stands around a picture that leaves: the same as the page says of it, and what else must be known. Pure.

import { PICTURE } from "../texts/share.js";
import { VIEW } from "../texts/view.js";
import { drawnByRange, drawnWords, showsVolts, uncalibrated } from "../ui/rownames.js";
import { boxWords, farWords, gainWords, momentOf, rateWords, speedWords, timeWords } from "../ui/words.js";

/** @typedef {import("../ui/share.js").Seen} Seen */

/**
 * @param {Pick<Seen, "info" | "status" | "layout" | "display">} seen
 * @param {{ start: number, stop: number, interval: string }} of what is in sight
 * @returns {{ title: string, facts: string[], source: string, foot: string }}
 */
export function factsOf({ info, status, layout, display }, { start, stop, interval }) {
    const { scale, grid, leads, stored, fs } = layout;
    const volts = showsVolts(leads);
    const filters = [...new Set(leads.map((lead) => lead.filter).filter(Boolean))].join("; ");
    const applied = layout.filtered ? VIEW.filtered(filters) : VIEW.filterOff;
    return {
        title: PICTURE.title(info.patient, info.record),
        facts: [
            PICTURE.taken(timeWords(status.startTime, status.zone, momentOf(start, status.fs), status.shifted)),
            interval,
            PICTURE.samples(start, stop),
            PICTURE.leads(stored.join(", ")),
            speedWords(display, scale),
            [gainWords(display, volts, uncalibrated(leads)), farWords(drawnByRange(leads))].filter(Boolean).join("; "),
            PICTURE.box(boxWords(grid, display, volts)),
            // What the record says of its rate is said of its ECG leads.
            rateWords(fs, fs === info.fs ? info.fs_source : ""),
            filters ? applied : VIEW.asStored,
            PICTURE.drawn(drawnWords(layout)),
        ],
        source: PICTURE.source(info.source ?? null),
        foot: `${PICTURE.foot} ${PICTURE.maker}`,
    };
}
