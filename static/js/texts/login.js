// Coming and going.

export const LOGIN = Object.freeze({
    show: "Show",
    hide: "Hide",
    stillIn: "Still logged in: try again",
    noAnswer: "The server does not answer. Is it running? Try again.",
    notValid: "This token is not valid: mistyped, revoked, or for another server.",
    tooMany: (/** @type {string} */ when) => `Too many tries. ${when}`,
    waitALittle: "Wait a little, then try again.",
    waitSeconds: (/** @type {number} */ seconds) => `Try again in ${seconds} s.`,
    notFromHere: "The server refuses logins from this address. Open it by the name it was set up for.",
    notNeeded: "This server needs no login.",
    failed: (/** @type {number} */ status) => `The server could not log you in (status ${status}). Try again.`,
});
