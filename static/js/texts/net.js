// The line to the server, and what the server refuses.

/** @typedef {readonly [title: string, text: string]} Said */

/** Why a socket closed, by its code (protocol, section 4). @type {Readonly<Record<number, Said>>} */
const closings = Object.freeze({
    1000: ["The server closed the connection", "It has nothing more to say. Reload the page to begin again."],
    1001: ["The server is going away", "It is being stopped or restarted."],
    1006: ["No connection to the server", "The line is broken, or the server is not running."],
    1009: ["The server refused a message as too big", "This is a fault of this page."],
    1011: ["The server failed", "It is a fault on its side."],
    1012: ["The server is restarting", "It will be back in a moment."],
    4400: ["The server could not read a message", "This is a fault of this page, or too many commands at once."],
    4401: ["You are not logged in", "The session ended, or its token was withdrawn. Log in to go on."],
    4403: ["You may not see this", "Your access does not cover it."],
    4408: ["The connection was too slow", "The server cut it off because nothing was taken for too long."],
    4409: ["This page and the server do not fit together", "They speak no common version. Reload the page."],
    4429: ["The server takes nobody in now", "It has too many viewers, too many from here, or is late."],
});

/** What the server could not do, by the code of its error. @type {Readonly<Record<string, string>>} */
const refusals = Object.freeze({
    not_found: "There is no such record",
    lead_not_found: "The record has no such lead",
    out_of_range: "The record has no such place",
    bad_field: "These leads cannot be shown together",
    limit: "The server has no room for another picture",
    rate_limited: "Too many commands at once",
    unavailable: "The data cannot be had at the moment",
    corrupt: "The data is damaged",
    internal: "The server failed",
});

/** What is said of a part of the page that is loaded when it is wanted, and does not come. */
export const MISSING = "This part of the page could not be loaded: reload the page when the line is back.";

export const NET = Object.freeze({
    closings,
    closed: "The connection was closed",
    closedWith: (/** @type {number} */ code) => `The server gave the code ${code}.`,
    refusals,
    refused: "This cannot be shown",
    mayComeBack: "It was taken away while it was looked at. Should it come back, it is shown again.",
    replacing: "The record was replaced by a newer version",
    noFit: "This page and the server do not fit together",
    reload: "Reload the page.",
    withDetail: (/** @type {string} */ text, /** @type {string} */ detail) => `${text} (${detail})`,
    connectingAgain: (/** @type {string} */ detail) => `Connecting again: ${detail}`,
    brokenOff: "the answer broke off",
    noAnswer: "the server does not answer",
    noAnswerYet: "no answer",
    noWord: "no word from the server",
    tooSlow: "too slow: dropped to the present",
    clockStill: "a clock stood still: the signal came before its time",
    otherStrip: "the server sent another strip than was asked for",
});
