// The full-disclosure page: joins the record, its lines, the controls and the address.

import { MINUTES, readAddress, reviewAddress, strayParts, writeAddress } from "./disclosure/address.js";
import { inVolts, lineWords, showAxis, showDrawn, showFacts, showRecord } from "./disclosure/face.js";
import { fetchersOf, outlineOf, standingOf } from "./disclosure/fetchers.js";
import { deedOf, moved } from "./disclosure/keys.js";
import { Lines } from "./disclosure/lines.js";
import { Loader } from "./disclosure/loader.js";
import { fillLeads, loadRecord, refuse, showKeys, whyOf } from "./disclosure/opening.js";
import { Press } from "./disclosure/press.js";
import { Printing } from "./disclosure/printing.js";
import { heavyStep, lineHeight, readElapsed, Ruling } from "./disclosure/ruling.js";
import { partAbove, USUAL } from "./disclosure/stand.js";
import { levelFor, Supply } from "./disclosure/supply.js";
import { tapeOf } from "./disclosure/tape.js";
import { RequestFailed } from "./net/api.js";
import { retryDelay } from "./net/backoff.js";
import { Ranges } from "./net/ranges.js";
import { toLogin } from "./session.js";
import { lengthAt } from "./signal/lengths.js";
import { DISCLOSURE } from "./texts/disclosure.js";
import { VIEWER } from "./texts/viewer.js";
import { palette, screenHere, watchSize } from "./ui/canvas.js";
import { recallScreen } from "./ui/memory.js";
import { anyPart, fillSelect, part, write } from "./ui/page.js";
import { localStore } from "./ui/store.js";
import { onThemeChange } from "./ui/theme.js";
import { GAINS } from "./view/geometry.js";

/** @typedef {import("./disclosure/face.js").RecordInfo} RecordInfo */
/** @typedef {import("./disclosure/face.js").Lead} Lead */

const USUAL_GAIN = 5;
/** CSS pixels of the strip with the pulse. */
const GUTTER = 20;
/** Of the words over a line where there is no room beside it, in rem. */
const LABEL_REM = 1.25;
/** The least a line may be high, so that the words beside it fit, in rem. */
const LEAST_REM = 2.6;
/** Milliseconds that the cursor stands before its place is read out. */
const SPEAK_MS = 400;
/** Milliseconds until the server is asked again whether the tiles are made. */
const BUILD_MS = { first: 2000, most: 30_000 };

const root = document.documentElement;
const address = readAddress(location.search);
const narrow = matchMedia("(max-width: 48rem)");
const ranges = new Ranges();
const pickLead = part("lead", HTMLSelectElement);
const pickMinutes = part("minutes", HTMLSelectElement);
const pickGain = part("gain", HTMLSelectElement);
const goTo = part("go-to", HTMLInputElement);

/** @type {RecordInfo | null} */
let info = null;
/** @type {Lead | null} */
let lead = null;
/** @type {Ruling | null} */
let ruling = null;
/** @type {Supply | null} */
let supply = null;
/** @type {Loader | null} */
let loader = null;
/** @type {Press | null} */
let press = null;
/** @type {{ width: number, dpr: number } | null} */
let size = null;
let level = 0;
/** Of the lead; null = not known. @type {import("./disclosure/fetchers.js").Outline | null} */
let outline = null;
/** Where the lead is drawn in its lines. @type {import("./disclosure/stand.js").Stand} */
let stand = USUAL;
/** Counts the leads that were chosen: an answer about one before counts no more. */
let choosing = 0;
let pxPerSample = 1;
let mmPerMv = address.mmPerMv ?? USUAL_GAIN;
/** Where one came from, in seconds: leads have rates of their own. @type {number | null} */
let origin = null;
let failures = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let retrying;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let speaking;

const lines = new Lines(
    { scroller: anyPart("sight"), roll: anyPart("roll") },
    {
        said: (line, top) => {
            const words = info && lead && ruling ? lineWords(info, lead, ruling, line) : null;
            return { name: "", elapsed: "", clock: "", zone: "", ...words, top, rows: ruling?.lines ?? 0 };
        },
        want: (wanted) => {
            loader?.want(wanted);
            showState();
        },
        stood: showState,
        paint,
        trouble: (line) => {
            const error = loader?.failed.get(line);
            return error ? DISCLOSURE.notLoaded(whyOf(error)) : null;
        },
        open,
        moved: showPlace,
        retry,
    },
);

