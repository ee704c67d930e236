// Runs of missing samples of several leads, as one list. Runs are [start, stop), sorted.

/** @typedef {{ start: number, stop: number }} Run */
/** @typedef {readonly (readonly [number, number])[]} Runs */

/**
 * Return the runs in which every one of the leads is missing.
 * @param {Runs[]} byLead
 * @returns {Run[]}
 */
export function commonGaps(byLead) {
    /** @type {Run[]} */
    let common = (byLead[0] ?? []).map(([start, stop]) => ({ start, stop }));
    for (const runs of byLead.slice(1)) {
        /** @type {Run[]} */
        const both = [];
        let i = 0;
        for (const run of common) {
            while (i < runs.length && runs[i][1] <= run.start) i++;
            for (let j = i; j < runs.length && runs[j][0] < run.stop; j++) {
                both.push({ start: Math.max(run.start, runs[j][0]), stop: Math.min(run.stop, runs[j][1]) });
            }
        }
        common = both;
    }
    return common;
}

/**
 * Return the runs in which at least one of the leads is missing.
 * @param {Runs[]} byLead
 * @returns {Run[]}
 */
export function anyGaps(byLead) {
    const all = byLead.flat().sort((a, b) => a[0] - b[0]);
    /** @type {Run[]} */
    const merged = [];
    for (const [start, stop] of all) {
        const last = merged.at(-1);
        if (last && start <= last.stop) last.stop = Math.max(last.stop, stop);
        else merged.push({ start, stop });
    }
    return merged;
}
