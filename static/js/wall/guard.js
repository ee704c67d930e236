// Watches the picture from outside of what draws it: it runs though the rest of the page does not. It loads
// the page again once, where the server answers, and says so.

import { sessionStore } from "../ui/store.js";
import { Watchdog } from "./watchdog.js";
import { WALL } from "../texts/wall.js";

/** Milliseconds between two looks. */
const LOOK_EVERY = 250;
/** Milliseconds between two attempts to load the page while the server does not answer. */
const ASK_EVERY = 3000;

const root = document.documentElement;
const seconds = () => performance.now() / 1000;
const dog = new Watchdog(sessionStore(), seconds());

// Caught on its way down: that a file is missing is told to nobody else.
window.addEventListener("error", (event) => dog.failed(event.message || WALL.fileMissing, seconds()), true);
window.addEventListener("unhandledrejection", (event) => dog.failed(String(event.reason?.message ?? event.reason), seconds()));

setInterval(() => {
    if (root.dataset["fault"]) dog.failed(root.dataset["fault"], seconds());
    const { frames = "", waits = "" } = root.dataset;
    const signs = { frames, waits, seen: document.visibilityState === "visible" };
    const { still, reload, again } = dog.look(seconds(), signs);
    say("still", still === null ? "" : stillWords(still, signs.frames !== ""));
    say("again", again === null ? "" : WALL.loadedAgain(again));
    if (reload) void loadAgain(reload);
}, LOOK_EVERY);

/** @param {number} stood @param {boolean} begun */
function stillWords(stood, begun) {
    return begun ? WALL.standsStill(Math.floor(stood)) : WALL.didNotBegin;
}

/** @param {string} id @param {string} words */
function say(id, words) {
    const place = document.getElementById(id);
    if (!place) return;
    place.hidden = words === "";
    if (place.textContent !== words) place.textContent = words;
}

/** @param {string} why */
async function loadAgain(why) {
    dog.asking();
    // Without a server the browser would show its own page, and stay there.
    if (await answers()) {
        dog.reloading(why);
        location.reload();
    } else {
        setTimeout(() => dog.notNow(), ASK_EVERY);
    }
}

async function answers() {
    try {
        return (await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(ASK_EVERY) })).ok;
    } catch {
        return false;
    }
}
