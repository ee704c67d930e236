// What the keys do; the help that tells of them (ui/keyhelp.js) is loaded when it is wanted.

/** @typedef {keyof typeof import("../texts/keys.js").KEYS} Action */
/** @typedef {{ action: Action, keys: string[], shift?: boolean }} Binding */

/** In the order in which the help tells of them. @type {Binding[]} */
export const BINDINGS = [
    { action: "playPause", keys: [" ", "k"] },
    { action: "back", keys: ["ArrowLeft"] },
    { action: "on", keys: ["ArrowRight"] },
    { action: "backFar", keys: ["ArrowLeft"], shift: true },
    { action: "onFar", keys: ["ArrowRight"], shift: true },
    { action: "backWindow", keys: ["PageUp"] },
    { action: "onWindow", keys: ["PageDown"] },
    { action: "start", keys: ["Home"] },
    { action: "end", keys: ["End"] },
    { action: "goTo", keys: ["g"] },
    { action: "onMark", keys: ["n"] },
    { action: "backMark", keys: ["n"], shift: true },
    { action: "onGap", keys: ["j"] },
    { action: "backGap", keys: ["j"], shift: true },
    { action: "onFinding", keys: ["q"] },
    { action: "backFinding", keys: ["q"], shift: true },
    { action: "checks", keys: ["z"] },
    { action: "compareSets", keys: ["u"] },
    { action: "onError", keys: ["x"] },
    { action: "backError", keys: ["x"], shift: true },
    { action: "slower", keys: ["["] },
    { action: "faster", keys: ["]"] },
    { action: "realPace", keys: ["0"] },
    { action: "higher", keys: ["ArrowUp"] },
    { action: "lower", keys: ["ArrowDown"] },
    { action: "narrower", keys: ["+", "="] },
    { action: "wider", keys: ["-"] },
    { action: "whole", keys: ["w"] },
    { action: "stay", keys: ["s"] },
    { action: "follow", keys: ["Escape", "."] },
    { action: "sheet", keys: ["y"] },
    { action: "measure", keys: ["d"] },
    { action: "sessions", keys: ["o"] },
    { action: "annotate", keys: ["a"] },
    { action: "share", keys: ["e"] },
    { action: "filter", keys: ["i"] },
    { action: "mode", keys: ["c"] },
    { action: "motion", keys: ["m"] },
    { action: "leads", keys: ["l"] },
    { action: "rhythm", keys: ["r"] },
    { action: "marks", keys: ["v"] },
    { action: "card", keys: ["b"] },
    { action: "fullScreen", keys: ["f"] },
    { action: "theme", keys: ["t"] },
    { action: "help", keys: ["?", "h"] },
];

/**
 * Return whether a closed select that has the focus keeps the key: to step, or to find a value by typing.
 * @param {string} key
 */
export function ofSelect(key) {
    return key.startsWith("Arrow") || /^[\p{L}\p{N}]$/u.test(key);
}

/**
 * Return what a key does; null for nothing, and where the browser's own meaning goes first.
 * @param {{ key: string, shiftKey: boolean, ctrlKey: boolean, metaKey: boolean, altKey: boolean }} event
 * @returns {Action | null}
 */
export function actionFor({ key, shiftKey, ctrlKey, metaKey, altKey }) {
    if (ctrlKey || metaKey || altKey) return null;
    const typed = key.length === 1 ? key.toLowerCase() : key;
    const found = BINDINGS.filter((binding) => binding.keys.includes(typed));
    // Shift is a part of how some keys are typed; it tells two bindings apart only where there are two.
    const exact = found.find((binding) => Boolean(binding.shift) === shiftKey);
    return (exact ?? (found.length === 1 && !found[0].shift ? found[0] : null))?.action ?? null;
}
