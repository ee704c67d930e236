// The page of a wall: asks for its definition, keeps the screen, and says what is to be said beside the
// picture, which is drawn elsewhere.

import { toLogin } from "./session.js";
import { screenHere, palette, watchSize } from "./ui/canvas.js";
import { CardMeasure } from "./ui/card.js";
import { forgetScreen, keepPrivacy, keepScreen, recallPrivacy, recallScreen } from "./ui/memory.js";
import { anyPart, part, write } from "./ui/page.js";
import { localStore, sessionStore } from "./ui/store.js";
import { readAddress, viewerAddress } from "./wall/address.js";
import { askForWall, NoWall, tradeCode } from "./wall/definition.js";
import { hostWard } from "./wall/host.js";
import { Kiosk } from "./wall/kiosk.js";
import { Places } from "./wall/places.js";
import { Renewal } from "./wall/renewal.js";
import { WALL } from "./texts/wall.js";

/** @typedef {import("./wall/messages.js").Status} Status */
/** @typedef {import("./wall/messages.js").Wall} Wall */
/** @typedef {import("./wall/messages.js").TileSays} TileSays */

/** Milliseconds: between two looks at the definition, and while it cannot be had. */
const ASK_EVERY = 10_000;
const ASK_AGAIN = 3_000;
/** How long a dialog stands on a screen at which nobody sits, and a word of this page. */
const DIALOG_FOR = 120_000;
const SAID_FOR = 8_000;
/** In which a second click makes a double one. */
const CLICK_WAIT = 350;

const root = document.documentElement;
const address = readAddress(location);
const kiosk = new Kiosk(anyPart("screen"));
const places = new Places(anyPart("places"), (tile) => void openViewer(tile));
const renewal = new Renewal(sessionStore());

/** @type {Awaited<ReturnType<typeof hostWard>> | null} */
let host = null;
/** @type {Wall | null} */
let wall = null;
/** @type {string | null} */
let etag = null;
/** @type {Status | null} */
let status = null;
let privacy = address.privacy || recallPrivacy(sessionStore());
let dpr = window.devicePixelRatio || 1;
/** Why there is no newer definition, empty where there is; and why the code of the address was none. */
let unread = "";
let expired = "";
/** @type {Map<string, ReturnType<typeof setTimeout>>} */
const timers = new Map();

/** Do it later, and once: what was to be done before under that name is not. @param {string} name @param {number} ms @param {() => void} then */
function later(name, ms, then) {
    clearTimeout(timers.get(name));
    timers.set(name, setTimeout(then, ms));
}

/** @param {string} id @param {string} words */
function say(id, words) {
    const place = anyPart(id);
    place.hidden = words === "";
    write(place, words);
}

/** @param {string} words */
function notice(words) {
    say("said", words);
    later("said", SAID_FOR, () => say("said", ""));
}

// The definition.

async function ask() {
    let wait = ASK_EVERY;
    try {
        if (!address.source) throw new NoWall(404, WALL.nameAWall);
        const answer = await askForWall(address.source, etag);
        const again = unread !== "";
        unread = "";
        if (answer) {
            etag = answer.etag;
            take(answer.wall);
        }
        // What was refused, tiles or the line, would come back late or never by itself.
        if (again || (status && !status.up && status.trouble?.retryIn === null)) host?.ask({ ask: "retry" });
    } catch (error) {
        if (!(error instanceof NoWall)) throw error;
        wait = ASK_AGAIN;
        refused(error);
    } finally {
        later("ask", wait, () => void ask());
    }
}

