// What leads are, and what can be done with each.

/** @type {Record<string, string>} */
const kinds = {
    ecg: "ECG",
    abp: "arterial pressure, not an ECG",
    pleth: "plethysmogram, not an ECG",
    resp: "respiration, not an ECG",
    numeric: "numbers, not a signal",
};

export const LEADS = Object.freeze({
    kinds,
    kindUnknown: "kind unknown",
    unitUnknown: "unit unknown, NOT CALIBRATED",
    otherKind: (/** @type {string} */ kind) => `${kind}, not an ECG`,
    oneIn: (/** @type {string} */ seconds) => `1 in ${seconds} s`,
    gainOf: (/** @type {string} */ lead) => `${lead}: times the gain`,
    invert: "Invert",
    invertLead: (/** @type {string} */ lead) => `Invert ${lead}`,
});
