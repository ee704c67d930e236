// What somebody decided of a disagreement, as the annotation that says so. Pure.

/** @typedef {import("../net/agreement.js").Disagreement} Disagreement */
/** @typedef {"reference" | "test" | "neither"} Choice */

/** The set that answers are put into. */
export const ADJUDICATED = "adjudicated";

/** WFDB's symbol for what looks like a beat and is none. */
const NO_BEAT = "|";

/** How the tag begins that says of which error it is: the chosen beat may lie elsewhere. */
const AT = "at:";

/** Return the sample of the error that an answer is of; null where it is none. @param {string[]} tags */
export function errorOf(tags) {
    const said = tags.find((tag) => tag.startsWith(AT));
    return said ? Number(said.slice(AT.length)) : null;
}

/**
 * Return the annotation of an answer: the chosen side's beat, or that there is none.
 * @param {Disagreement} found
 * @param {Choice} choice
 * @param {{ reference: string, test: string }} names
 * @returns {{ set: string, sample: number, symbol: string, aux_note: string, tags: string[] }}
 */
export function answerOf(found, choice, names) {
    const side = choice === "neither" ? null : found[choice];
    const who = choice === "neither" ? "neither" : names[choice];
    return {
        set: ADJUDICATED,
        // Where the chosen one has it; else where the other one saw something.
        sample: side?.sample ?? found.sample,
        symbol: side?.label ?? NO_BEAT,
        aux_note: `${who}: ${found.cell}, ${names.reference} against ${names.test}`,
        tags: [choice, found.cell, `${AT}${found.sample}`],
    };
}