const printing = new Printing({
    of: () => (info && lead && ruling && supply ? { info, lead, ruling, supply, range: ranges.of(lead.name), stand } : null),
    seen: () => lines.seen,
    why: whyOf,
});

// The picture.

/** @param {import("./disclosure/row.js").Row} row */
function paint(row) {
    const content = loader?.content(row.line);
    if (!content || !press || !ruling || !lead) return false;
    const edge = ruling.edge(row.line);
    const tape = tapeOf(content, { edge, pxPerSample, fs: ruling.fs, lead });
    press.paint(row.canvas, tape, (ruling.length - edge) * pxPerSample);
    row.element.dataset["drawn"] = content.kind;
    if (content.kind === "envelope") showDrawn(content.each);
    return true;
}

/** What is seen is told by what is painted of it. */
function showState() {
    if (!loader) return;
    let each = 0;
    let waiting = false;
    const { first, last } = lines.seen;
    for (let line = first; line <= last; line++) {
        waiting ||= !lines.painted(line);
        const content = loader.content(line);
        if (content?.kind === "envelope") each = content.each;
    }
    const failed = loader.failed.size;
    if (each || !waiting) showDrawn(each);
    root.dataset["state"] = failed ? "failed" : waiting ? "loading" : "ready";
    anyPart("trouble").hidden = failed === 0;
    if (!failed) return;
    const [error] = loader.failed.values();
    write(anyPart("trouble-text"), DISCLOSURE.failed(failed, whyOf(error)));
}

/** A line came, or did not. @param {number} line */
function heard(line) {
    lines.came(line);
    const error = loader?.failed.get(line);
    if (error instanceof RequestFailed && error.status === 401) toLogin();
    if (error) retryLater(error);
    else failures = 0;
    showState();
}

/** @param {Error} error */
function retryLater(error) {
    const passing = error instanceof RequestFailed && [0, 429, 502, 503, 504].includes(error.status);
    if (!passing || retrying !== undefined) return;
    retrying = setTimeout(retry, 1000 + 1000 * retryDelay(failures++, null, Math.random()));
}

function retry() {
    clearTimeout(retrying);
    retrying = undefined;
    loader?.retry();
    showState();
}

/** Lay everything anew, for another lead, length of a line, gain or size. */
function lay() {
    if (!info || !lead || !size) return;
    const { dpr } = size;
    const { cssPxPerMm, measured } = recallScreen(localStore(), screenHere());
    const fresh = new Ruling({ fs: lead.fs, length: outline?.length ?? lengthAt(info, lead.fs), seconds: address.minutes * 60 });
    const gutter = Math.round(GUTTER * dpr);
    const width = Math.max(1, size.width - gutter);
    pxPerSample = width / fresh.perLine;
    const now = levelFor(1 / pxPerSample, fresh.length);
    const same = ruling && ruling.seconds === fresh.seconds && loader && level === now;
    ruling = fresh;
    level = now;
    if (!same) renew(info, lead, fresh);
    const rem = parseFloat(getComputedStyle(root).fontSize);
    const high = Math.max(lineHeight(inVolts(lead) ? mmPerMv : USUAL_GAIN, cssPxPerMm, stand), Math.ceil(LEAST_REM * rem));
    const pxPerS = width / fresh.seconds;
    const face = { width: size.width, height: Math.round(high * dpr), gutter, dpr, pxPerS, pxPerMv: mmPerMv * cssPxPerMm * dpr, stand };
    const range = ranges.of(lead.name);
    press = new Press(face, { palette: palette(), seconds: fresh.seconds, lead, range });
    anyPart("roll").style.setProperty("--trace", `${high}px`);
    anyPart("roll").style.setProperty("--width", `${size.width / dpr}px`);
    showAxis(anyPart("scale"), { seconds: fresh.seconds, step: heavyStep(fresh.seconds), gutter: gutter / dpr, width: width / dpr });
    showFacts({ info, lead, ruling, mmPerS: pxPerS / dpr / cssPxPerMm, mmPerMv, measured, range, base: stand.base });
    lines.lay(fresh, {
        each: high + (narrow.matches ? Math.round(LABEL_REM * rem) : 0), gutter: gutter / dpr, width: width / dpr,
    });
    Object.assign(root.dataset, { pxPerSample, pxPerMv: face.pxPerMv, gutter, lines: fresh.lines, level });
    Object.assign(root.dataset, { base: stand.base, baseline: Math.round(partAbove(stand) * face.height) });
}

/**
 * Another lead, or other lines: what is at hand is of no use.
 * @param {RecordInfo} of
 * @param {Lead} one
 * @param {Ruling} on
 */
