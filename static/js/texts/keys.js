// What the keys of the viewer do, and what stands on them.

/** @type {Readonly<Record<import("../ui/keys.js").Action, string>>} */
export const KEYS = Object.freeze({
    playPause: "Play, pause",
    back: "Back by 1 s",
    on: "On by 1 s",
    backFar: "Back by 10 s",
    onFar: "On by 10 s",
    backWindow: "Back by one window",
    onWindow: "On by one window",
    start: "Start of the record",
    end: "End of the record",
    slower: "Slower, down to 0.1\u00d7",
    faster: "Faster, up to 32\u00d7",
    realPace: "Real pace, 1\u00d7",
    higher: "More mm/mV",
    lower: "Fewer mm/mV",
    narrower: "Shorter window, or more mm/s",
    wider: "Longer window, or fewer mm/s",
    whole: "The whole record",
    stay: "Stay here while it plays on: arrows, wheel and drag move the paper",
    follow: "Back to what is played",
    sheet: "Choose the layout",
    filter: "Choose a filter",
    mode: "Calibrated paper, or fit to the window",
    motion: "Sweep, or scroll",
    leads: "Choose leads",
    card: "Measure the screen with a bank card",
    fullScreen: "Full screen",
    theme: "Dark, or light",
    help: "This help",
});

/** What is written on a key that is no character. */
export const CAPS = Object.freeze({
    space: "Space",
    shift: "Shift",
    pageUp: "Page Up",
    pageDown: "Page Down",
    home: "Home",
    end: "End",
    escape: "Esc",
});
