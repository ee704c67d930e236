// What WFDB's annotation symbols stand for.

/** @type {Readonly<Record<string, string>>} */
export const SYMBOLS = Object.freeze({
    N: "Normal beat",
    L: "Left bundle branch block beat",
    R: "Right bundle branch block beat",
    a: "Aberrated atrial premature beat",
    V: "Premature ventricular contraction",
    F: "Fusion of ventricular and normal beat",
    J: "Nodal (junctional) premature beat",
    A: "Atrial premature beat",
    S: "Supraventricular premature or ectopic beat",
    E: "Ventricular escape beat",
    j: "Nodal (junctional) escape beat",
    "/": "Paced beat",
    Q: "Unclassifiable beat",
    "~": "Change in signal quality",
    "|": "Isolated QRS-like artifact",
    s: "ST change",
    T: "T-wave change",
    "*": "Systole",
    D: "Diastole",
    '"': "Comment",
    "=": "Measurement",
    p: "Peak of P-wave",
    B: "Bundle branch block beat (unspecified)",
    "^": "Non-captured pacemaker artifact",
    t: "Peak of T-wave",
    "+": "Rhythm change",
    u: "Peak of U-wave",
    "?": "Beat not classified during learning",
    "!": "Ventricular flutter wave",
    "[": "Start of ventricular flutter or fibrillation",
    "]": "End of ventricular flutter or fibrillation",
    e: "Atrial escape beat",
    n: "Supraventricular escape beat",
    "@": "Link to external data",
    x: "Non-conducted P-wave (blocked APB)",
    f: "Fusion of paced and normal beat",
    "(": "Waveform onset",
    ")": "Waveform end",
    r: "R-on-T premature ventricular contraction",
});

/** Rhythms are written `(AFIB`. @param {string} note */
export const rhythmName = (note) => note.replace(/^\(/, "");

/**
 * Return what a mark is, in words.
 * @param {{ symbol: string, note: string }} mark
 */
export function markWords({ symbol, note }) {
    const what = SYMBOLS[symbol] ?? symbol;
    return note ? `${what} ${symbol === "+" ? rhythmName(note) : note}` : what;
}
