// What is said of the measuring panel before it is loaded, in English.

export const MEASURING = Object.freeze({
    unavailable: "The calipers could not be loaded: reload the page when the line is back.",
});
