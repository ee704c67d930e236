// The keyboard: one table for what the keys do and for the help that tells of them.

/**
 * @typedef {"playPause" | "back" | "on" | "backFar" | "onFar" | "backWindow" | "onWindow" | "start" | "end"
 *   | "slower" | "faster" | "realPace" | "higher" | "lower" | "wider" | "narrower" | "mode" | "motion"
 *   | "leads" | "card" | "fullScreen" | "theme" | "help" | "stay" | "follow" | "whole" | "sheet" | "filter"} Action
 */

/** @typedef {{ action: Action, keys: string[], shift?: boolean, words: string, shown: string[] }} Binding */

/** @type {Binding[]} */
export const BINDINGS = [
    { action: "playPause", keys: [" ", "k"], shown: ["Space"], words: "Play, pause" },
    { action: "back", keys: ["ArrowLeft"], shown: ["\u2190"], words: "Back by 1 s" },
    { action: "on", keys: ["ArrowRight"], shown: ["\u2192"], words: "On by 1 s" },
    { action: "backFar", keys: ["ArrowLeft"], shift: true, shown: ["Shift", "\u2190"], words: "Back by 10 s" },
    { action: "onFar", keys: ["ArrowRight"], shift: true, shown: ["Shift", "\u2192"], words: "On by 10 s" },
    { action: "backWindow", keys: ["PageUp"], shown: ["Page Up"], words: "Back by one window" },
    { action: "onWindow", keys: ["PageDown"], shown: ["Page Down"], words: "On by one window" },
    { action: "start", keys: ["Home"], shown: ["Home"], words: "Start of the record" },
    { action: "end", keys: ["End"], shown: ["End"], words: "End of the record" },
    { action: "slower", keys: ["["], shown: ["["], words: "Slower, down to 0.1\u00d7" },
    { action: "faster", keys: ["]"], shown: ["]"], words: "Faster, up to 32\u00d7" },
    { action: "realPace", keys: ["0"], shown: ["0"], words: "Real pace, 1\u00d7" },
    { action: "higher", keys: ["ArrowUp"], shown: ["\u2191"], words: "More mm/mV" },
    { action: "lower", keys: ["ArrowDown"], shown: ["\u2193"], words: "Fewer mm/mV" },
    { action: "narrower", keys: ["+", "="], shown: ["+"], words: "Shorter window, or more mm/s" },
    { action: "wider", keys: ["-"], shown: ["\u2212"], words: "Longer window, or fewer mm/s" },
    { action: "whole", keys: ["w"], shown: ["W"], words: "The whole record" },
    { action: "stay", keys: ["s"], shown: ["S"], words: "Stay here while it plays on: arrows, wheel and drag move the paper" },
    { action: "follow", keys: ["Escape", "."], shown: ["Esc"], words: "Back to what is played" },
    { action: "sheet", keys: ["y"], shown: ["Y"], words: "Choose the layout" },
    { action: "filter", keys: ["i"], shown: ["I"], words: "Choose a filter" },
    { action: "mode", keys: ["c"], shown: ["C"], words: "Calibrated paper, or fit to the window" },
    { action: "motion", keys: ["m"], shown: ["M"], words: "Sweep, or scroll" },
    { action: "leads", keys: ["l"], shown: ["L"], words: "Choose leads" },
    { action: "card", keys: ["b"], shown: ["B"], words: "Measure the screen with a bank card" },
    { action: "fullScreen", keys: ["f"], shown: ["F"], words: "Full screen" },
    { action: "theme", keys: ["t"], shown: ["T"], words: "Dark, or light" },
    { action: "help", keys: ["?", "h"], shown: ["?"], words: "This help" },
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
