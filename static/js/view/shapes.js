// Which parts of a stretch are a line, and which are a shape: cut where nothing joins, left out at a rail,
// split where two reasons stand in one hole. Samples, half open.

/** @typedef {{ start: number, stop: number }} Span */

/**
 * Return the pieces of [from, to) that are drawn as a line each.
 * @param {number} from
 * @param {number} to
 * @param {readonly number[]} cuts samples that do not join the one before
 * @param {readonly Span[]} without left out, in order
 * @returns {Span[]}
 */
export function drawnIn(from, to, cuts, without) {
    /** @type {Span[]} */
    const pieces = [];
    let at = from;
    /** @param {number} stop */
    const upTo = (stop) => {
        for (const cut of cuts) {
            if (cut <= at || cut >= stop) continue;
            pieces.push({ start: at, stop: cut });
            at = cut;
        }
        if (stop > at) pieces.push({ start: at, stop });
    };
    for (const span of without) {
        if (span.stop <= at || span.start >= to) continue;
        upTo(span.start);
        at = Math.max(at, span.stop);
    }
    upTo(to);
    return pieces;
}

/**
 * Return a run of missing samples by its reasons; `missing` where nobody says more.
 * @param {Span} run
 * @param {readonly import("../signal/ring.js").Remark[]} remarks
 * @param {string} name of the lead
 * @returns {(Span & { reason: string })[]}
 */
export function segmentsOf(run, remarks, name) {
    const about = remarks.filter(
        ({ start, stop, leads, reason }) =>
            start < run.stop && stop > run.start && reason !== "missing" && (leads === null || leads.includes(name)),
    );
    if (!about.length) return [{ ...run, reason: "missing" }];
    const edges = new Set([run.start, run.stop]);
    for (const { start, stop } of about) {
        if (start > run.start) edges.add(start);
        if (stop < run.stop) edges.add(stop);
    }
    const sorted = [...edges].sort((a, b) => a - b);
    /** @type {(Span & { reason: string })[]} */
    const segments = [];
    for (let i = 1; i < sorted.length; i++) {
        const [start, stop] = [sorted[i - 1], sorted[i]];
        const reason = about.find((one) => one.start < stop && one.stop > start)?.reason ?? "missing";
        const last = segments.at(-1);
        if (last && last.reason === reason) last.stop = stop;
        else segments.push({ start, stop, reason });
    }
    return segments;
}
