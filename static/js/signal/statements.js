// What a device or a reader said of a whole recording: comments that stand at its first sample. Pure.

/** @typedef {import("./marks.js").MarkSet} MarkSet */

/**
 * Return such a set in two: its statements in words, and the marks that are left. Sets of models, and those that people write
 * into, stay whole.
 * @param {MarkSet} set
 * @returns {{ said: string[], set: MarkSet }}
 */
export function apart(set) {
    const { sample, symbol, note, chan, symbols, notes, score, readOnly } = set;
    let first = 0;
    while (sample[first] === 0) first++;
    const words = [...symbol.subarray(0, first)].map((one, i) => (symbols[one] === '"' ? notes[note[i]] : ""));
    if (score || readOnly === false || !words.some(Boolean)) return { said: [], set };
    /** @template {Int32Array | Float64Array} A @param {A} of @returns {A} */
    const those = (of) => /** @type {A} */ (of.filter((_, i) => !words[i]));
    return {
        // Some say it of each lead again.
        said: [...new Set(words.filter(Boolean))],
        set: { ...set, sample: those(sample), symbol: those(symbol), note: those(note), chan: those(chan) },
    };
}
