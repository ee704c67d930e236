// The screen: its measure, by a bank card, and its theme.

export const SCREEN = Object.freeze({
    millimetres: (/** @type {string} */ mm) => `${mm} mm`,
    upright: "upright against the glass and make the outline as wide as its short side",
    lengthwise: "against the glass and make the outline as wide as the card",
    how: (/** @type {string} */ how, /** @type {string} */ side) => `${how}: ${side}`,
    pixels: (/** @type {string} */ px) => `${px} pixels in a millimetre`,
    /** @type {Readonly<Record<"dark" | "light", string>>} */
    switchTo: Object.freeze({ dark: "Switch to the dark theme", light: "Switch to the light theme" }),
});
