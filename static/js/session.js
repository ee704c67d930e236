// @ts-check
/**
 * Coming and going. The session is a cookie that no script can read, so whether there is one is
 * remembered beside it, for the "Log out" button alone: on a server without tokens there is none.
 */

import { LOGIN } from "./texts/login.js";

const KEY = "ecgstream.session";

/** Go to the login page, and come back here after it. */
export function toLogin() {
    const here = location.pathname + location.search;
    location.assign(`/login?next=${encodeURIComponent(here)}`);
}

/** @param {boolean} there whether a session was begun in this browser */
export function rememberSession(there) {
    try {
        if (there) localStorage.setItem(KEY, "1");
        else localStorage.removeItem(KEY);
    } catch {
        // Then there is no button to log out with; the session ends with its cookie.
    }
}

function hasSession() {
    try {
        return localStorage.getItem(KEY) !== null;
    } catch {
        return false;
    }
}

/**
 * Let a button end the session; it is hidden where there is none.
 * @param {HTMLElement} button
 */
export function mountLogout(button) {
    button.hidden = !hasSession();
    button.addEventListener("click", () => void leave(button));
}

/** @param {HTMLElement} button */
async function leave(button) {
    try {
        const response = await fetch("/api/v1/session", { method: "DELETE" });
        // 401: it had ended already.
        if (!response.ok && response.status !== 401) throw new Error(String(response.status));
        rememberSession(false);
        location.assign("/login");
    } catch {
        button.textContent = LOGIN.stillIn;
    }
}