/** @param {NoWall} error */
function refused(error) {
    const { status: code, message } = error;
    if (code === 404 && wall) takeDown();
    const gone = wall !== null;
    if (code === 401) unread = expired || WALL.notLoggedIn;
    else if (code === 404) unread = address.name ? WALL.noSuchWall(address.name) : message;
    else unread = WALL.unreadable(message);
    // What is on the screen goes on; that it may be of an older definition is said.
    if (!gone) {
        // The guard looks at this: a page that says why it has no wall has not failed.
        root.dataset["waits"] = String(Number(root.dataset["waits"] ?? 0) + 1);
        say("message", code === 404 || expired ? unread : WALL.triedAgain(unread));
        // With a code that was none, somebody stands there who can get another one.
        if (code === 401 && !expired) toLogin();
    }
}

/** It hangs no more: what it showed would go on as if nothing had happened. */
function takeDown() {
    if (wall) host?.ask({ ask: "wall", wall: { ...wall, beds: [] } });
    wall = etag = null;
    write(anyPart("title"), "");
}

/** @param {Wall} next */
function take(next) {
    // Asked again, it says the same: nothing is to be done.
    if (wall && wall.version === next.version && wall.version !== "") return;
    wall = next;
    say("message", "");
    write(anyPart("title"), next.title);
    document.title = WALL.title(next.title);
    kiosk.dim(next.dim);
    anyPart("toml-open").hidden = !address.tried;
    // It names records, which a wall that hangs may have to keep to itself.
    if (address.tried) write(anyPart("toml"), next.toml);
    root.dataset["version"] = next.version;
    host?.ask({ ask: "wall", wall: next });
}

// What the ward says.

/** @param {import("./wall/messages.js").Say} message */
function hear(message) {
    if (message.say === "identify") return identify(message.name, message.seconds);
    status = message;
    places.show(message.tiles, dpr);
    // The guard looks at this, and at nothing else.
    root.dataset["frames"] = String(message.frames);
    root.dataset["up"] = String(message.up);
    root.dataset["boot"] = message.boot;
    root.dataset["server"] = message.server;
    root.dataset["numeral"] = message.numeralMm.toFixed(2);
    root.dataset["worst"] = (message.worst * 1000).toFixed(2);
    say("line", lineWords(message));
    anyPart("slow").hidden = !message.slow;
    say("research", message.rated ? WALL.research : "");
    const version = renewal.due(message.server, message, performance.now() / 1000);
    if (version) void renew(version);
}

/** @param {Status} now */
function lineWords({ up, trouble, silence, cramped }) {
    if (trouble && !up) return trouble.retryIn === null ? WALL.lineDown(trouble.title, trouble.text) : WALL.connectingAgain(trouble.title);
    if (up && silence > 1.8) return WALL.noWord;
    if (!unread && cramped) return WALL.tooSmall;
    return unread;
}

let renewing = false;

/** @param {string} version */
async function renew(version) {
    if (renewing) return;
    renewing = true;
    // The page and all that it needs must be there before this one is left.
    const there = await answers(location.pathname + location.search);
    renewing = false;
    if (!there) return;
    renewing = true;
    renewal.renewing(version);
    location.reload();
}

/** @param {string} path */
async function answers(path) {
    try {
        return (await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(5000) })).ok;
    } catch {
        return false;
    }
}

/** @param {string} name @param {number} seconds */
function identify(name, seconds) {
    say("identify", name);
    later("identify", Math.min(600, Math.max(1, seconds)) * 1000, () => say("identify", ""));
}

// What a person does.

/** @param {TileSays} tile */
async function openViewer(tile) {
    clearTimeout(timers.get("click"));
    if (privacy || wall?.privacy) {
        notice(WALL.viewerWouldName);
        return;
    }
    // A screen that may show its wall alone would be left standing at an error.
    if (!(await answers(`/api/v1/records/${encodeURIComponent(tile.record)}`))) {
        notice(WALL.noViewer);
        return;
    }
    if (wall) location.assign(viewerAddress(tile, wall));
}

