// @ts-check
/**
 * Numbers to the words of the records page. Nothing is rounded to something it is not:
 * what the source does not say is said to be unknown.
 *
 * @typedef {import("./model.js").RecordItem} RecordItem
 * @typedef {import("./model.js").Lead} Lead
 * @typedef {import("./model.js").Details} Details
 */

import { RECORDS } from "../texts/records.js";
import { LANGUAGE, UNITS } from "../texts/units.js";

const MINUTE = 60;
const HOUR = 3600;

/** @param {number} value @param {number} digits significant ones @returns {string} without idle zeros */
function plain(value, digits) {
    return String(Number(value.toPrecision(digits)));
}

/** @param {number} n */
function two(n) {
    return String(n).padStart(2, "0");
}

/**
 * @param {number} seconds
 * @returns {string} `12.5 s`, `30 min 05 s`, `1 h 12 min 25 s`; whole seconds from a minute on
 */
export function duration(seconds) {
    if (!Number.isFinite(seconds) || seconds < 0) return UNITS.unknown;
    // Decided on what is shown: 59.96 s is a minute, not "60 s".
    const tenths = Math.round(seconds * 10) / 10;
    if (tenths < MINUTE) return UNITS.seconds(plain(seconds < 1 ? seconds : tenths, 3));
    const whole = Math.round(seconds);
    const s = whole % MINUTE;
    const min = Math.floor(whole / MINUTE) % 60;
    const h = Math.floor(whole / HOUR);
    return h ? UNITS.hoursMinutesSeconds(String(h), two(min), two(s)) : UNITS.minutesSeconds(String(min), two(s));
}

/** @param {number} seconds @returns {string} a position in a record: `0:00:03` */
export function position(seconds) {
    const whole = Math.floor(seconds);
    return `${Math.floor(whole / HOUR)}:${two(Math.floor(whole / MINUTE) % 60)}:${two(whole % 60)}`;
}

/**
 * @param {number} fs in Hz
 * @returns {string} `360 Hz`; below 1 Hz how long it is between samples
 */
export function rate(fs) {
    if (!(fs > 0) || !Number.isFinite(fs)) return RECORDS.rateUnknown;
    return fs < 1 ? UNITS.oneSampleIn(plain(1 / fs, 6)) : UNITS.hertz(plain(fs, 7));
}

/**
 * What has to be said about where a rate comes from.
 * @param {string} source `fs_source`
 * @returns {string | null} null: the recording itself says so, nothing to add
 */
export function rateRemark(source) {
    if (/^inferred\b/i.test(source) || /^default\b/i.test(source)) return source;
    return null;
}

/**
 * The wall clock at the start, as the recording says it: never moved to the zone of this browser.
 * @param {number | null} seconds since 1970-01-01T00:00 in `zone`; also negative, also year 2704
 * @param {string | null} zone
 * @param {boolean} [shifted] its dates were moved
 */
export function startTime(seconds, zone, shifted = false) {
    if (seconds === null) return shifted ? UNITS.inZone(RECORDS.notStated, UNITS.datesShifted) : RECORDS.notStated;
    const where = UNITS.where(zone, shifted);
    const date = new Date(Math.round(seconds * 1000));
    // A Date ends in the year 275760; the number itself is then all that can be said.
    if (Number.isNaN(date.getTime())) return UNITS.inZone(UNITS.afterEpoch(String(seconds)), where);
    const ms = date.getUTCMilliseconds();
    const day = `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
    const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
    return UNITS.inZone(`${day} ${time}${ms ? `.${String(ms).padStart(3, "0")}` : ""}`, where);
}

/** @param {string | null} unit */
export function unitText(unit) {
    return unit ?? UNITS.unitUnknown;
}

/**
 * @param {readonly Lead[]} leads
 * @returns {string} the unit of all of them; several, as they come
 */
export function units(leads) {
    return [...new Set(leads.map((lead) => unitText(lead.unit)))].join(", ");
}

/** @param {number} share 0 to 1 @returns {string} never "0 %" for something, nor "100 %" for less */
export function percent(share) {
    const value = share * 100;
    if (value > 0 && value < 0.1) return RECORDS.underTenth;
    if (value < 100 && value > 99.9) return RECORDS.overMost;
    return RECORDS.percent(plain(value, value < 10 ? 2 : 3));
}

/** @param {number} n @param {keyof typeof RECORDS.nouns} noun */
export function counted(n, noun) {
    const [one, more] = RECORDS.nouns[noun];
    return RECORDS.counted(n.toLocaleString(LANGUAGE), n === 1 ? one : more);
}

/**
 * The holes of a record, leads with the same holes named together.
 * @param {RecordItem} record
 * @param {Details} details
 * @returns {string} `none`, or `38 in II, V (4.2 % missing)`
 */
export function gapSummary(record, details) {
    /** @type {Map<string, string[]>} */
    const groups = new Map();
    for (const { name } of record.leads) {
        const runs = details.gaps[name];
        const missing = details.quality[name]?.missing ?? 0;
        if (runs?.length === 0) continue;
        const said = runs ? `${counted(runs.length, "gap")}|${RECORDS.missing(percent(missing))}` : `${RECORDS.cannotBeRead}|`;
        groups.set(said, [...(groups.get(said) ?? []), name]);
    }
    if (!groups.size) return RECORDS.none;
    return [...groups]
        .map(([said, names]) => {
            const [count, share] = said.split("|");
            const which = names.length === record.leads.length && names.length > 1 ? RECORDS.everyLead : names.join(", ");
            return share ? RECORDS.gapsIn(count, which, share) : RECORDS.unreadableIn(which, count);
        })
        .join("; ");
}

/**
 * How many records there are.
 * @param {number} records
 * @param {number | null} patients null: not all records were looked at
 */
export function total(records, patients) {
    if (patients === null) return counted(records, "record");
    return RECORDS.total(counted(records, "record"), counted(patients, "patient"));
}
