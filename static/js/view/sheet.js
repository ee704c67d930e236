// A still page: any span of the record, from a fifth of a second to all of it, on the paper of its layout.

import { Channels } from "../signal/channels.js";
import { cut, envelopeOf } from "../look/envelope.js";
import { stretchOf } from "./geometry.js";
import { lay, patternOn, placesOf } from "./laid.js";

/** @typedef {import("../look/looking.js").Part} Part */
/** @typedef {import("../signal/channels.js").Samples} Samples */
/** @typedef {import("./painter.js").Context} Context */
/** @typedef {import("./stage.js").Shown} Shown */

/** A place to look at: the first sample on the page, and how many seconds it is long. @typedef {{ start: number, windowS: number }} Look */

/** What a page was drawn from: the coarsest of it. @typedef {"samples" | "envelope" | "outline" | "nothing"} Drawn */

/** Paints pages on one context. */
export class Sheet {
    #ctx;
    #makeCanvas;
    /** @type {Map<number, CanvasPattern | null>} */
    #patterns = new Map();
    #brush = "";

    /** @param {Context} ctx @param {(width: number, height: number) => import("./stage.js").Canvas} makeCanvas */
    constructor(ctx, makeCanvas) {
        this.#ctx = ctx;
        this.#makeCanvas = makeCanvas;
    }

    /**
     * Return the page laid out: where things stand, the first sample to the pixel, and the span of samples.
     * @param {Omit<import("./laid.js").Wish, "makeCanvas" | "pattern">} wish
     * @param {Look} look
     * @param {number} length of the record
     */
    open(wish, look, length) {
        const brush = `${wish.size.dpr} ${JSON.stringify(wish.palette)}`;
        if (brush !== this.#brush) this.#patterns.clear();
        this.#brush = brush;
        // A look is as long as it says; only the window that follows the pen is stretched for slow signals.
        const display = { ...wish.display, windowS: look.windowS / stretchOf(wish.fs) };
        const laid = lay(this.#ctx, {
            ...wish,
            display,
            makeCanvas: this.#makeCanvas,
            pattern: (step, draw) => {
                if (!this.#patterns.has(step)) {
                    this.#patterns.set(step, patternOn(this.#ctx, this.#makeCanvas, step, draw));
                }
                return this.#patterns.get(step) ?? null;
            },
        });
        // A whole column at the left: what is painted does not tremble while the paper is moved.
        const origin = Math.round(look.start * laid.pxPerSample);
        const start = origin / laid.pxPerSample;
        const stop = (origin + laid.page) / laid.pxPerSample;
        return { laid, origin, start, stop: Math.min(stop, length), end: stop, length };
    }

    /**
     * Paint it, and return what it was painted from.
     * @param {ReturnType<Sheet["open"]>} page
     * @param {{
     *   parts: Part[], leads: import("../wire/events.js").LeadInfo[], plan: import("./sheets.js").Plan,
     *   playhead: number, absent: string,
     * }} of `leads` those that `parts` hold
     * @returns {{ drawn: Drawn, column: number }}
     */
    paint({ laid, origin, end, length }, { parts, leads, plan, playhead, absent }) {
        const { painter, gutter, page, pxPerSample, strips } = laid;
        const grid = laid.grid.x.major;
        // The boxes of the paper go with the signal.
        painter.paper(gutter, page, gutter - (((origin % grid) + grid) % grid));
        /** @param {number} sample */
        const columnOf = (sample) => Math.floor(sample * pxPerSample);
        /** @type {(part: Part) => import("./painter.js").Stretch} */
        const stretch = ({ start, stop }) => ({
            from: Math.max(origin, columnOf(start)),
            to: Math.min(origin + page, Math.ceil(stop * pxPerSample)),
            origin,
            x: gutter,
            upTo: stop,
            gridOrigin: origin - (((origin % grid) + grid) % grid),
            absent,
        });
        let column = 1;
        let nothing = parts.length === 0 && end > 0 && length > 0;
        for (const part of parts) {
            if (part.samples) painter.stretch(stretch(part), strips, new Channels(part.samples, leads, plan.channels), pxPerSample);
            else if (!part.envelopes) {
                painter.awaited(stretch(part), strips);
                nothing = true;
            }
        }
        // After the samples, and without paper: where two parts meet in one pixel, both are seen.
        for (const part of parts) {
            if (!part.envelopes) continue;
            column = Math.max(column, part.column);
            const here = part.envelopes.map((envelope) => cut(envelope, part.start, part.stop));
            const envelopes = plan.channels.map((channel) => envelopeOf(channel, leads, here));
            painter.envelope(stretch(part), strips, envelopes, pxPerSample);
        }
        if (end > length) {
            // Beyond the end there is no paper: an empty record looks different.
            const left = Math.max(0, columnOf(length) - origin);
            painter.blank(gutter + left, page - left);
        }
        if (origin < 0) painter.blank(gutter, Math.min(page, -origin));
        const at = playhead * pxPerSample - origin;
        if (at >= 0 && at <= page) painter.playhead(gutter + Math.round(at));
        laid.marginsOn();
        const drawn = nothing ? "nothing" : column === 1 ? "samples" : column === Infinity ? "outline" : "envelope";
        return { drawn, column };
    }
}

export { placesOf };
