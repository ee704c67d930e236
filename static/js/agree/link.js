// A comparison of two sets as a part of an address, and back. Pure.

/**
 * `threshold` null: every mark of the test counts; `cells`, such as `N/V`: none chosen = all that differ.
 * @typedef {{ reference: string, test: string, threshold: number | null, cells: string[] }} Compared
 */

/** What a cell may be: a class of the reference, one of the test; O: no beat there, X: none, in a shutdown; *: any beat. */
const CELL = /^[NSVFQOX*]\/[NSVFQOX*]$/;

/** The cells of beats that are missed or made up, whatever they are called. */
export const DETECTION = Object.freeze(["*/O", "*/X", "O/*", "X/*"]);

/** @param {string[]} cells */
export const isDetection = (cells) => cells.join() === DETECTION.join();

/** Whether a cell is one of those chosen. @param {string[]} cells @param {string} cell */
export const isChosen = (cells, cell) => {
    const [reference, test] = cell.split("/");
    return cells.some((one) => one === cell || (one.startsWith("*") ? one === `*/${test}` : one.endsWith("*") && one === `${reference}/*`));
};

/**
 * Return whether a test tells no classes apart: then every beat would be an error of class.
 * @param {number[][]} counts reference in rows, test in columns
 * @param {string[]} classes
 */
export function tellsNone(counts, classes) {
    const beats = classes.map((name, i) => (name === "O" || name === "X" ? -1 : i)).filter((i) => i >= 0);
    const said = beats.filter((column) => counts.some((row) => row[column] > 0));
    const had = beats.filter((row) => counts[row].some((count) => count > 0));
    return said.length === 1 && (had.length > 1 || had[0] !== said[0]);
}

/**
 * Return what `atr,my%2Cset,0.4,N/V.O/N` says; null where that is no comparison.
 * @param {string} text
 * @returns {Compared | null}
 */
export function readCompared(text) {
    const [reference, test, threshold = "", cells = ""] = text.split(",").map(decoded);
    if (!reference || !test) return null;
    const said = threshold === "" ? NaN : Number(threshold);
    return {
        reference,
        test,
        threshold: Number.isFinite(said) ? said : null,
        cells: cells.split(".").filter((cell) => CELL.test(cell)),
    };
}

/** @param {Compared} compared */
export function writeCompared({ reference, test, threshold, cells }) {
    const parts = [reference, test, threshold === null ? "" : String(threshold), cells.join(".")];
    while (parts.at(-1) === "") parts.pop();
    return parts.map((part) => encodeURIComponent(part).replaceAll("%2F", "/")).join(",");
}

/** @param {string} part */
function decoded(part) {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}
