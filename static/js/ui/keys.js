// The keyboard: one table for what the keys do and for the help that tells of them.

import { CAPS, KEYS, NOTE_KEYS } from "../texts/keys.js";

/**
 * @typedef {"playPause" | "back" | "on" | "backFar" | "onFar" | "backWindow" | "onWindow" | "start" | "end"
 *   | "slower" | "faster" | "realPace" | "higher" | "lower" | "wider" | "narrower" | "mode" | "motion"
 *   | "leads" | "marks" | "rhythm" | "card" | "fullScreen" | "theme" | "help" | "stay" | "follow" | "whole" | "sheet" | "filter" | "measure" | "annotate" | "share" | "sessions"
 *   | "goTo" | "backGap" | "onGap" | "backMark" | "onMark" | "backFinding" | "onFinding"
 *   | "compareSets" | "backError" | "onError" | "checks"} Action
 */

/** @typedef {{ action: Action, keys: string[], shift?: boolean, words: string, shown: string[] }} Binding */

/** @type {Binding[]} */
export const BINDINGS = [
    { action: "playPause", keys: [" ", "k"], shown: [CAPS.space], words: KEYS.playPause },
    { action: "back", keys: ["ArrowLeft"], shown: ["\u2190"], words: KEYS.back },
    { action: "on", keys: ["ArrowRight"], shown: ["\u2192"], words: KEYS.on },
    { action: "backFar", keys: ["ArrowLeft"], shift: true, shown: [CAPS.shift, "\u2190"], words: KEYS.backFar },
    { action: "onFar", keys: ["ArrowRight"], shift: true, shown: [CAPS.shift, "\u2192"], words: KEYS.onFar },
    { action: "backWindow", keys: ["PageUp"], shown: [CAPS.pageUp], words: KEYS.backWindow },
    { action: "onWindow", keys: ["PageDown"], shown: [CAPS.pageDown], words: KEYS.onWindow },
    { action: "start", keys: ["Home"], shown: [CAPS.home], words: KEYS.start },
    { action: "end", keys: ["End"], shown: [CAPS.end], words: KEYS.end },
    { action: "goTo", keys: ["g"], shown: ["G"], words: KEYS.goTo },
    { action: "onMark", keys: ["n"], shown: ["N"], words: KEYS.onMark },
    { action: "backMark", keys: ["n"], shift: true, shown: [CAPS.shift, "N"], words: KEYS.backMark },
    { action: "onGap", keys: ["j"], shown: ["J"], words: KEYS.onGap },
    { action: "backGap", keys: ["j"], shift: true, shown: [CAPS.shift, "J"], words: KEYS.backGap },
    { action: "onFinding", keys: ["q"], shown: ["Q"], words: KEYS.onFinding },
    { action: "backFinding", keys: ["q"], shift: true, shown: [CAPS.shift, "Q"], words: KEYS.backFinding },
    { action: "checks", keys: ["z"], shown: ["Z"], words: KEYS.checks },
    { action: "compareSets", keys: ["u"], shown: ["U"], words: KEYS.compareSets },
    { action: "onError", keys: ["x"], shown: ["X"], words: KEYS.onError },
    { action: "backError", keys: ["x"], shift: true, shown: [CAPS.shift, "X"], words: KEYS.backError },
    { action: "slower", keys: ["["], shown: ["["], words: KEYS.slower },
    { action: "faster", keys: ["]"], shown: ["]"], words: KEYS.faster },
    { action: "realPace", keys: ["0"], shown: ["0"], words: KEYS.realPace },
    { action: "higher", keys: ["ArrowUp"], shown: ["\u2191"], words: KEYS.higher },
    { action: "lower", keys: ["ArrowDown"], shown: ["\u2193"], words: KEYS.lower },
    { action: "narrower", keys: ["+", "="], shown: ["+"], words: KEYS.narrower },
    { action: "wider", keys: ["-"], shown: ["\u2212"], words: KEYS.wider },
    { action: "whole", keys: ["w"], shown: ["W"], words: KEYS.whole },
    { action: "stay", keys: ["s"], shown: ["S"], words: KEYS.stay },
    { action: "follow", keys: ["Escape", "."], shown: [CAPS.escape], words: KEYS.follow },
    { action: "sheet", keys: ["y"], shown: ["Y"], words: KEYS.sheet },
    { action: "measure", keys: ["d"], shown: ["D"], words: KEYS.measure },
    { action: "sessions", keys: ["o"], shown: ["O"], words: KEYS.sessions },
    { action: "annotate", keys: ["a"], shown: ["A"], words: KEYS.annotate },
    { action: "share", keys: ["e"], shown: ["E"], words: KEYS.share },
    { action: "filter", keys: ["i"], shown: ["I"], words: KEYS.filter },
    { action: "mode", keys: ["c"], shown: ["C"], words: KEYS.mode },
    { action: "motion", keys: ["m"], shown: ["M"], words: KEYS.motion },
    { action: "leads", keys: ["l"], shown: ["L"], words: KEYS.leads },
    { action: "rhythm", keys: ["r"], shown: ["R"], words: KEYS.rhythm },
    { action: "marks", keys: ["v"], shown: ["V"], words: KEYS.marks },
    { action: "card", keys: ["b"], shown: ["B"], words: KEYS.card },
    { action: "fullScreen", keys: ["f"], shown: ["F"], words: KEYS.fullScreen },
    { action: "theme", keys: ["t"], shown: ["T"], words: KEYS.theme },
    { action: "help", keys: ["?", "h"], shown: ["?"], words: KEYS.help },
];

/** Keys of the panel in which one annotates (ui/notekeys.js), for the help alone. @type {Pick<Binding, "words" | "shown">[]} */
export const WHILE_ANNOTATING = [
    { shown: ["V"], words: NOTE_KEYS.symbol },
    { shown: [CAPS.enter], words: NOTE_KEYS.place },
    { shown: ["\u2190", "\u2192"], words: NOTE_KEYS.move },
    { shown: ["<"], words: NOTE_KEYS.before },
    { shown: [">"], words: NOTE_KEYS.next },
    { shown: [CAPS.remove], words: NOTE_KEYS.remove },
    { shown: [CAPS.control, "Z"], words: NOTE_KEYS.undo },
    { shown: [CAPS.control, CAPS.shift, "Z"], words: NOTE_KEYS.redo },
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