function renew({ record, gaps }, { name }, on) {
    loader?.clear();
    const mine = (supply = new Supply(fetchersOf(record, name, outline), gaps[name] ?? null));
    const fresh = new Loader(
        (line, signal) => mine.get(on.reach(line, pxPerSample), level, signal),
        (line) => fresh === loader && heard(line),
    );
    loader = fresh;
}

// What the person does.

/** @param {number} sample */
function showPlace(sample) {
    if (!info || !ruling) return;
    const seconds = sample / ruling.fs;
    const { clock, zone } = DISCLOSURE.clockOf(info, seconds);
    const words = DISCLOSURE.place(seconds, clock, zone);
    write(anyPart("place"), words);
    root.dataset["cursor"] = String(sample);
    linkViewer();
    clearTimeout(speaking);
    speaking = setTimeout(() => write(anyPart("spoken"), words), SPEAK_MS);
}

/** @param {number} sample @param {boolean} beside in another tab */
function open(sample, beside) {
    if (!info || !lead) return;
    const there = reviewAddress({ record: info.record, leads: info.leads, lead, at: sample });
    if (beside) {
        window.open(there, "_blank", "noopener");
        return;
    }
    // The way back leads to the place that was left.
    writeHere(sample);
    location.assign(there);
}

/** @param {number | null} at */
function writeHere(at) {
    if (!info || !lead) return;
    const gain = mmPerMv === USUAL_GAIN ? null : mmPerMv;
    history.replaceState(history.state, "", writeAddress({ ...address, record: info.record, lead: lead.name, at, mmPerMv: gain }));
}

/** @param {number} seconds */
const sampleOf = (seconds) => Math.round(seconds * (lead?.fs ?? 1));
const originSample = () => (origin === null ? null : sampleOf(origin));

/** @param {string} name */
async function choose(name) {
    const wished = info?.leads.find((one) => one.name === name);
    if (!wished || !info) return;
    const mine = ++choosing;
    const standing = inVolts(wished) ? standingOf(info.record, wished, lengthAt(info, wished.fs)) : USUAL;
    const [found, stands] = await Promise.all([outlineOf(info.record, name), standing]);
    if (mine !== choosing) return;
    const seconds = ruling ? lines.cursor / ruling.fs : (origin ?? 0);
    const opened = ruling === null;
    lead = wished;
    outline = found;
    stand = stands;
    pickGain.disabled = !inVolts(lead);
    relay();
    lines.move(sampleOf(seconds), opened ? "middle" : "nearest");
    if (!inVolts(lead)) void ranges.ask(info.record, [name]).then((fresh) => fresh && lay());
    if (outline && !outline.built) awaitTiles(mine, name, 0);
}

/** Other lines, of this lead. */
function relay() {
    if (!lead) return;
    loader?.clear();
    loader = null;
    anyPart("roll").setAttribute("aria-label", DISCLOSURE.grid(lead.name, address.minutes));
    lay();
    lines.origin(originSample());
    changed();
}

/**
 * The server makes the tiles meanwhile: what comes into sight then is drawn from them.
 * @param {number} mine
 * @param {string} name
 * @param {number} times
 */
function awaitTiles(mine, name, times) {
    setTimeout(() => {
        void (async () => {
            const found = info && mine === choosing ? await outlineOf(info.record, name) : null;
            if (mine !== choosing || !info) return;
            if (!found?.built) {
                awaitTiles(mine, name, times + 1);
                return;
            }
            outline = found;
            supply?.use(fetchersOf(info.record, name, found));
            root.dataset["tiles"] = "built";
        })();
    }, Math.min(BUILD_MS.most, BUILD_MS.first * 2 ** times));
}

/** The address is of what is seen. */
function changed() {
    writeHere(originSample());
    linkViewer();
}

/** The viewer is opened where one came from, or else at the cursor. */
function linkViewer() {
    if (!info || !lead) return;
    const at = originSample() ?? lines.cursor;
    part("viewer", HTMLAnchorElement).href = reviewAddress({ record: info.record, leads: info.leads, lead, at });
}

/** @type {Record<import("./disclosure/keys.js").Deed, () => void>} */
const DEEDS = {
    open: () => open(lines.cursor, false),
    goTo: () => goTo.focus(),
    origin: () => {
        const sample = originSample();
        if (sample !== null) lines.move(sample, "middle");
    },
    retry,
    print: () => printing.open(),
    help: () => part("help-dialog", HTMLDialogElement).showModal(),
};

