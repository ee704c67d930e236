// What a viewer has to be asked for, to stand as a session has it. Pure: it remembers what it asked, and no more.

import { FASTEST, SLOWEST } from "./clock.js";

/** @typedef {import("./log.js").Moment} Moment */
/** @typedef {import("./log.js").View} View */

/**
 * `pen`: the picture is to stand at `sample` at `at` (ms since 1970) and go on by `rate` samples a second.
 * @typedef {{ do: "display", change: Pick<View, "looks" | "times" | "filter"> }
 *   | { do: "leads", leads: string[], sample: number | null }
 *   | { do: "look", look: View["look"] }
 *   | { do: "calipers", text: string }
 *   | { do: "seek", sample: number }
 *   | { do: "speed", speed: number }
 *   | { do: "play" } | { do: "pause" }
 *   | { do: "pen", sample: number, at: number, rate: number }} Deed
 */

/** How the viewer stands. `stop`: the first sample not received, `ended`: at the end of the record. @typedef {{ fs: number, stop: number, ended: boolean, aim: number | null, speed: number }} Stands */

/** Milliseconds in which the viewer has what it was sent for, playing and standing; sooner it is not sent again. */
const PATIENCE = 1500;
const STANDING = 400;

/** Leads one viewer. */
export class Lead {
    /** What it was told to show. @type {View | null} */
    #shown = null;
    #jump = -1;
    #speed = 0;
    /** @type {boolean | null} */
    #playing = null;
    #sent = -Infinity;

    /** Forget what was asked: the viewer may stand anywhere. */
    anew() {
        this.#shown = null;
        this.#playing = null;
        this.#speed = 0;
    }

    /**
     * Return what to ask for, in order.
     * @param {Moment} moment
     * @param {{ pace: number, now: number, stands: Stands, held?: boolean }} of `pace` 0 = the replay stands; `held`: the
     *   pen waits for samples, which the server goes on to send
     * @returns {Deed[]}
     */
    step({ view, sample, jump }, { pace, now, stands, held = false }) {
        /** @type {Deed[]} */
        const deeds = [];
        const was = this.#shown;
        const differs = (/** @type {(keyof View)[]} */ ...names) =>
            was === null || names.some((name) => was[name] !== view[name] && JSON.stringify(was[name]) !== JSON.stringify(view[name]));
        if (differs("looks", "times", "filter")) {
            const { looks, times, filter } = view;
            deeds.push({ do: "display", change: { looks, times, filter } });
        }
        const otherRate = was === null ? stands.fs !== view.fs : was.fs !== view.fs;
        if (differs("leads")) deeds.push({ do: "leads", leads: view.leads, sample: otherRate ? Math.round(sample) : null });
        if (differs("look")) deeds.push({ do: "look", look: view.look });
        if (differs("calipers")) deeds.push({ do: "calipers", text: view.calipers });
        const playing = view.moving && pace > 0;
        const speed = playing ? Math.min(FASTEST, Math.max(SLOWEST, view.speed * pace)) : this.#speed;
        if (speed !== this.#speed) deeds.push({ do: "speed", speed });
        const rate = playing && !held ? view.fs * view.speed * pace : 0;
        if (playing !== this.#playing) this.#sent = now;
        // Set down elsewhere; or what it is to draw did not come: the server's clock is far behind, or stopped before it.
        const lacks = !stands.ended && stands.aim === null && stands.fs === view.fs && sample > stands.stop;
        const starved = lacks && now - this.#sent > (playing ? PATIENCE : STANDING);
        if (was === null || jump !== this.#jump || starved) {
            if (!(otherRate && differs("leads"))) deeds.push({ do: "seek", sample: Math.round(sample) });
            this.#sent = now;
        }
        if (playing !== this.#playing) deeds.push({ do: playing ? "play" : "pause" });
        deeds.push({ do: "pen", sample, at: now, rate });
        this.#shown = view;
        this.#jump = jump;
        this.#speed = speed;
        this.#playing = playing;
        return deeds;
    }
}
