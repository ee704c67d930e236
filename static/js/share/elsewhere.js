// The same place on other pages: compared, and on the sheet of the whole record. Pure.

import { writeComparison } from "../compare/address.js";
import { writeAddress } from "../disclosure/address.js";

/**
 * @typedef {{
 *   record: string, leads: string[], start: number, stop: number, fs: number, shown: number, mmPerMv: number,
 * }} Here `start`, `stop`: the samples in sight; `shown`: where it is played
 */

/**
 * Return the address of what is in sight beside what is played, or beside what came before it where that is in sight.
 * @param {Here} here
 */
export function comparisonOf({ record, leads, start, stop, fs, shown, mmPerMv }) {
    const span = stop - start;
    const played = Math.max(0, Math.floor(shown - span));
    const apart = shown < start || played >= stop;
    const other = apart ? played : start > 0 ? Math.max(0, start - span) : stop;
    const side = { record, leads: leads.join(",") };
    return `/compare${writeComparison({
        one: { ...side, start }, other: { ...side, start: other }, spanS: span / fs, gain: mmPerMv, locked: true,
    })}`;
}

/** Return the address of its line among all of them. @param {Here} here */
export const disclosureOf = ({ record, leads, start }) =>
    `/disclosure${writeAddress({ record, lead: leads[0] ?? "", at: start, minutes: 1, mmPerMv: null })}`;
