// @ts-check

import { LOGIN } from "../texts/login.js";

/**
 * Where to go after the login: a page of this server, whatever the address asked for.
 * @param {string | null} next the `next` of the login page's address
 * @param {string} origin of this server
 * @returns {string} a path with its query and fragment; `/` for anything that leads elsewhere
 */
export function destination(next, origin) {
    if (!next?.startsWith("/")) return "/";
    let url;
    try {
        // Read as the browser will read it: "//host", "/\host" and "/\t/host" lead elsewhere.
        url = new URL(next, origin);
    } catch {
        return "/";
    }
    if (url.origin !== origin || url.pathname === "/login") return "/";
    // A path that begins with two slashes would be a host again when it is gone to.
    return url.pathname.startsWith("//") ? "/" : url.pathname + url.search + url.hash;
}

/**
 * What to say of a login that failed.
 * @param {number} status 0: there was no answer
 * @param {number | null} waitS seconds after which another try is allowed
 */
export function refusal(status, waitS) {
    if (status === 0) return LOGIN.noAnswer;
    if (status === 401) return LOGIN.notValid;
    if (status === 429) return LOGIN.tooMany(waitS === null ? LOGIN.waitALittle : LOGIN.waitSeconds(waitS));
    if (status === 403) return LOGIN.notFromHere;
    if (status === 404) return LOGIN.notNeeded;
    return LOGIN.failed(status);
}
