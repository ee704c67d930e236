// What the labels of the picture say. Pure: numbers in, words out. What is not known is said to be so.

import { UNITS } from "../texts/units.js";
import { FACTS, STATES, VIEWER } from "../texts/viewer.js";

/** @typedef {import("../view/geometry.js").Display} Display */
/** @typedef {import("../view/geometry.js").Scale} Scale */
/** @typedef {import("../messages.js").Status} Status */

/** @param {number} n */
const two = (n) => String(n).padStart(2, "0");

/** @param {number} n @param {number} digits significant ones, idle zeros left out */
const plain = (n, digits) => String(Number(n.toPrecision(digits)));

/**
 * A place in a record or a length of one: `0:00:03`, with tenths `0:00:03.2`.
 * @param {number} seconds
 * @param {boolean} tenths
 */
export function positionWords(seconds, tenths = false) {
    const units = Math.floor(Math.max(0, seconds) * (tenths ? 10 : 1) + 1e-6);
    const whole = Math.floor(units / (tenths ? 10 : 1));
    const clock = `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
    return tenths ? `${clock}.${units % 10}` : clock;
}

/**
 * The moment at which the picture stands, in seconds from the start of the record: the same for every
 * clock of the page, and moving between two samples of a slow signal too.
 * @param {number} sample the first one not on the screen, with a fraction
 * @param {number} fs
 */
export const momentOf = (sample, fs) => Math.max(0, sample) / fs;

/**
 * When a sample was taken, by the recording's own clock: never moved to the zone of this browser.
 * @param {number | null} startTime seconds since 1970-01-01T00:00 in `zone`
 * @param {string | null} zone
 * @param {number} seconds from the start of the record
 * @param {boolean} [shifted] its dates were moved, and are no dates to go by
 */
export function timeWords(startTime, zone, seconds, shifted = false) {
    if (startTime === null) return shifted ? `${FACTS.timeUnknown}, ${UNITS.datesShifted}` : FACTS.timeUnknown;
    const where = UNITS.where(zone, shifted);
    const date = new Date(Math.floor((startTime + seconds) * 10) * 100);
    if (Number.isNaN(date.getTime())) return FACTS.afterEpoch(Math.round(startTime + seconds), where);
    const day = `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
    const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
    return UNITS.inZone(`${day} ${time}`, where);
}

/** @param {number} seconds a stretch of signal: `15 s`, `2 min`, `1.5 h` */
export function spanWords(seconds) {
    if (seconds < 119.5) return UNITS.seconds(plain(seconds, seconds < 10 ? 2 : 3));
    if (seconds < 7170) return UNITS.minutes(plain(seconds / 60, 3));
    return UNITS.hours(plain(seconds / 3600, 3));
}

/** @param {number} speed */
export const replayWords = (speed) => FACTS.replay(plain(speed, 3));

/**
 * @param {Display} display
 * @param {Scale} scale
 */
export function speedWords(display, scale) {
    if (display.mode === "fit") {
        return FACTS.fitted(VIEWER.mmPerS(plain(scale.mmPerS, 3)), spanWords(scale.windowS));
    }
    const speed = VIEWER.mmPerS(display.mmPerS);
    return display.measured ? speed : FACTS.screenUnknown(speed);
}

/**
 * @param {Display} display
 * @param {boolean} volts whether a lead in mV is shown at all
 * @param {string[]} [unknown] the ECG leads whose unit nobody says
 */
export function gainWords(display, volts, unknown = []) {
    if (!unknown.length) return volts ? gainOf(display) : FACTS.noScale;
    const said = volts ? FACTS.uncalibratedLeads(gainOf(display), unknown.join(", ")) : FACTS.uncalibrated;
    // One alone has nothing to be compared with.
    return volts || unknown.length > 1 ? FACTS.ownScales(said) : said;
}

/** @param {Display} display */
function gainOf(display) {
    const gain = VIEWER.mmPerMv(display.mmPerMv);
    if (display.measured) return gain;
    return display.mode === "fit" ? FACTS.notCalibrated(gain) : FACTS.screenUnknown(gain);
}

/** Samples that must fit a window for it to hold a line wherever it stands. */
const LINE = 2;

/**
 * Why calibrated paper shows nothing of a slow signal; empty where it shows something.
 * @param {Display} display
 * @param {number} windowS seconds that the paper has room for
 * @param {number} fs
 */
export function sparseWords(display, windowS, fs) {
    if (display.mode !== "calibrated" || windowS * fs >= LINE) return "";
    return FACTS.sparse(VIEWER.mmPerS(display.mmPerS), spanWords(windowS), rateWords(fs, ""));
}

/**
 * What stands on paper on which nothing can be yet, empty where something is: the picture is of what was played.
 * @param {{ condition: string, shown: number, fs: number }} status
 * @param {boolean} looking whether one looks elsewhere
 */
