// What looking a whole record over has found: where each finding is, in the samples that are shown. Pure.

/**
 * A finding in `leads` (none: of the record), at `spans`: samples [start, stop) at `fs`; `left_out` counts spans that
 * are not told.
 * @typedef {{
 *   kind: string, level: Level, leads: string[], detail: string, fs: number, spans: [number, number][], left_out: number,
 * }} Check
 */
/** @typedef {"error" | "warning" | "hint"} Level */
/**
 * Figures of a lead; shares are of the record, from 0 to 1; null = not measured.
 * @typedef {{
 *   unit: string | null, kind: string, fs: number, fs_source: string, samples: number, missing: number, unreadable: number, flat: number,
 *   infinite: number, saturated: number, windows: number, size_mv: number | null, hum_mv: number | null, hum_hz: number | null,
 *   wander_mv: number | null,
 * }} LeadCheck
 */
/**
 * `windows`: which part of the record, from 0 to 1, all but the exact findings were looked for in.
 * @typedef {{
 *   checker: string, notice: string, level: Level | "clean", windows: number, seconds: number, fs: number,
 *   leads: Record<string, LeadCheck>, findings: Check[],
 * }} Checks
 */

/** What the leads shown are asked for by themselves: known to the sample, however often it is. */
const EXACT = new Set(["missing", "unreadable", "infinite", "flat", "saturated"]);

/**
 * Return the places of findings in the leads that are shown, but the exact ones.
 * @param {Checks | null} checks
 * @param {string[]} leads
 * @param {number} fs of what is shown
 */
export function checkedRuns(checks, leads, fs) {
    return (checks?.findings ?? [])
        .filter((one) => !EXACT.has(one.kind) && (!one.leads.length || one.leads.some((lead) => leads.includes(lead))))
        .flatMap((one) => spansAt(one, fs).map((span) => ({ ...span, lead: one.leads.join(", "), kind: one.kind, detail: one.detail })));
}

/**
 * Return the spans of a finding at another rate, none of them empty.
 * @param {Pick<Check, "spans" | "fs">} of
 * @param {number} fs
 */
export const spansAt = ({ spans, fs: of }, fs) =>
    spans.map(([start, stop]) => {
        const first = Math.floor((start * fs) / of);
        return { start: first, stop: Math.max(first + 1, Math.ceil((stop * fs) / of)) };
    });
