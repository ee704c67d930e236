// What a browser keeps, where it may.

/** @typedef {import("./memory.js").Store} Store */

/** @type {Store} */
const NONE = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };

/** Storage that may be forbidden: kept beyond the page. @returns {Store} */
export function localStore() {
    try {
        return localStorage;
    } catch {
        return NONE;
    }
}

/** Storage that may be forbidden: kept for as long as the tab. @returns {Store} */
export function sessionStore() {
    try {
        return sessionStorage;
    } catch {
        return NONE;
    }
}