export const unplayedWords = ({ condition, shown, fs }, looking) =>
    condition === "paused" && fs > 0 && shown <= 0 && !looking ? FACTS.unplayed : "";

/**
 * What a large box of the paper stands for.
 * @param {import("../view/geometry.js").Grid} grid
 * @param {Display} display
 * @param {boolean} volts
 */
export function boxWords(grid, display, volts) {
    const wide = spanWords(grid.majorS);
    return volts ? FACTS.box(wide, plain(grid.majorMm / display.mmPerMv, 3)) : wide;
}

/**
 * The rate, and where it comes from where the recording does not say it.
 * @param {number} fs
 * @param {string} source `fs_source` of the record
 */
export function rateWords(fs, source) {
    const rate = fs < 1 ? UNITS.oneSampleIn(plain(1 / fs, 4)) : UNITS.hertz(plain(fs, 7));
    if (/^inferred\b/i.test(source)) return FACTS.inferred(rate);
    return /^default\b/i.test(source) ? FACTS.assumed(rate) : rate;
}

/**
 * A lead that is no voltage: its range fills the row. `low`, `high` in stored values.
 * @param {{ name: string, unit: string | null, gain: number, baseline: number, range: import("../signal/reach.js").Range | null }} lead
 */
export function rangeWords({ unit, gain, baseline, range }) {
    if (!range) return unit === null ? FACTS.unscaledUnknown : FACTS.unscaled(unit);
    const said = endsWords(range, gain, baseline);
    const words = unit === null ? FACTS.rangeUnknown(said) : FACTS.rangeIn(said, unit);
    return range.whole ? `${words}; ${FACTS.beyond(endsWords(range.whole, gain, baseline))}` : words;
}

/**
 * How far leads go whose row is that of their usual values, empty where none does.
 * @param {(Parameters<typeof rangeWords>[0] & { kind?: string })[]} leads
 */
export const farWords = (leads) =>
    leads
        .flatMap(({ name, gain, baseline, range }) => (range?.whole ? [FACTS.far(name, endsWords(range.whole, gain, baseline))] : []))
        .join("; ");

/** The range of a lead whose unit nobody says, where the page says that already. @param {Parameters<typeof rangeWords>[0]} lead */
export function unitsWords({ gain, baseline, range }) {
    return range ? FACTS.rangeIn(endsWords(range, gain, baseline), FACTS.units) : FACTS.units;
}

/** @param {{ low: number, high: number }} range @param {number} gain @param {number} baseline */
function endsWords({ low, high }, gain, baseline) {
    const ends = [low, high].map((value) => (value - baseline) / gain).sort((a, b) => a - b);
    return UNITS.range(plain(ends[0], 4), plain(ends[1], 4));
}

/**
 * Whether nothing is shown and nothing will be by itself: what was asked for was refused.
 * @param {Pick<Status, "condition" | "trouble">} status
 */
export const isRefused = ({ condition, trouble }) => condition === "offline" && trouble !== null && trouble.retryIn === null;

/**
 * The one word for how it stands, and what else is to be said.
 * @param {Status} status
 * @returns {{ word: string, detail: string }}
 */
export function conditionWords(status) {
    const { condition, age, trouble, held, silence } = status;
    switch (condition) {
        case "playing":
            return { word: STATES.playing, detail: "" };
        case "paused":
            return { word: STATES.paused, detail: "" };
        case "ended":
            return { word: STATES.ended, detail: STATES.endOfRecord };
        case "loading":
            return {
                word: age > 0 ? STATES.loadingFor(aged(age)) : STATES.loading,
                detail: trouble ? troubleWords(trouble) : held === "behind" ? STATES.slowLine : STATES.waiting,
            };
        case "stale":
            return {
                word: STATES.stale(aged(age)),
                detail: trouble ? troubleWords(trouble) : silence < 1 ? STATES.late : STATES.noWord,
            };
        default:
            // What will not come by itself was refused: the line may well be there.
            return {
                word: isRefused(status) ? STATES.refused : STATES.offline,
                detail: trouble ? troubleWords(trouble) : STATES.noConnection,
            };
    }
}

const aged = (/** @type {number} */ age) => (age < 100 ? age.toFixed(1) : String(Math.round(age)));

/** @param {NonNullable<Status["trouble"]>} trouble */
function troubleWords({ title, text, retryIn }) {
    const what = STATES.trouble(title, text);
    if (retryIn === null) return what;
    if (retryIn === Infinity) return STATES.tryingAgain(what, STATES.triesOn);
    // At 0 the attempt has begun, and hangs.
    return STATES.tryingAgain(what, retryIn > 0 ? STATES.nextAttempt(Math.ceil(retryIn)) : STATES.connecting);
}
