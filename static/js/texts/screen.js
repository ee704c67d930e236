// The measure of the screen, by a bank card.

export const SCREEN = Object.freeze({
    millimetres: (/** @type {string} */ mm) => `${mm} mm`,
    upright: "upright against the glass and make the outline as wide as its short side",
    lengthwise: "against the glass and make the outline as wide as the card",
    how: (/** @type {string} */ how, /** @type {string} */ side) => `${how}: ${side}`,
    pixels: (/** @type {string} */ px) => `${px} pixels in a millimetre`,
});
