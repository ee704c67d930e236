// What a person reads of the line to the server, in one place for translation.

/** @param {number} bytesPerS in the units in which lines are sold: `256 kbit/s`, `1.2 Mbit/s` */
const rateOf = (bytesPerS) => {
    const kbit = (bytesPerS * 8) / 1000;
    if (kbit >= 1000) return `${Number((kbit / 1000).toPrecision(2))} Mbit/s`;
    return `${Number(kbit.toPrecision(kbit < 100 ? 2 : 3))} kbit/s`;
};

export const LINE = Object.freeze({
    ahead: "Ahead",
    aheadTitle: "Seconds of signal at hand beyond what is drawn",
    /** @param {number} seconds of signal */
    depth: (seconds) => `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`,
    /** Nothing is played, so nothing has to be ahead. */
    none: "\u2013",
    region: "Fewer leads for this line",
    /** @param {import("../net/thrift.js").Offer} offer */
    what: ({ rate, needed, of }) =>
        `The line brings ${rateOf(rate)}, these ${of} leads need ${rateOf(needed)}` +
        (rate < 0.95 * needed ? ": the replay has to wait for it." : ": nothing is left for what gets lost."),
    /** @param {import("../net/thrift.js").Offer} offer */
    keep: ({ keep, fits }) =>
        fits
            ? `${keep.length === 1 ? "This lead fits" : `These ${keep.length} leads fit`}, with every sample: ${keep.join(", ")}.`
            : `Even one lead is more than that at this replay speed. Least to wait for: ${keep.join(", ")}, with every sample.`,
    /** @param {import("../net/thrift.js").Offer} offer */
    take: ({ keep }) => (keep.length === 1 ? `Show ${keep[0]} alone` : `Show these ${keep.length}`),
    later: "Keep all",
    back: "All leads come back under Leads (L).",
});
