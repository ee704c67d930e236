// What the full-disclosure page says.

import { positionWords, timeWords } from "../ui/words.js";
import { UNITS } from "./units.js";

/** @param {number} n @param {number} digits */
const plain = (n, digits) => String(Number(n.toPrecision(digits)));
/** @param {number} n */
const signed = (n) => `${n > 0 ? "+" : ""}${plain(n, 3)}`;
/** @param {number} n @param {string} noun */
const counted = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
/** @param {number} seconds */
const elapsed = (seconds) => positionWords(seconds);

/**
 * When something was, on the recording's own clock.
 * @param {{ start_time: number | null, zone: string | null, dates_shifted?: boolean }} record
 * @param {number} seconds from the start of the record
 * @returns {{ clock: string, zone: string }} `zone` empty where the time of day itself is not known
 */
function clockOf({ start_time: startTime, zone, dates_shifted: shifted = false }, seconds) {
    const said = timeWords(startTime, zone, seconds, shifted);
    if (startTime === null) return { clock: said, zone: "" };
    const where = UNITS.where(zone, shifted);
    return { clock: said.slice(0, said.lastIndexOf(where)).replace(/[\s,(]+$/, ""), zone: where };
}

export const DISCLOSURE = Object.freeze({
    elapsed,
    clockOf,
    title: (/** @type {string} */ patient, /** @type {string} */ record) =>
        `Full disclosure \u00b7 ${patient} \u00b7 ${record} \u00b7 ecgstream`,
    minutes: (/** @type {number} */ minutes) => `${minutes} min`,
    gain: (/** @type {number} */ mmPerMv) => `${mmPerMv} mm/mV`,
    moment: (/** @type {number} */ seconds) => positionWords(seconds, true),
    tick: (/** @type {number} */ seconds) => `${seconds} s`,
    /** The value that stands where 0 mV of other leads does. @param {number} mv */
    base: (mv) => `${signed(mv)} mV`,
    loading: "Loading\u2026",
    again: "Try again",
    notLoaded: (/** @type {string} */ why) => `Not loaded: ${why}`,
    failed: (/** @type {number} */ lines, /** @type {string} */ why) =>
        `${counted(lines, "line")} could not be loaded: ${why}.`,
    offline: "This device is offline",
    from: "You came from here",
    backTo: (/** @type {number} */ seconds) => `Back to ${positionWords(seconds, true)}`,
    backToViewer: "Back to the viewer",
    noLead: "It has no lead.",
    everySample: "Every sample",
    envelope: (/** @type {number} */ samples) => `Envelope: lowest and highest of ${samples} samples a column`,
    pace: (/** @type {number} */ minutes, /** @type {number} */ mmPerS, /** @type {boolean} */ measured) =>
        `${minutes} min a line, ${plain(mmPerS, 2)} mm/s${measured ? "" : " (screen not calibrated)"}`,
    length: (/** @type {number} */ seconds, /** @type {number} */ lines) => `${elapsed(seconds)}, ${counted(lines, "line")}`,
    noSource: "not stated",
    leadOption: (/** @type {string} */ name, /** @type {string} */ kind, /** @type {number} */ fs) =>
        kind === "ecg" ? name : `${name} (${kind || "kind unknown"}, ${plain(fs, 4)} Hz)`,
    /** What stands on a line, for those who cannot see it. */
    line: (/** @type {string} */ lead, /** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ holes) =>
        `Lead ${lead}, ${elapsed(from)} to ${elapsed(to)}${holes}`,
    holes: (/** @type {number} */ count, /** @type {number} */ seconds) =>
        count ? `, ${counted(count, "gap")}, ${plain(seconds, 3)} s without signal` : "",
    grid: (/** @type {string} */ lead, /** @type {number} */ minutes) =>
        `Full disclosure of lead ${lead}, ${minutes} min a line`,
    place: (/** @type {number} */ seconds, /** @type {string} */ clock, /** @type {string} */ zone) =>
        `${positionWords(seconds, true)} \u00b7 ${clock}${zone ? ` (${zone})` : ""}`,
    noRecord: { title: "No record was asked for", text: "Choose one from the list." },
    unknownRecord: (/** @type {string} */ record) => ({
        title: "There is no such record",
        text: `${record} is not here, or you may not see it.`,
    }),
    cannot: (/** @type {string} */ why) => ({ title: "The record cannot be shown", text: why }),
    unknownLead: (/** @type {string} */ wanted, /** @type {string} */ shown) =>
        `There is no lead ${wanted} in this record: ${shown} is shown.`,
    beyondEnd: (/** @type {number} */ at, /** @type {number} */ seconds) =>
        `at=${at} is beyond the end of the record: held at ${positionWords(seconds, true)}`,
    noTime: "Write a time from the start of the record as h:mm:ss, mm:ss or seconds.",
    beyond: (/** @type {number} */ seconds) => `The record is ${elapsed(seconds)} long.`,
    keys: Object.freeze([
        [["\u2190", "\u2192"], "a second back, on"],
        [["Shift \u2190", "Shift \u2192"], "a tenth of a second back, on"],
        [["\u2191", "\u2193"], "a line up, down"],
        [["Page Up", "Page Down"], "a window of lines up, down"],
        [["Home", "End"], "to the start, the end of the record"],
        [["Enter"], "open the viewer at the cursor"],
        [["G"], "go to a time"],
        [["O"], "back to where you came from"],
        [["R"], "try again what could not be loaded"],
        [["P"], "print"],
        [["?"], "this list"],
    ]),
});

export const PRINT = Object.freeze({
    perPage: (/** @type {number} */ lines) => `${lines} lines`,
    plan: (/** @type {number} */ lines, /** @type {number} */ pages, /** @type {number} */ from, /** @type {number} */ to) =>
        `${counted(lines, "line")}, ${elapsed(from)} to ${elapsed(to)}, on ${counted(pages, "page")}.`,
    tooMany: (/** @type {number} */ lines, /** @type {number} */ most) =>
        `${counted(lines, "line")} are too many for one print: at most ${counted(most, "line")}. Print the record in parts.`,
    order: "The end lies before the start.",
    bad: "Write both times as h:mm:ss from the start of the record.",
    drawn: (/** @type {number} */ done, /** @type {number} */ of) => `Line ${done} of ${of}`,
    ready: (/** @type {number} */ pages) => `${counted(pages, "page")} ready to print.`,
    failed: (/** @type {string} */ why) => `Nothing is printed: a line could not be loaded (${why}).`,
    start: "Print",
    again: "Print again",
    page: (/** @type {number} */ page, /** @type {number} */ of) => `Page ${page} of ${of}`,
    who: (/** @type {string} */ patient) => `Patient ${patient}`,
    what: (/** @type {string} */ record, /** @type {string} */ lead) => `Record ${record} \u00b7 Full disclosure, lead ${lead}`,
    span: (/** @type {number} */ from, /** @type {number} */ to) => `${elapsed(from)} to ${elapsed(to)}`,
    pace: (/** @type {number} */ minutes, /** @type {number} */ mmPerS) => `${minutes} min a line, ${plain(mmPerS, 3)} mm/s`,
    gain: (/** @type {number} */ mmPerMv) => `${plain(mmPerMv, 3)} mm/mV`,
    noGain: "no mV scale",
    base: (/** @type {number} */ mv) => `base line ${signed(mv)} mV`,
    stored: "As stored, no filter",
    source: (/** @type {string} */ source) => `Source ${source}`,
    purpose: "Not for diagnosis. ecgstream is not a medical device, not an alarm system. Scales hold when printed at 100 %.",
    nothing: "Nothing was prepared for printing. Close this and use the Print button of the page: it asks from where to where.",
});
