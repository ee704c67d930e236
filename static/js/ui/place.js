// A place in a record as a person types it, to a sample. Pure.

import { PLACE } from "../texts/place.js";
import { positionWords, timeWords } from "./words.js";

/** @typedef {"elapsed" | "clock" | "sample"} PlaceKind */
/** @typedef {{ fs: number, length: number, startTime: number | null, zone: string | null, shifted?: boolean }} Extent */
/** @typedef {{ sample: number } | { error: string }} Place */

const DAY_S = 86400;
const ELAPSED = /^(?:(?:(\d{1,4}):)?([0-5]?\d):)?(\d{1,8}(?:[.,]\d{1,9})?)$/;
const CLOCK = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:[.,]\d{1,9})?))?$/;
const ISO =
    /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d(?:[.,]\d{1,9})?))?(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * Return the sample that `text` names, or what is wrong with it. A date and time is understood whatever the kind.
 * @param {string} text
 * @param {PlaceKind} kind
 * @param {Extent} record
 * @param {number} from where one is: of a time that comes every day, the next one from there on
 * @returns {Place}
 */
export function readPlace(text, kind, record, from = 0) {
    const typed = text.trim();
    if (!typed) return { error: PLACE.empty };
    if (/^\d{4}-/.test(typed)) return readDate(typed, record);
    if (kind === "sample") return readSample(typed, record);
    if (kind === "clock") return readClock(typed, record, from);
    return readElapsed(typed, record);
}

/** @param {string} text @param {Extent} record @returns {Place} */
function readElapsed(text, { fs, length }) {
    const found = ELAPSED.exec(text);
    if (!found || (found[2] !== undefined && number(found[3]) >= 60)) return { error: PLACE.elapsed(text) };
    const sample = Math.round((number(found[1]) * 3600 + number(found[2]) * 60 + number(found[3])) * fs);
    return sample <= length ? { sample } : { error: PLACE.beyond(positionWords(length / fs)) };
}

/** @param {string} text @param {Extent} record @returns {Place} */
function readSample(text, { length }) {
    const plain = text.replace(/^#/, "");
    if (!/^\d{1,15}$/.test(plain)) return { error: PLACE.sample(text) };
    const sample = Number(plain);
    return sample < length ? { sample } : { error: PLACE.beyondSamples(Math.max(0, length - 1)) };
}

/** @param {string} text @param {Extent} record @param {number} from @returns {Place} */
function readClock(text, record, from) {
    const { startTime, fs } = record;
    if (startTime === null) return { error: PLACE.noClock };
    const found = CLOCK.exec(text);
    if (!found) return { error: PLACE.clock(text) };
    const time = number(found[1]) * 3600 + number(found[2]) * 60 + number(found[3]);
    const midnight = Math.floor(startTime / DAY_S) * DAY_S;
    const here = startTime + from / fs;
    const first = midnight + time + Math.ceil(Math.max(0, here - midnight - time) / DAY_S) * DAY_S;
    // Of days that have it all behind this place, the last.
    for (let at = first; at >= midnight; at -= DAY_S) {
        const place = atTime(at, record);
        if ("sample" in place) return place;
    }
    return outside(record);
}

/** @param {string} text @param {Extent} record @returns {Place} */
function readDate(text, record) {
    const { startTime, zone } = record;
    if (startTime === null) return { error: PLACE.noClock };
    const found = ISO.exec(text);
    if (!found) return { error: PLACE.date(text) };
    const [year, month, day, hour, minute] = found.slice(1, 6).map(Number);
    const seconds = number(found[6]);
    const at = Date.UTC(year, month - 1, day, hour, minute) / 1000;
    const date = new Date(at * 1000);
    if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || seconds >= 60) {
        return { error: PLACE.date(text) };
    }
    if (!found[7]) return atTime(at + seconds, record);
    if (zone === null) return { error: PLACE.noZone };
    const ahead = offsetOf(zone, startTime);
    if (ahead === null) return { error: PLACE.badZone(zone) };
    return atTime(at + seconds - offset(found[7]) + ahead, record);
}

/** @param {number} time on the record's own clock @param {Extent} record @returns {Place} */
function atTime(time, record) {
    const sample = Math.round((time - /** @type {number} */ (record.startTime)) * record.fs);
    return sample >= 0 && sample <= record.length ? { sample } : outside(record);
}

/** @param {Extent} record @returns {{ error: string }} */
function outside({ startTime, zone, shifted, fs, length }) {
    return { error: PLACE.outside(timeWords(startTime, zone, 0, shifted), timeWords(startTime, zone, length / fs, shifted)) };
}

/** Seconds ahead of UTC: of `Z`, `+02:00`, `-0530`. @param {string} zone */
function offset(zone) {
    const found = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
    if (!found) return 0;
    return (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 3600 + Number(found[3]) * 60);
}

/**
 * Return how many seconds a zone is ahead of UTC when its clocks say `local`; null for one that is not known. The
 * clock of a recording goes on from its start: a change of summer time does not set it.
 * @param {string} zone `UTC`, an offset or an IANA name
 * @param {number} local seconds since 1970-01-01T00:00 of that zone
 */
export function offsetOf(zone, local) {
    if (zone === "UTC" || zone === "Z") return 0;
    if (/^[+-]\d\d:?\d\d$/.test(zone)) return offset(zone);
    try {
        let ahead = 0;
        // From what the clocks say to what UTC is: twice, for the first guess may lie behind a change.
        for (let i = 0; i < 2; i++) ahead = aheadAt(zone, local - ahead);
        return ahead;
    } catch (error) {
        if (error instanceof RangeError) return null;
        throw error;
    }
}

/** @param {string} zone @param {number} utc seconds @returns {number} */
function aheadAt(zone, utc) {
    const whole = Math.floor(utc);
    const format = new Intl.DateTimeFormat("en-u-hc-h23", {
        timeZone: zone, year: "numeric", month: "numeric", day: "numeric",
        hour: "numeric", minute: "numeric", second: "numeric",
    });
    /** @type {Record<string, number>} */
    const said = {};
    for (const { type, value } of format.formatToParts(new Date(whole * 1000))) said[type] = Number(value);
    const { year, month, day, hour, minute, second } = said;
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - whole;
}

/** @param {string | undefined} text with a point or a comma */
const number = (text) => (text === undefined ? 0 : Number(text.replace(",", ".")));