/** @param {KeyboardEvent} event */
function keyed(event) {
    if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open]") || !ruling) return;
    if (event.ctrlKey || event.metaKey) {
        // The browser's own print would have nothing to print.
        if (event.key !== "p") return;
        event.preventDefault();
        printing.open();
        return;
    }
    const target = event.target;
    if (target instanceof HTMLSelectElement || target instanceof HTMLInputElement) return;
    const control = target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;
    if (control && (event.key === "Enter" || event.key === " ")) return;
    const page = lines.seen.last - lines.seen.first;
    const to = moved(event.key, event.shiftKey, { cursor: lines.cursor, ruling, page });
    const deed = to === null ? deedOf(event.key) : null;
    if (to === null && deed === null) return;
    event.preventDefault();
    if (to !== null) {
        // Nothing to move: a key held down stops at the end.
        lines.move(to);
        anyPart("roll").focus({ preventScroll: true });
    } else if (deed) DEEDS[deed]();
}

/** @param {Event} event */
function go(event) {
    event.preventDefault();
    const seconds = readElapsed(goTo.value);
    const beyond = seconds !== null && ruling !== null && seconds * ruling.fs > ruling.length;
    goTo.setCustomValidity(seconds === null ? DISCLOSURE.noTime : beyond && ruling ? DISCLOSURE.beyond(ruling.length / ruling.fs) : "");
    if (!goTo.reportValidity() || seconds === null) return;
    lines.move(sampleOf(seconds), "middle");
    anyPart("roll").focus({ preventScroll: true });
}

function wire() {
    fillSelect(pickMinutes, MINUTES, DISCLOSURE.minutes);
    fillSelect(pickGain, GAINS, DISCLOSURE.gain);
    pickMinutes.value = String(address.minutes);
    pickGain.value = String(mmPerMv);
    pickLead.addEventListener("change", () => void choose(pickLead.value));
    pickMinutes.addEventListener("change", () => {
        address.minutes = Number(pickMinutes.value);
        const { cursor } = lines;
        relay();
        lines.move(cursor);
    });
    pickGain.addEventListener("change", () => {
        mmPerMv = Number(pickGain.value);
        lay();
        changed();
    });
    part("go", HTMLFormElement).addEventListener("submit", go);
    goTo.addEventListener("input", () => goTo.setCustomValidity(""));
    anyPart("origin").addEventListener("click", DEEDS.origin);
    anyPart("again").addEventListener("click", retry);
    anyPart("reload").addEventListener("click", () => location.reload());
    anyPart("print").addEventListener("click", DEEDS.print);
    anyPart("help").addEventListener("click", DEEDS.help);
    document.addEventListener("keydown", keyed);
    window.addEventListener("online", retry);
    onThemeChange(() => lay());
    narrow.addEventListener("change", () => lay());
    showKeys(anyPart("keys"));
}

// The beginning.

/** Say what of the address is not shown. @param {string[]} words */
function tell(words) {
    anyPart("absent").hidden = words.length === 0;
    write(anyPart("absent"), words.join(" \u00b7 "));
}

async function begin() {
    wire();
    root.dataset["state"] = "loading";
    const stray = strayParts(location.search);
    const told = stray.length ? [VIEWER.stray(stray.join(", "))] : [];
    tell(told);
    info = await loadRecord(address.record);
    if (!info) return;
    showRecord(info);
    const first = info.leads.find((one) => one.kind === "ecg") ?? info.leads[0];
    if (!first) {
        refuse(DISCLOSURE.cannot(DISCLOSURE.noLead), false);
        return;
    }
    const wished = info.leads.find((one) => one.name === address.lead);
    const shown = wished ?? first;
    fillLeads(pickLead, info.leads, shown.name);
    if (address.lead && !wished) told.push(DISCLOSURE.unknownLead(address.lead, shown.name));
    if (address.at !== null) {
        const at = Math.min(address.at, Math.max(0, lengthAt(info, shown.fs) - 1));
        origin = at / shown.fs;
        if (at < address.at) told.push(DISCLOSURE.beyondEnd(address.at, origin));
    }
    tell(told);
    const back = anyPart("origin");
    back.hidden = origin === null;
    if (origin !== null) {
        write(back, DISCLOSURE.backTo(origin));
        write(anyPart("viewer-word"), DISCLOSURE.backToViewer);
    }
    anyPart("banner").hidden = true;
    anyPart("roll").hidden = false;
    watchSize(anyPart("scale"), (measured) => {
        const opened = size === null;
        size = measured;
        if (opened) void choose(shown.name);
        else lay();
    });
}

void begin();
