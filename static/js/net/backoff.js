// When to come back, and whether (protocol, rule 6 and section 4).

const BASE = 0.5;
const CAP = 30;

/**
 * Seconds until the next attempt: what the server asked for, else full jitter, so that ten thousand
 * viewers of a server that went away do not all come back in one moment.
 * @param {number} attempt 0 for the first
 * @param {number | null} retryAfterMs
 * @param {number} random in [0, 1)
 * @param {number} cap the most seconds
 */
export function retryDelay(attempt, retryAfterMs, random, cap = CAP) {
    if (retryAfterMs !== null) return retryAfterMs / 1000;
    return random * Math.min(cap, BASE * 2 ** Math.min(attempt, 16));
}

/**
 * Why a socket closed, for a person.
 * @typedef {{ title: string, text: string, comesBack: boolean, login: boolean }} Closing
 */

/** @type {Record<number, Closing>} */
const CLOSINGS = {
    1000: end("The server closed the connection", "It has nothing more to say. Reload the page to begin again."),
    1001: back("The server is going away", "It is being stopped or restarted."),
    1006: back("No connection to the server", "The line is broken, or the server is not running."),
    1009: end("The server refused a message as too big", "This is a fault of this page."),
    1011: back("The server failed", "It is a fault on its side."),
    1012: back("The server is restarting", "It will be back in a moment."),
    4400: end("The server could not read a message", "This is a fault of this page, or too many commands at once."),
    4401: {
        title: "You are not logged in",
        text: "The session ended, or its token was withdrawn. Log in to go on.",
        comesBack: false,
        login: true,
    },
    4403: end("You may not see this", "Your access does not cover it."),
    4408: back("The connection was too slow", "The server cut it off because nothing was taken for too long."),
    4409: end("This page and the server do not fit together", "They speak no common version. Reload the page."),
    4429: back("The server takes nobody in now", "It has too many viewers, too many from here, or is late."),
};

/** @param {string} title @param {string} text @returns {Closing} */
function end(title, text) {
    return { title, text, comesBack: false, login: false };
}

/** @param {string} title @param {string} text @returns {Closing} */
function back(title, text) {
    return { title, text, comesBack: true, login: false };
}

/**
 * @param {number} code
 * @returns {Closing}
 */
export function closingOf(code) {
    return (
        CLOSINGS[code] ?? back("The connection was closed", `The server gave the code ${code}.`)
    );
}
