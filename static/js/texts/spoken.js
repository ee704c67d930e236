// What is said of the picture to those who cannot look at it.

export const SPOKEN = Object.freeze({
    /** @type {(of: { record: string, leads: string, span: string, rate: string, gaps: string, state: string }) => string} */
    sight: ({ record, leads, span, rate, gaps, state }) => `${record}: ${leads}. ${span}. ${rate}. ${gaps}. ${state}.`,
    oneLead: (/** @type {string} */ lead) => `lead ${lead}`,
    leads: (/** @type {string} */ leads) => `leads ${leads}`,
    noLeads: "no lead",
    span: (/** @type {string} */ from, /** @type {string} */ to, /** @type {string} */ span) => `${from} to ${to}, ${span} in sight`,
    rate: (/** @type {string} */ rate) => `Sampled at ${rate}`,
    noGaps: "No gaps in sight",
    gaps: (/** @type {number} */ count, /** @type {string} */ time) =>
        `${count === 1 ? "1 gap" : `${count} gaps`} in sight, ${time} in all`,
    gapsUnknown: "Gaps in sight are not known",
    /** Beside the condition: the person looks at another place than what is played. */
    elsewhere: (/** @type {string} */ condition) => `${condition}, looking elsewhere than at what is played`,
});
