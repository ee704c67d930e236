// The heart rate of the whole record, under the overview: lowest, mean and highest of each column.

import { RequestFailed } from "../net/api.js";
import { fetchRateTrend } from "../net/beats.js";
import { TREND } from "../texts/beats.js";
import { columnAt, heightOf, rangeOf, summary } from "../view/trend.js";
import { palette } from "./canvas.js";
import { anyPart, part, write } from "./page.js";

/** @typedef {import("../net/beats.js").TrendSheet} TrendSheet */

/** Columns of the trend: more than most screens show, and 6 kB. */
const COLUMNS = 1024;
/** Milliseconds until it is asked again for what was not known yet. */
const AGAIN_MS = 2000;
const FAILED_MS = 15_000;
/** CSS pixels of a name, and of the mark of a pause. */
const NAME = 9;
const PAUSE = 3;

export class RateTrend {
    #canvas = part("rate-trend", HTMLCanvasElement);
    #caption = anyPart("rate-caption");
    #says = anyPart("rate-says");
    /** @type {TrendSheet | null} */
    #trend = null;
    #record = "";

    /** @param {import("./desk.js").Desk} desk @param {import("./beats.js").Beats} beats */
    constructor(desk, beats) {
        desk.on("record", ({ record }) => {
            this.#record = record;
        });
        desk.on("theme", () => this.#paint());
        new ResizeObserver(() => this.#paint()).observe(this.#canvas);
        let asked = false;
        // Not before it is known that this server looks for beats at all.
        beats.on((_known, state) => {
            if (state !== "there" || asked) return;
            asked = true;
            void this.#ask();
        });
    }

    /** The rate at a part of the record, in words; empty where none is known. @param {number} at 0 to 1 */
    words(at) {
        const trend = this.#trend;
        if (!trend) return "";
        const k = columnAt(at, trend.mean.length);
        return Number.isNaN(trend.mean[k]) ? "" : TREND.at(trend.low[k], trend.high[k]);
    }

    async #ask() {
        let wait = AGAIN_MS;
        try {
            this.#trend = await fetchRateTrend({ record: this.#record, columns: COLUMNS });
            this.#paint();
            if (this.#trend.complete) return;
        } catch (error) {
            if (error instanceof RequestFailed && error.status === 404) return;
            write(this.#caption, TREND.failed(error instanceof Error ? error.message : String(error)));
            wait = FAILED_MS;
        }
        setTimeout(() => void this.#ask(), wait);
    }

    #paint() {
        const canvas = this.#canvas;
        const dpr = window.devicePixelRatio || 1;
        const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((px) => Math.max(1, Math.round(px * dpr)));
        canvas.width = width;
        canvas.height = height;
        const ctx = canvas.getContext("2d");
        if (!ctx || height < 4) return;
        const colours = palette();
        ctx.fillStyle = colours.paper;
        ctx.fillRect(0, 0, width, height);
        const trend = this.#trend;
        if (!trend) return;
        this.#describe(trend);
        /** @param {number} sample */
        const x = (sample) => (sample * width) / Math.max(1, trend.length);
        ctx.fillStyle = colours.gap;
        for (const { start, stop } of trend.blind) ctx.fillRect(Math.floor(x(start)), 0, Math.max(1, Math.ceil(x(stop) - x(start))), height);
        const range = rangeOf(trend.high, height, NAME * dpr);
        const line = Math.max(1, Math.round(dpr));
        ctx.fillStyle = colours.gridMajor;
        for (const rate of range.lines) ctx.fillRect(0, heightOf(rate, range, height), width, 1);
        const blue = colours.marks?.["beat"] ?? colours.trace;
        const count = trend.mean.length;
        ctx.fillStyle = blue;
        for (let k = 0; k < count; k++) {
            if (Number.isNaN(trend.mean[k])) continue;
            const left = Math.floor((k * width) / count);
            const wide = Math.max(1, Math.floor(((k + 1) * width) / count) - left);
            const top = heightOf(trend.high[k], range, height);
            ctx.globalAlpha = 0.3;
            ctx.fillRect(left, top, wide, Math.max(1, heightOf(trend.low[k], range, height) - top + 1));
            ctx.globalAlpha = 1;
            ctx.fillRect(left, heightOf(trend.mean[k], range, height), wide, line);
            if (trend.high[k] > range.top) {
                // Higher than the strip: marked, as a peak of the picture is.
                ctx.fillStyle = colours.warn;
                ctx.fillRect(left, 0, Math.max(wide, line), 2 * line);
                ctx.fillStyle = blue;
            }
        }
        ctx.fillStyle = colours.marks?.["rare"] ?? colours.warn;
        for (const { start, stop } of trend.pauses) {
            ctx.fillRect(Math.floor(x(start)), 0, Math.max(2 * line, Math.ceil(x(stop) - x(start))), Math.round(PAUSE * dpr));
        }
        ctx.font = `${Math.round(NAME * dpr)}px ${colours.font}`;
        ctx.textBaseline = "middle";
        for (const rate of range.lines) {
            const y = Math.max(NAME * dpr * 0.6, heightOf(rate, range, height));
            const name = String(rate);
            ctx.globalAlpha = 0.8;
            ctx.fillStyle = colours.paper;
            ctx.fillRect(0, y - (NAME * dpr) / 2, ctx.measureText(name).width + 4 * dpr, NAME * dpr);
            ctx.globalAlpha = 1;
            ctx.fillStyle = colours.label;
            ctx.fillText(name, 2 * dpr, y);
        }
    }

    /** @param {TrendSheet} trend */
    #describe(trend) {
        const { method } = trend.source;
        write(this.#caption, trend.complete ? TREND.caption(method) : TREND.partly(method));
        const all = summary(trend);
        write(this.#says, all ? TREND.says(all, trend.pauses.length) : TREND.none);
        this.#canvas.dataset["complete"] = String(trend.complete);
    }
}
