// A comparison of two sets as a part of an address, and back. Pure.

/**
 * `threshold` null: every mark of the test counts; `cells`, such as `N/V`: none chosen = all that differ.
 * @typedef {{ reference: string, test: string, threshold: number | null, cells: string[] }} Compared
 */

/** What a cell may be: a class of the reference, one of the test; O: no beat there, X: none, in a shutdown. */
const CELL = /^[NSVFQOX]\/[NSVFQOX]$/;

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
