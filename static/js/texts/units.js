// Quantities and how they are written, for all pages.

/** Of what these texts are: the `lang` of the pages, and how numbers are grouped. */
export const LANGUAGE = "en";

export const UNITS = Object.freeze({
    unknown: "unknown",
    seconds: (/** @type {string} */ s) => `${s} s`,
    minutes: (/** @type {string} */ min) => `${min} min`,
    hours: (/** @type {string} */ h) => `${h} h`,
    days: (/** @type {string} */ days) => `${days} days`,
    minutesSeconds: (/** @type {string} */ min, /** @type {string} */ s) => `${min} min ${s} s`,
    hoursMinutes: (/** @type {string} */ h, /** @type {string} */ min) => `${h} h ${min} min`,
    hoursMinutesSeconds: (/** @type {string} */ h, /** @type {string} */ min, /** @type {string} */ s) =>
        `${h} h ${min} min ${s} s`,
    hertz: (/** @type {string} */ hz) => `${hz} Hz`,
    oneSampleIn: (/** @type {string} */ s) => `1 sample in ${s} s`,
    range: (/** @type {string} */ low, /** @type {string} */ high) => `${low} to ${high}`,
    unitUnknown: "unit unknown, NOT CALIBRATED",
    zoneUnknown: "zone unknown",
    datesShifted: "dates shifted",
    /** What a time of day is of: the zone, and whether its dates were moved to hide whose they are. */
    where: (/** @type {string | null} */ zone, /** @type {boolean} */ shifted) =>
        (zone ?? "zone unknown") + (shifted ? ", dates shifted" : ""),
    /** A time of day as the recording says it, and where that is. */
    inZone: (/** @type {string} */ time, /** @type {string} */ zone) => `${time} (${zone})`,
    afterEpoch: (/** @type {string} */ s) => `${s} s after 1970`,
});
