// The one loop that all filtering is: a section over an array, in place.

/** @typedef {import("./design.js").Section} Section */

/**
 * Run `sections` over `values` in place, from the state in `states` (two numbers a section, transposed
 * direct form II), which is left where it ended.
 * @param {Section[]} sections
 * @param {Float64Array} values
 * @param {Float64Array} states
 */
export function run(sections, values, states) {
    // A section at a time: its five numbers stay in registers.
    for (let s = 0; s < sections.length; s++) {
        const { b0, b1, b2, a1, a2 } = sections[s];
        let z1 = states[2 * s];
        let z2 = states[2 * s + 1];
        for (let i = 0; i < values.length; i++) {
            const x = values[i];
            const y = b0 * x + z1;
            z1 = b1 * x - a1 * y + z2;
            z2 = b2 * x - a2 * y;
            values[i] = y;
        }
        states[2 * s] = z1;
        states[2 * s + 1] = z2;
    }
}
