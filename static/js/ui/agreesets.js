// Which two sets are compared: the lists to choose them from, and what there is not.

import { ADJUDICATED } from "../agree/answer.js";
import { isBeat } from "../signal/marks.js";
import { AGREEMENT } from "../texts/agreement.js";

/** @typedef {import("../signal/marks.js").MarkSet} MarkSet */

/** Whether answers are put into a set: one of that name that nobody can write in is one like others. @param {MarkSet} set */
export const takesAnswers = ({ name, readOnly }) => name === ADJUDICATED && readOnly === false;

/**
 * Return those that may be compared of all sets of a record.
 * @param {string[]} names
 * @param {MarkSet[]} sets what the detector finds is not among them
 */
export function withBeats(names, sets) {
    return names.filter((name) => {
        const set = sets.find((one) => one.name === name);
        return set === undefined ? name !== ADJUDICATED : !takesAnswers(set) && set.symbols.some(isBeat);
    });
}

/**
 * Say why sets that are wished for cannot be compared; empty = they can.
 * @param {string[]} wished
 * @param {string[]} names those that can be compared
 * @param {string[]} all of the record
 * @param {boolean} compared whether they were a moment ago
 */
export function whyNot(wished, names, all, compared) {
    return [...new Set(wished)]
        .filter((name) => !names.includes(name))
        .map((name) => (all.includes(name) ? AGREEMENT.noBeats(name) : compared ? AGREEMENT.gone(name) : AGREEMENT.noSet(name)))
        .join(" ");
}

/**
 * Offer sets to choose from; nothing is chosen in place of what is not there.
 * @param {HTMLSelectElement} select
 * @param {string[]} names
 * @param {string} chosen
 */
export function offerSets(select, names, chosen) {
    select.replaceChildren(
        ...names.map((name) => {
            const option = document.createElement("option");
            option.value = name;
            option.textContent = name;
            return option;
        }),
    );
    select.value = chosen;
}
