// How far two annotation sets agree, as the server reckons it; the next error; and answers put down.

import { NET } from "../texts/net.js";
import { BadMessage } from "../wire/frames.js";
import { get, pathOf, RequestFailed } from "./api.js";

/** @typedef {import("../agree/link.js").Compared} Compared */
/** @typedef {{ sample: number, label: string, score: number | null }} Side */
/** At the rate of the record. @typedef {{ sample: number, cell: string, reference: Side | null, test: Side | null }} Disagreement */
/** @typedef {{ found: number, missed: number, extra: number, sensitivity: number | null, predictivity: number | null, f1: number | null }} Score */
/**
 * @typedef {{
 *   fs: number, classes: string[], counts: number[][], excused: number, scores: Record<string, Score>, rules: string,
 *   total: number, disagreements: Disagreement[],
 * }} Agreement
 */
/** The `place`th of `count`, null = there is none. @typedef {{ count: number, place: number | null, sample: number | null }} Found */

/** Disagreements that are listed: the keys lead on to all others. */
export const LISTED = 500;
const MOST_ANSWERS = 10_000;

/**
 * Return the names of all sets that can be compared, those that people write last.
 * @param {string} record
 * @param {AbortSignal} signal
 * @returns {Promise<string[]>}
 */
export async function fetchComparable(record, signal) {
    const { sets } = await (await get(`${pathOf(record)}/overlays`, "application/json", signal)).json();
    if (!Array.isArray(sets)) throw new BadMessage("not sets");
    return sets.map(({ name }) => String(name));
}

/**
 * @param {string} record
 * @param {Compared} compared
 * @param {AbortSignal} signal
 * @param {{ from: number, limit: number }} [list] the disagreement with which the list begins, and how many are on it
 * @returns {Promise<Agreement>}
 */
export async function fetchAgreement(record, compared, signal, { from, limit } = { from: 0, limit: LISTED }) {
    const query = queryOf({ a: compared.reference, b: compared.test, ...choiceOf(compared), limit, cursor: from });
    const said = await (await get(`${pathOf(record)}/agreement?${query}`, "application/json", signal)).json();
    if (!Array.isArray(said?.counts) || !Array.isArray(said?.disagreements)) throw new BadMessage("not an agreement");
    return said;
}

/**
 * Return the next error of the test behind a sample of the record, or before it.
 * @param {string} record
 * @param {Compared} compared
 * @param {{ from: number, way: 1 | -1, signal?: AbortSignal }} wish
 * @returns {Promise<Found>}
 */
export async function fetchNextError(record, compared, { from, way, signal }) {
    const query = queryOf({
        from: Math.round(from),
        way: way > 0 ? "next" : "previous",
        errors_against: compared.reference,
        ...choiceOf(compared),
    });
    const path = `${pathOf(record)}/overlays/${encodeURIComponent(compared.test)}/next?${query}`;
    return (await get(path, "application/json", signal)).json();
}

/**
 * Put an annotation into a set that people write; one that was made before is changed.
 * @param {string} record
 * @param {{ set: string, sample: number, symbol: string, aux_note: string, tags: string[] }} mark
 * @param {{ id: string, version: number } | null} before
 * @returns {Promise<{ id: string, version: number }>}
 */
export async function putAnswer(record, mark, before) {
    const path = `${pathOf(record)}/annotations${before ? `/${encodeURIComponent(before.id)}` : ""}`;
    const { set, ...fields } = mark;
    const body = before ? { ...fields, version: before.version, deleted: false } : { ...fields, set };
    let response;
    try {
        response = await fetch(path, {
            method: before ? "PUT" : "POST",
            headers: { "Content-Type": "application/json", Accept: "application/json" },
            body: JSON.stringify(body),
        });
    } catch {
        throw new RequestFailed(0, NET.noAnswer);
    }
    const said = await response.json().catch(() => ({}));
    if (!response.ok) throw new RequestFailed(response.status, String(said["detail"] ?? response.statusText));
    return { id: String(said["id"]), version: Number(said["version"]) };
}

/** An answer that was put down. @typedef {{ id: string, version: number, symbol: string, tags: string[] }} Answer */

/**
 * Return the answers in a set that people write.
 * @param {string} record
 * @param {string} set
 * @param {AbortSignal} signal
 * @returns {Promise<Answer[]>}
 */
export async function fetchAnswers(record, set, signal) {
    const query = queryOf({ set, limit: MOST_ANSWERS });
    const said = await (await get(`${pathOf(record)}/annotations?${query}`, "application/json", signal)).json();
    // One of the same name that came with the record holds no answers.
    const written = said.sets.filter((/** @type {{ read_only: boolean }} */ { read_only }) => read_only === false);
    return written.flatMap((/** @type {{ annotations: Answer[] }} */ { annotations }) => annotations);
}

/** @param {Compared} compared */
const choiceOf = ({ threshold, cells }) => ({
    ...(threshold === null ? {} : { threshold }),
    ...(cells.length ? { cells: cells.join(",") } : {}),
});

/** @param {Record<string, string | number>} said */
const queryOf = (said) => new URLSearchParams(Object.entries(said).map(([name, value]) => [name, String(value)])).toString();
