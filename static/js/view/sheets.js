// The layouts of a page of ECG: which lead stands in which row, and over which part of its length.
//
// Time runs on from cell to cell, as on paper: of a page of 10 s the second column of a 3x4 shows the
// seconds from 2.5 on. A rhythm strip runs along the whole page.

import { asStored, channelFor, storedAs } from "../signal/channels.js";
import { DERIVED } from "../signal/names.js";

/** @typedef {import("../signal/channels.js").Channel} Channel */
/** @typedef {import("../signal/channels.js").Stored} Stored */

/** @typedef {"rows" | "rhythm1" | "rhythm2" | "rhythm3" | "3x4+1R" | "3x4+3R" | "6x2" | "12x1" | "cabrera"} SheetName */

/**
 * A place on the page: of its row the parts [from, to), 0 to 1. `channel` is an index, null where the
 * record has no such lead and nothing it follows from.
 * @typedef {{ name: string, channel: number | null, row: number, from: number, to: number }} Cell
 * @typedef {{ channels: Channel[], cells: Cell[], rows: number }} Plan
 */

const LIMBS = [["I", "aVR"], ["II", "aVL"], ["III", "aVF"]];
const CHEST = [["V1", "V4"], ["V2", "V5"], ["V3", "V6"]];
const THREE_BY_FOUR = LIMBS.map((limbs, i) => [...limbs, ...CHEST[i]]);

/** Leads for rhythm strips, the most wanted first. */
const RHYTHM = ["II", "V1", "V5"];

/** @type {Readonly<Record<Exclude<SheetName, "rows" | "rhythm1" | "rhythm2" | "rhythm3">, string[][]>>} */
const SHEETS = {
    "3x4+1R": [...THREE_BY_FOUR, ["II"]],
    "3x4+3R": [...THREE_BY_FOUR, ["II"], ["V1"], ["V5"]],
    "6x2": [["I", "V1"], ["II", "V2"], ["III", "V3"], ["aVR", "V4"], ["aVL", "V5"], ["aVF", "V6"]],
    "12x1": ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"].map((name) => [name]),
    // The limb leads by the angle from which they look at the heart (Cabrera 1944).
    cabrera: [["aVL", "V1"], ["I", "V2"], ["-aVR", "V3"], ["II", "V4"], ["aVF", "V5"], ["III", "V6"]],
};

/** @type {readonly SheetName[]} */
export const SHEET_NAMES = ["rows", "rhythm1", "rhythm2", "rhythm3", "3x4+1R", "3x4+3R", "6x2", "12x1", "cabrera"];

/** @param {unknown} name @returns {name is SheetName} */
export const isSheet = (name) => SHEET_NAMES.includes(/** @type {SheetName} */ (name));

/** Whether rows are cut into columns: then the paper stands, and the pen moves. @param {SheetName} sheet */
export const hasColumns = (sheet) => sheet.startsWith("3x4") || sheet === "6x2" || sheet === "cabrera";

/** Seconds of a page in columns: 2.5 s of each lead, as an electrocardiograph prints it. */
export const PAGE_S = 10;

/**
 * Return the names of each row of a sheet.
 * @param {SheetName} sheet
 * @param {Stored[]} leads
 * @returns {string[][] | null} null = the leads as they are
 */
function rowsOf(sheet, leads) {
    if (sheet === "rows") return null;
    if (!sheet.startsWith("rhythm")) return SHEETS[/** @type {keyof typeof SHEETS} */ (sheet)];
    const wanted = Number(sheet.slice(-1));
    const found = RHYTHM.filter((name) => channelFor(name, leads));
    return found.length ? found.slice(0, wanted).map((name) => [name]) : null;
}

/**
 * Return where everything stands. A sheet that the leads have nothing for is that of the leads as they are.
 * @param {SheetName} sheet
 * @param {Stored[]} leads at hand
 * @returns {Plan}
 */
export function planOf(sheet, leads) {
    const rows = rowsOf(sheet, leads);
    /** @type {Plan} */
    const plan = { channels: [], cells: [], rows: rows?.length ?? Math.max(1, leads.length) };
    if (!rows) {
        leads.forEach((lead, i) => {
            plan.channels.push(asStored(lead, i));
            plan.cells.push({ name: lead.name, channel: i, row: i, from: 0, to: 1 });
        });
        return plan;
    }
    rows.forEach((names, row) => {
        names.forEach((name, column) => {
            const channel = channelFor(name, leads);
            plan.cells.push({
                name,
                channel: channel ? plan.channels.push(channel) - 1 : null,
                row,
                from: column / names.length,
                to: (column + 1) / names.length,
            });
        });
    });
    return plan;
}

/**
 * Return the leads of a record that a sheet is drawn from, by name and in the record's order; null where
 * it takes whatever is shown.
 * @param {SheetName} sheet
 * @param {(Stored & { fs: number })[]} known
 * @param {number} fs
 * @returns {string[] | null}
 */
export function leadsFor(sheet, known, fs) {
    const fitting = known.filter((lead) => lead.fs === fs);
    const rows = rowsOf(sheet, fitting);
    if (!rows) return null;
    const wanted = new Set();
    for (const name of rows.flat()) {
        const bare = name.replace(/^-/, "");
        const stored = storedAs(bare, fitting);
        if (stored >= 0) wanted.add(fitting[stored].name);
        else if (DERIVED[bare]) {
            for (const source of ["I", "II"]) {
                const at = storedAs(source, fitting);
                if (at >= 0) wanted.add(fitting[at].name);
            }
        }
    }
    return wanted.size ? fitting.filter((lead) => wanted.has(lead.name)).map((lead) => lead.name) : null;
}
