// What is said of a part of the page that is loaded when it is wanted, and does not come.

export const LATE = Object.freeze({
    missing: "This part of the page could not be loaded: reload the page when the line is back.",
});
