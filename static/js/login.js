// @ts-check
/** The login page: a token for a session cookie, then back to where the viewer came from. */

import { destination, refusal } from "./login/destination.js";
import { failureOf } from "./records/api.js";
import { rememberSession } from "./session.js";
import { LOGIN } from "./texts/login.js";

/** @param {string} id */
function byId(id) {
    const found = document.getElementById(id);
    if (!found) throw new Error(`the page has no #${id}`);
    return found;
}

const form = byId("login");
const token = /** @type {HTMLInputElement} */ (byId("token"));
const go = /** @type {HTMLButtonElement} */ (byId("go"));
const reveal = byId("reveal");
const said = byId("said");

/** @param {string} words none: nothing is wrong */
function say(words) {
    said.textContent = words;
    said.hidden = !words;
    token.setAttribute("aria-invalid", String(Boolean(words)));
}

/** @param {number} seconds that no try is allowed, counted on the screen */
function hold(seconds) {
    if (seconds <= 0) {
        say("");
        go.disabled = false;
        return;
    }
    say(refusal(429, seconds));
    go.disabled = true;
    setTimeout(() => hold(seconds - 1), 1000);
}

async function login() {
    go.disabled = true;
    say("");
    let response;
    try {
        response = await fetch("/api/v1/session", {
            method: "POST",
            headers: { "content-type": "application/json" },
            // People paste tokens with the blanks around them.
            body: JSON.stringify({ token: token.value.trim() }),
        });
    } catch {
        go.disabled = false;
        say(refusal(0, null));
        return;
    }
    if (response.ok) {
        rememberSession(true);
        const next = new URLSearchParams(location.search).get("next");
        location.replace(destination(next, location.origin));
        return;
    }
    const { retryAfterMs } = await failureOf(response);
    if (response.status === 429 && retryAfterMs !== null) {
        hold(Math.ceil(retryAfterMs / 1000));
    } else {
        go.disabled = false;
        say(refusal(response.status, null));
    }
    token.focus();
    token.select();
}

form.addEventListener("submit", (event) => {
    event.preventDefault();
    void login();
});
token.addEventListener("input", () => {
    if (!go.disabled) say("");
});
reveal.addEventListener("click", () => {
    const shown = token.type === "text";
    token.type = shown ? "password" : "text";
    reveal.textContent = shown ? LOGIN.show : LOGIN.hide;
    reveal.setAttribute("aria-pressed", String(!shown));
});
