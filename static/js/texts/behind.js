// What the counter says that tells how far one looks from what is played.

export const BEHIND = Object.freeze({
    behind: (/** @type {string} */ span, /** @type {boolean} */ playing) =>
        `${span} behind ${playing ? "the playhead" : "where it paused"}`,
    ahead: (/** @type {string} */ span, /** @type {boolean} */ playing) =>
        `${span} ahead of ${playing ? "the playhead" : "where it paused"}`,
});
