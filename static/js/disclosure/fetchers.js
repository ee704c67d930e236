// How the lines of one lead are asked for.

import { fetchWindow, RequestFailed } from "../net/api.js";
import { fetchEnvelope } from "../net/findings.js";
import { fetchOutline, fetchTile } from "../net/tiles.js";
import { scaleOf } from "../signal/calibration.js";
import { spotsOf, standOf } from "./stand.js";

/** Milliseconds that lines wait to know where their lead stands. */
const STAND_MS = 4000;

/** @typedef {{ version: string, built: boolean, length: number }} Outline */

/** @param {[number, number][] | undefined} runs */
const spans = (runs) => (runs ?? []).map(([start, stop]) => ({ start, stop }));

/**
 * @param {string} record
 * @param {string} lead
 * @param {Outline | null} outline null = not known
 * @returns {import("./supply.js").Fetchers}
 */
export function fetchersOf(record, lead, outline) {
    const leads = [lead];
    /** @type {NonNullable<import("./supply.js").Fetchers["tile"]>} */
    const tile = async (level, n, signal) => {
        const got = await fetchTile({ record, version: outline?.version ?? "", leads, level, n, signal });
        return { low: got.low[0], high: got.high[0], corrupt: spans(got.corrupt[lead]) };
    };
    return {
        window: async (span, signal) => {
            const { values, corrupt } = await fetchWindow({ record, leads, ...span, signal });
            return { values: values[0], corrupt: spans(corrupt[lead]) };
        },
        tile: outline?.built ? tile : null,
    };
}

/**
 * Return what is known of the tiles of a lead; null where nothing is: its samples are always there.
 * @param {string} record
 * @param {string} lead
 * @returns {Promise<Outline | null>}
 */
export async function outlineOf(record, lead) {
    try {
        const { version, built, length } = await fetchOutline({ record, leads: [lead] });
        return { version, built, length };
    } catch (error) {
        if (error instanceof RequestFailed) return null;
        throw error;
    }
}

/**
 * Return where a lead stands; where that cannot be had it is drawn as usual, around 0 mV.
 * @param {string} record
 * @param {import("./face.js").Lead} lead
 * @param {number} length of it, in samples
 */
export async function standingOf(record, lead, length) {
    const signal = AbortSignal.timeout(STAND_MS);
    const asked = spotsOf({ length, fs: lead.fs }).map((spot) => fetchEnvelope({ record, lead: lead.name, ...spot, signal }));
    const read = await Promise.allSettled(asked);
    return standOf(read.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])), scaleOf(lead));
}
