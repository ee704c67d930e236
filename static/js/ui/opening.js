// What the viewer begins with: the record of the address, the leads and the place that it asks for, and
// what of it cannot be shown.

import { fetchRecord, RequestFailed } from "../net/api.js";
import { toLogin } from "../session.js";
import { lengthAt } from "../signal/lengths.js";
import { VIEWER } from "../texts/viewer.js";
import { leadsFor } from "../view/sheets.js";
import { readLeads, strayParts } from "./link.js";

/** How often it is asked for a record that is not there. */
const AGAIN_MS = 5000;

/** @typedef {{ name: string, unit: string | null, gain: number, baseline: number, kind: string, fs: number }} RecordLead */
/**
 * @typedef {{
 *   record: string, patient: string, leads: RecordLead[], fs: number, length: number,
 *   version?: string, start_time: number | null, zone: string | null, dates_shifted?: boolean, fs_source: string, source?: string | null,
 *   gaps?: Record<string, [number, number][] | null>,
 * }} RecordInfo
 */
/** @typedef {import("../messages.js").Status} Status */
/** @typedef {{ title: string, text: string, login: boolean }} Refusal */
/**
 * `chosen`: the leads asked for, or those of the layout; `fitting`: those of them that have the rate of the
 * first; `absent`: names that the record has not; `sample`: where it begins.
 * @typedef {{ chosen: string[], fitting: string[], absent: string[], sample: number, notices: string[] }} Opening
 */

/**
 * Return the record of the address; null where it cannot be had, and `refuse` was told why.
 * @param {string} record
 * @param {(refusal: Refusal) => void} refuse
 * @returns {Promise<RecordInfo | null>}
 */
export async function loadRecord(record, refuse) {
    if (!record) {
        refuse({ title: VIEWER.noRecord, text: VIEWER.chooseOne, login: false });
        return null;
    }
    try {
        return /** @type {RecordInfo} */ (await fetchRecord(record));
    } catch (error) {
        if (!(error instanceof RequestFailed)) throw error;
        const { status, message } = error;
        if (status === 401) toLogin();
        if (status === 404) beginWhenThere(record);
        const [title, text] = status === 404 ? [VIEWER.noSuchRecord, VIEWER.gone(record)] : [VIEWER.notShown, message];
        refuse({ title, text, login: status === 401 });
        return null;
    }
}

/** Begin once the record is there: its files may be on their way. @param {string} record */
function beginWhenThere(record) {
    setTimeout(() => {
        if (document.hidden) return beginWhenThere(record);
        fetchRecord(record).then(() => location.reload(), () => beginWhenThere(record));
    }, AGAIN_MS);
}

/**
 * Return the status of a viewer that shows nothing, and will not by itself.
 * @param {number} speed
 * @param {Refusal} refusal
 * @returns {Status}
 */
export const refusedStatus = (speed, refusal) => ({
    say: "status", condition: "offline", age: 0, silence: 0, lag: 0, delay: 0, playing: false, held: null,
    ended: false, up: false, boot: "", shown: 0, at: 0, oldest: null, seeks: 0, aim: null, stop: 0, length: 0, fs: 0, speed,
    startTime: null, zone: null, shifted: false, leads: [], trouble: { ...refusal, retryIn: null },
});

/**
 * @param {RecordInfo} info
 * @param {{ leads: string, at: number }} link
 * @param {import("../view/sheets.js").SheetName} sheet
 * @returns {Opening}
 */
export function openingOf(info, link, sheet) {
    const { found, unknown } = readLeads(link.leads, info.leads.map((lead) => lead.name));
    const chosen = found.length ? found : (leadsFor(sheet, info.leads, info.fs) ?? []);
    /** @param {string} name */
    const rateOf = (name) => info.leads.find((lead) => lead.name === name)?.fs;
    const rate = chosen.length ? rateOf(chosen[0]) : undefined;
    const fitting = chosen.filter((name) => rateOf(name) === rate);
    const length = lengthAt(info, rate ?? info.fs);
    const beyond = link.at > length;
    const notices = [
        ...(beyond ? [VIEWER.beyond(link.at, length)] : []),
        ...(unknown.length ? [VIEWER.absent(unknown.join(", "))] : []),
        ...(fitting.length < chosen.length ? [VIEWER.mixedRates] : []),
    ];
    return { chosen, fitting, absent: unknown, sample: beyond ? 0 : link.at, notices };
}

/** Return what is told of parts of an address that mean nothing. @param {string} search */
export function strayNotices(search) {
    const stray = strayParts(search);
    return stray.length ? [VIEWER.stray(stray.join(", "))] : [];
}
