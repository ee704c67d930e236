// What this browser remembers of its viewer: the looks last chosen, and how large a millimetre is.

import { NOMINAL_CSS_PX_PER_MM, WINDOW } from "../view/geometry.js";
import { readLooks } from "./link.js";

/** @typedef {import("./link.js").Looks} Looks */
/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Store */
/** What tells one screen from another, in device pixels. @typedef {{ dpr: number, width: number, height: number }} Screen */

const LOOKS = "ecgstream.looks";
const CARD = "ecgstream.screen";
const PRIVACY = "ecgstream.privacy";

/** Plausible device pixels of a millimetre: a wall display to a telephone. */
const LEAST = 0.5;
const MOST = 60;

/** @param {Store} store @param {string} key @returns {Record<string, unknown>} */
function recall(store, key) {
    try {
        const said = JSON.parse(store.getItem(key) ?? "{}");
        return typeof said === "object" && said !== null ? said : {};
    } catch {
        // Forbidden, or not ours: nothing is remembered.
        return {};
    }
}

/** @param {Store} store @param {string} key @param {unknown} value */
function keep(store, key, value) {
    try {
        store.setItem(key, JSON.stringify(value));
    } catch {
        // Forbidden or full: it lasts as long as the page.
    }
}

/** Return what was ever chosen here. @param {Store} store @returns {Partial<Looks>} */
export const recallLooks = (store) => readLooks(recall(store, LOOKS));

/**
 * Remember what of `change` is a look, beside what was chosen before.
 * @param {Store} store
 * @param {Partial<Looks>} change
 */
export function keepLooks(store, change) {
    const looks = { ...recallLooks(store), ...readLooks(change) };
    // The hours of one record are nothing to begin another one with.
    if (looks.windowS && looks.windowS > WINDOW.most) delete looks.windowS;
    keep(store, LOOKS, looks);
}

/**
 * Return how large a millimetre is on this screen. It was measured in device pixels, so that zooming
 * the page changes nothing; on another screen it counts as not measured.
 * @param {Store} store
 * @param {Screen} here
 * @returns {{ cssPxPerMm: number, measured: boolean }}
 */
export function recallScreen(store, here) {
    const { pxPerMm, width, height } = recall(store, CARD);
    const plausible = typeof pxPerMm === "number" && pxPerMm >= LEAST && pxPerMm <= MOST;
    if (plausible && isNear(width, here.width) && isNear(height, here.height)) {
        return { cssPxPerMm: pxPerMm / here.dpr, measured: true };
    }
    return { cssPxPerMm: NOMINAL_CSS_PX_PER_MM, measured: false };
}

/** @param {Store} store @param {Screen} here @param {number} cssPxPerMm */
export function keepScreen(store, here, cssPxPerMm) {
    keep(store, CARD, { pxPerMm: cssPxPerMm * here.dpr, width: here.width, height: here.height });
}

/** @param {Store} store */
export function forgetScreen(store) {
    try {
        store.removeItem(CARD);
    } catch {
        // Then there is nothing to forget.
    }
}

/** Return whether names were hidden on this screen. @param {Store} store */
export const recallPrivacy = (store) => recall(store, PRIVACY)["on"] === true;

/** A page that loads itself again must not show what was hidden. @param {Store} store @param {boolean} on */
export const keepPrivacy = (store, on) => keep(store, PRIVACY, { on });

/** Zoomed, a screen's size comes back rounded. @param {unknown} kept @param {number} now */
function isNear(kept, now) {
    return typeof kept === "number" && Math.abs(kept - now) <= 8;
}
