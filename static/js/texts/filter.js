// The words of the filters.

export const FILTER = Object.freeze({
    nothing: "no filter",
    /** @param {string} low @param {string} high in Hz */
    band: (low, high) => `${low}-${high} Hz`,
    kinds: Object.freeze({ highPass: "high pass", lowPass: "low pass", notch: "notch" }),
    /** @param {string} hz @param {string} kind */
    one: (hz, kind) => `${hz} Hz ${kind}`,
    manners: Object.freeze({ zeroPhase: "zero phase", causal: "causal: delayed" }),
    /** @param {string[]} what @param {string} fs in Hz */
    leftOut: (what, fs) => `${what.join(", ")} left out at ${fs} Hz`,
    st: "ST not reliable",
    failed: "the thread that filters failed",
    closed: "the filter was closed",
    names: Object.freeze({
        none: "None",
        diagnostic: "Diagnostic, 0.05-150 Hz",
        monitor: "Monitor, 0.5-40 Hz",
    }),
    /** @param {number | null} hz */
    notch: (hz) => (hz === null ? "No notch" : `${hz} Hz notch`),
});
