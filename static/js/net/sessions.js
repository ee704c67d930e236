// Recorded sessions on the server (docs/sessions.md).

import { NET } from "../texts/net.js";
import { fromWire, toWire } from "../sessions/standing.js";
import { get, RequestFailed, wordsOf } from "./api.js";

/** @typedef {import("../sessions/log.js").Event} Event */
/** @typedef {import("../sessions/keeper.js").Batch} Batch */
/**
 * `started` in seconds since 1970. `recording`: it goes on; `other_samples`: what is stored now is not what was seen.
 * @typedef {{
 *   session: string, record: string, title: string, author: string, started: number, lasted_ms: number, events: number,
 *   bytes: number, recording: boolean, ended: boolean, other_samples: boolean, mine: boolean,
 * }} Session
 */

const PATH = "/api/v1/sessions";

/** @param {string} id */
export const pathOf = (id) => `${PATH}/${encodeURIComponent(id)}`;

/**
 * @param {"POST" | "PUT" | "DELETE"} method
 * @param {string} path
 * @param {unknown} body
 * @param {RequestInit} [how]
 */
async function send(method, path, body, how = {}) {
    let response;
    try {
        const said = body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
        response = await fetch(path, { method, ...said, ...how });
    } catch {
        throw new RequestFailed(0, NET.noAnswer);
    }
    if (!response.ok) throw new RequestFailed(response.status, await wordsOf(response));
    return response.status === 204 ? null : response.json();
}

/**
 * @param {string} record
 * @param {string | null} cursor
 * @returns {Promise<{ sessions: Session[], next: string | null }>}
 */
export async function fetchSessions(record, cursor = null) {
    const more = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    return (await get(`${PATH}?record=${encodeURIComponent(record)}${more}`, "application/json", undefined)).json();
}

/** @param {string} id @returns {Promise<Session>} */
export const fetchSession = async (id) => (await get(pathOf(id), "application/json", undefined)).json();

/** @param {string} session a new UUID @param {string} record @param {string} title @returns {Promise<Session>} */
export const beginSession = (session, record, title) => send("POST", PATH, { session, record, title });

/** @param {string} id @param {string} title @returns {Promise<Session>} */
export const nameSession = (id, title) => send("PUT", pathOf(id), { title });

/** @param {string} id */
export const deleteSession = (id) => send("DELETE", pathOf(id), undefined);

/**
 * @param {string} id
 * @param {Batch} batch
 * @returns {Promise<number>} how many events are kept
 */
export async function keepEvents(id, { after, until, ended, events, last = false }) {
    const body = { events: events.map(toWire), until, ended };
    // A page that goes away is not waited for.
    const kept = await send("POST", `${pathOf(id)}/events?after=${after}`, body, last ? { keepalive: true } : {});
    return kept.events;
}

/**
 * Fetch a log from event number `after` on.
 * @param {string} id
 * @param {number} [after]
 * @returns {Promise<Event[]>}
 */
export async function fetchLog(id, after = 0) {
    const response = await get(`${pathOf(id)}/log?after=${after}`, "application/x-ndjson", undefined);
    const lines = (await response.text()).split("\n").filter((line) => line !== "");
    // The first line says which session it is.
    return lines.slice(1).map((line) => fromWire(JSON.parse(line)));
}