/** @param {KeyboardEvent} event */
function keyed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (key === "f") kiosk.toggleFullScreen();
    else if (key === "b") card.open(measured().cssPxPerMm);
    else if (key === "p") {
        privacy = !privacy;
        keepPrivacy(sessionStore(), privacy);
        host?.ask({ ask: "privacy", on: privacy });
        notice(privacy ? WALL.namesHidden : WALL.namesShown);
    } else if (key.startsWith("arrow") && document.activeElement === document.body) places.focus();
    else return;
    event.preventDefault();
}

const measured = () => recallScreen(localStore(), screenHere());

function looks() {
    const { cssPxPerMm, measured: known } = measured();
    say("scale", known ? "" : WALL.notMeasured);
    const style = getComputedStyle(root);
    /** @param {string} name */
    const colour = (name) => style.getPropertyValue(name).trim();
    host?.ask({
        ask: "looks",
        cssPxPerMm,
        palette: {
            ...palette(), ground: colour("--ground"), ink: colour("--ink"), quiet: colour("--quiet"),
            line: colour("--line"), dimmed: colour("--trace-dim"),
        },
    });
}

const card = new CardMeasure({
    keep: (cssPxPerMm) => {
        keepScreen(localStore(), screenHere(), cssPxPerMm);
        looks();
    },
    forget: () => {
        forgetScreen(localStore());
        looks();
    },
});

function showToml() {
    const dialog = part("toml-dialog", HTMLDialogElement);
    if (!dialog.open) dialog.showModal();
    later("toml", DIALOG_FOR, () => dialog.close());
}

function wire() {
    document.addEventListener("keydown", keyed);
    document.addEventListener("visibilitychange", () => {
        host?.ask({ ask: "seen", seen: document.visibilityState === "visible" });
    });
    window.addEventListener("online", () => host?.ask({ ask: "retry" }));
    // Another code, opened where the wall stands: the browser does not load the page for that.
    window.addEventListener("hashchange", () => {
        if (readAddress(location).code) location.reload();
    });
    // Measured on another page of this browser.
    window.addEventListener("storage", looks);
    anyPart("beds").addEventListener("click", () => later("click", CLICK_WAIT, () => kiosk.fullScreen()));
    anyPart("toml-open").addEventListener("click", showToml);
    anyPart("toml-copy").addEventListener("click", () => {
        navigator.clipboard?.writeText(anyPart("toml").textContent ?? "").then(
            () => write(anyPart("toml-copy"), WALL.copied),
            () => write(anyPart("toml-copy"), WALL.copyByHand),
        );
    });
}

/** Trade the code of the address for a cookie, and leave nothing of it there. */
async function enter() {
    for (let code = address.code; code; ) {
        try {
            await tradeCode(code);
        } catch (error) {
            if (!(error instanceof NoWall)) throw error;
            const { status: answer, message } = error;
            // Not heard: the code is still good. Refused, a cookie of before may be.
            if (answer === 0 || answer === 429 || answer >= 500) {
                say("message", WALL.triedAgain(message));
                await new Promise((then) => setTimeout(then, ASK_AGAIN));
                continue;
            }
            // 404: nobody has to log in there.
            if (answer !== 404) expired = message;
        }
        history.replaceState(history.state, "", location.pathname + location.search);
        code = null;
    }
}

async function begin() {
    await enter();
    await ask();
    if (address.tried && wall) showToml();
}

async function start() {
    wire();
    host = await hostWard(part("canvas", HTMLCanvasElement), {
        worker: address.worker,
        query: address.query,
        hear,
        died: (why) => {
            root.dataset["fault"] = why;
        },
    });
    root.dataset["where"] = host.where;
    const { ask: tell } = host;
    looks();
    watchSize(anyPart("beds"), (size) => {
        dpr = size.dpr;
        tell({ ask: "size", size });
        // Of another screen, perhaps: its measure is another one.
        looks();
    });
    tell({ ask: "privacy", on: privacy });
    tell({ ask: "seen", seen: document.visibilityState === "visible" });
    await begin();
}

void start();
