// @ts-check
/**
 * Dark or light: the system's wish, or the viewer's choice, kept in this browser for all pages.
 *
 * Load it first, and before the first paint, so that no page flashes in the wrong theme:
 * `<script type="module" async blocking="render" src="/static/js/ui/theme.js"></script>`.
 * Every `<button data-theme-toggle>` in the page then switches it.
 *
 * @typedef {"dark" | "light"} Theme
 */

import { SWITCH_TO } from "../texts/theme.js";

const KEY = "ecgstream.theme";

/** @param {string | null | undefined} value @returns {Theme | null} */
function asTheme(value) {
    return value === "dark" || value === "light" ? value : null;
}

/** @returns {Theme | null} what the viewer chose in this browser; null: nothing yet */
function chosen() {
    try {
        return asTheme(localStorage.getItem(KEY));
    } catch {
        // Storage is forbidden here: the choice lasts as long as the page.
        return asTheme(document.documentElement.dataset.theme);
    }
}

const systemWantsDark = matchMedia("(prefers-color-scheme: dark)");

/** @returns {Theme} the theme that is on the screen */
export function currentTheme() {
    return asTheme(document.documentElement.dataset.theme) ?? (systemWantsDark.matches ? "dark" : "light");
}

/** @type {Set<(theme: Theme) => void>} */
const listeners = new Set();

/**
 * Call `listener` at every change, for what is painted on a canvas and must be painted anew.
 * @param {(theme: Theme) => void} listener
 * @returns {() => void} ends it
 */
export function onThemeChange(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

function tell() {
    const theme = currentTheme();
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
        const other = theme === "dark" ? "light" : "dark";
        button.setAttribute("aria-label", SWITCH_TO[other]);
        button.setAttribute("title", SWITCH_TO[other]);
    }
    for (const listener of listeners) listener(theme);
}

function show() {
    const theme = chosen();
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    tell();
}

/**
 * Show `theme`, here and on every page that is open or comes later.
 * @param {Theme} theme
 */
export function setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    try {
        localStorage.setItem(KEY, theme);
    } catch {
        // Then it lasts as long as the page.
    }
    tell();
}

show();
systemWantsDark.addEventListener("change", tell);
window.addEventListener("storage", (event) => {
    if (event.key === KEY) show();
});
document.addEventListener("DOMContentLoaded", tell);
document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target.closest("[data-theme-toggle]") : null;
    if (target) setTheme(currentTheme() === "dark" ? "light" : "dark");
});
