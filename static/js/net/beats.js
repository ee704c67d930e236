// The beats of a record and its heart rate, as the server found them (protocol, section 3: beats).

import { decode } from "../../vendor/msgpack/index.mjs";
import { BadMessage, isIndex } from "../wire/frames.js";
import { get, pathOf } from "./api.js";

/** A stretch that was not looked at, and why. @typedef {{ start: number, stop: number, why: string }} Blind */
/** @typedef {{ start: number, stop: number }} Run */
/** Which lead was looked at there; null: there is none. @typedef {{ start: number, stop: number, lead: string | null }} Looked */
/**
 * Who found the beats, and how the rate is averaged.
 * @typedef {{ detector: string, method: string, unit: string, notice: string }} Source
 */
/**
 * From each of `sample` on the rate `bpm` holds, NaN = none; then `why` says why, else it is empty.
 * @typedef {{ sample: Float64Array, bpm: Float64Array, why: string[] }} Rates
 */
/**
 * What is known of samples [start, stop) at `fs`. `analysed`: the runs that are known by now; `complete`: that is all.
 * @typedef {{
 *   fs: number, length: number, start: number, stop: number, source: Source, complete: boolean, analysed: Run[],
 *   leads: Looked[], blind: Blind[], pauses: Run[], sample: Float64Array, symbol: string, rates: Rates,
 * }} BeatSheet
 */
/**
 * Lowest, mean and highest rate of equal columns of [start, stop), NaN where there is none.
 * @typedef {Omit<BeatSheet, "sample" | "symbol" | "rates"> & { low: Float64Array, mean: Float64Array, high: Float64Array }} TrendSheet
 */

/**
 * @param {{ record: string, start: number, stop: number, signal?: AbortSignal }} wish in samples of the record's rate
 * @returns {Promise<BeatSheet>}
 */
export async function fetchBeats({ record, start, stop, signal }) {
    const response = await get(`${pathOf(record)}/beats?start=${start}&stop=${stop}`, "application/msgpack", signal);
    return readBeats(decode(new Uint8Array(await response.arrayBuffer())));
}

/**
 * @param {{ record: string, columns: number, signal?: AbortSignal }} wish
 * @returns {Promise<TrendSheet>} of the whole record
 */
export async function fetchRateTrend({ record, columns, signal }) {
    const response = await get(`${pathOf(record)}/beats?columns=${columns}`, "application/msgpack", signal);
    return readTrend(decode(new Uint8Array(await response.arrayBuffer())));
}

/** @param {any} body @returns {BeatSheet} */
export function readBeats(body) {
    const sheet = headOf(body);
    const { samples, sample_dtype: dtype, symbols, rate } = body;
    const sample = numbers(samples, dtype);
    const reasons = Array.isArray(rate?.reasons) ? rate.reasons.map(String) : [];
    const at = numbers(rate?.sample, dtype);
    const bpm = numbers(rate?.bpm, "f4");
    const why = [...numbers(rate?.reason, "i1")].map((place) => reasons[place] ?? "");
    if (bpm.length !== at.length || why.length !== at.length) throw new BadMessage("rates of two lengths");
    return { ...sheet, sample, symbol: String(symbols), rates: { sample: at, bpm, why } };
}

/** @param {any} body @returns {TrendSheet} */
export function readTrend(body) {
    const sheet = headOf(body);
    const [low, mean, high] = ["low", "mean", "high"].map((name) => numbers(body.trend?.[name], "f4"));
    if (low.length !== mean.length || high.length !== mean.length) throw new BadMessage("a trend of two widths");
    return { ...sheet, low, mean, high };
}

/** @param {any} body */
function headOf(body) {
    const { fs, length, start, stop, detector, method, unit, notice, complete, analysed, leads, blind, pauses } = body ?? {};
    if (typeof fs !== "number" || !isIndex(length) || !isIndex(start) || !isIndex(stop) || !Array.isArray(blind)) {
        throw new BadMessage("not beats");
    }
    /** @param {any[]} runs */
    const spans = (runs) => runs.map(([from, to]) => ({ start: Number(from), stop: Number(to) }));
    return {
        fs, length, start, stop, complete: complete === true,
        source: { detector: String(detector), method: String(method), unit: String(unit), notice: String(notice) },
        analysed: spans(analysed),
        leads: leads.map((/** @type {any[]} */ [from, to, lead]) => ({ start: Number(from), stop: Number(to), lead: lead === null ? null : String(lead) })),
        blind: blind.map(([from, to, why]) => ({ start: Number(from), stop: Number(to), why: String(why) })),
        pauses: spans(pauses),
    };
}

/** @type {Readonly<Record<string, new (buffer: ArrayBuffer) => ArrayLike<number>>>} */
const KINDS = { i4: Int32Array, f8: Float64Array, f4: Float32Array, i1: Int8Array };

/** @param {unknown} bytes @param {unknown} dtype */
function numbers(bytes, dtype) {
    const Kind = KINDS[String(dtype)];
    if (!(bytes instanceof Uint8Array) || !Kind) throw new BadMessage("beats without numbers");
    // Copied, not viewed: it may begin on any byte.
    return Float64Array.from(new Kind(/** @type {ArrayBuffer} */ (bytes.slice().buffer)));
}
