// What is said of statements that came with a recording.

export const STATEMENTS = Object.freeze({
    title: (/** @type {number} */ count) => (count === 1 ? "1 statement" : `${count} statements`),
    whose: (/** @type {string} */ set) => `${set}: as it came with the record, not checked here`,
});
