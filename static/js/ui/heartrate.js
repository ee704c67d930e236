// The heart rate in the head of the page: of what is on the screen, or that it is not valid and why.

import { heartRate, Numerics } from "../signal/heartrate.js";
import { BEATS, whyWords } from "../texts/beats.js";
import { anyPart, write } from "./page.js";

/** @typedef {import("../messages.js").Status} Status */

export class HeartRateView {
    #box = anyPart("rate");
    #value = anyPart("rate-value");
    #unit = anyPart("rate-unit");
    #why = anyPart("rate-why");
    #beats;
    #numerics = new Numerics();

    /** @param {import("./desk.js").Desk} desk @param {import("./beats.js").Beats} beats */
    constructor(desk, beats) {
        this.#beats = beats;
        desk.on("said", (message) => {
            if (message.say === "numeric" && message.name === "hr") this.#numerics.add(message);
            else if (message.say === "turned") this.#numerics.clear();
        });
        desk.on("status", (status) => this.#show(status));
    }

    /** @param {Status} status */
    #show({ condition, shown, fs }) {
        if (this.#beats.state === "off" || !fs) return;
        const told = this.#numerics.at(shown);
        // What is old is no rate of now: the word beside it says what it is.
        const old = condition !== "playing" && condition !== "paused";
        const rate = old ? { bpm: null, why: "", pauseS: null } : heartRate({ shown, fs }, told, this.#beats.shown);
        const value = rate.pauseS !== null ? BEATS.pause(rate.pauseS) : rate.bpm === null ? BEATS.none : BEATS.rate(rate.bpm);
        const why = rate.pauseS === null && rate.why ? whyWords(rate.why) : "";
        write(this.#value, value);
        this.#unit.hidden = rate.bpm === null;
        this.#box.dataset["pause"] = String(rate.pauseS !== null);
        write(this.#why, why);
        // A long reason has less room than it needs: the box keeps its size, and the picture its place.
        this.#box.title = [why, this.#beats.shown?.source.method].filter(Boolean).join(" \u00b7 ");
    }
}
