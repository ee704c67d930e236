// Lowest and highest of columns of samples, and what follows of them for a lead that is made of others.

import { scaleOf } from "../signal/calibration.js";
import { isPlain } from "../signal/channels.js";
import { upperBound } from "../signal/sorted.js";

/**
 * Column k holds samples [edges[k], edges[k + 1]): `low`, `high` as stored, NaN where nothing is there.
 * @typedef {{ edges: ArrayLike<number>, low: Float64Array, high: Float64Array }} Envelope
 */

/**
 * Return the envelope of a channel. Of one made of two leads these are bounds: it lies within them, and
 * need not reach them, for the two leads need not be highest at once.
 * @param {import("../signal/channels.js").Channel} channel
 * @param {import("../wire/events.js").LeadInfo[]} leads
 * @param {Envelope[]} envelopes of `leads`, on the same edges
 * @returns {Envelope}
 */
export function envelopeOf(channel, leads, envelopes) {
    const { terms } = channel;
    if (isPlain(channel)) return envelopes[terms[0].lead];
    const { edges } = envelopes[terms[0].lead];
    const low = new Float64Array(edges.length - 1);
    const high = new Float64Array(edges.length - 1);
    for (const { lead, factor } of terms) {
        const { slope, offset } = scaleOf(leads[lead]);
        const by = factor * slope;
        const from = envelopes[lead];
        for (let k = 0; k < low.length; k++) {
            const [one, two] = [by * from.low[k], by * from.high[k]];
            low[k] += Math.min(one, two) + factor * offset;
            high[k] += Math.max(one, two) + factor * offset;
        }
    }
    return { edges, low, high };
}

/**
 * Return the columns of `envelope` that touch samples [from, to).
 * @param {Envelope} envelope
 * @param {number} from
 * @param {number} to
 * @returns {Envelope}
 */
export function cut({ edges, low, high }, from, to) {
    const first = Math.max(0, upperBound(edges, from) - 1);
    let last = first;
    while (last + 1 < edges.length && edges[last] < to) last++;
    const some = edges instanceof Float64Array ? edges.subarray(first, last + 1) : Array.from(edges).slice(first, last + 1);
    return { edges: some, low: low.subarray(first, last), high: high.subarray(first, last) };
}
