// The page that compares: two stretches of signal one above the other, moved together or each by itself.

import { movedWords, readComparison, strayParts, writeComparison } from "./compare/address.js";
import { Pane } from "./compare/pane.js";
import { NONE } from "./filter/presets.js";
import { moved, placeOf, windowAt, windowLimits, within, zoomed } from "./look/moves.js";
import { fetchRecord, RequestFailed } from "./net/api.js";
import { toLogin } from "./session.js";
import { COMPARE } from "./texts/compare.js";
import { palette, screenHere, watchSize } from "./ui/canvas.js";
import { readGestures } from "./ui/gestures.js";
import { readLeads, USUAL } from "./ui/link.js";
import { recallScreen } from "./ui/memory.js";
import { anyPart, fillSelect, part, write } from "./ui/page.js";
import { readPlace } from "./ui/place.js";
import { drawnWords, rowNames } from "./ui/rownames.js";
import { localStore } from "./ui/store.js";
import { onThemeChange } from "./ui/theme.js";
import { momentOf, positionWords, spanWords, timeWords } from "./ui/words.js";
import { GAINS } from "./view/geometry.js";
import { UNITS } from "./texts/units.js";
import { VIEWER } from "./texts/viewer.js";

/** @typedef {import("./compare/pane.js").RecordInfo} RecordInfo */

/** Milliseconds after the last move at which the address is written. */
const ADDRESS_AFTER_MS = 400;

/** What was asked for: the address itself is soon that of what is shown. */
const { search } = location;
const comparison = readComparison(search);
const sides = [sideOf("one", comparison.one), sideOf("other", comparison.other)];
/** @type {ReturnType<typeof setTimeout> | undefined} */
let writing;

/** @param {"one" | "other"} id @param {import("./compare/address.js").Side} side */
function sideOf(id, side) {
    const canvas = part(`${id}-paper`, HTMLCanvasElement);
    let gutter = 0;
    let width = 1;
    let named = "";
    const pane = new Pane(canvas, (layout) => {
        const dpr = window.devicePixelRatio || 1;
        [gutter, width] = [layout.gutter / dpr, layout.scale.columns / dpr];
        write(anyPart(`${id}-drawn`), layout.drawn === "nothing" && layout.failure ? layout.failure : drawnWords(layout));
        const { info } = pane;
        const from = momentOf(pane.look.start, layout.fs);
        const to = from + pane.look.windowS;
        write(anyPart(`${id}-span`), COMPARE.span(positionWords(from, true), positionWords(to, true)));
        write(anyPart(`${id}-clock`), timeWords(info?.start_time ?? null, info?.zone ?? null, from, info?.dates_shifted));
        canvas.setAttribute("aria-label", VIEWER.pictureOf(layout.stored.join(", "), positionWords(from, true), positionWords(to, true)));
        Object.assign(canvas.dataset, {
            start: layout.look?.start, pxPerSample: layout.look?.pxPerSample, gutter: layout.gutter, drawn: layout.drawn,
            baselines: layout.rows.map((row) => row.baseline).join(" "), pxPerMv: layout.scale.pxPerMv,
        });
        const names = JSON.stringify([layout.leads, layout.rows, dpr]);
        if (names !== named) anyPart(`${id}-names`).replaceChildren(...rowNames(layout, dpr));
        named = names;
    });
    return { id, side, pane, canvas, span: () => ({ left: gutter, width }) };
}

/** @typedef {ReturnType<typeof sideOf>} SideParts */

/** Those that a move of `moving` moves. @param {SideParts} moving */
const together = (moving) => (comparison.locked ? sides : [moving]);

/** @param {SideParts} moving @param {(pane: Pane) => import("./view/sheet.js").Look} move */
function go(moving, move) {
    for (const { pane } of together(moving)) pane.look = move(pane);
    // One scale for both: what is held against each other must be as wide.
    for (const { pane } of sides) {
        if (pane.look.windowS !== moving.pane.look.windowS) {
            pane.look = { ...pane.look, windowS: moving.pane.look.windowS };
        }
        pane.paint();
    }
    shown();
}

/** @param {SideParts} moving @param {number} seconds */
const panBy = (moving, seconds) => go(moving, (pane) => moved(pane.look, seconds, pane.extent));

/** @param {SideParts} moving @param {number} factor @param {number} anchor */
const zoomBy = (moving, factor, anchor) => go(moving, (pane) => zoomed(pane.look, factor, anchor, pane.extent));

const limits = () => windowLimits(sides[0].pane.extent);

/** Say how things stand, beside the pictures, and keep the address. */
function shown() {
    const [one, other] = sides.map(({ pane }) => pane);
    const seconds = other.look.start / other.extent.fs - one.look.start / one.extent.fs;
    const time = positionWords(Math.abs(seconds), true);
    const apart = Math.abs(seconds) < 0.05 ? COMPARE.same : seconds > 0 ? COMPARE.apart(time) : COMPARE.before(time);
    const [a, b] = [one.extent.fs, other.extent.fs];
    if (!one.info || !other.info) write(anyPart("apart"), "");
    else write(anyPart("apart"), a === b ? apart : COMPARE.apartAnd(apart, COMPARE.rates(UNITS.hertz(String(a)), UNITS.hertz(String(b)))));
    part("window", HTMLInputElement).value = String(placeOf(one.look.windowS, limits()));
    write(anyPart("window-value"), spanWords(one.look.windowS));
    anyPart("lock").setAttribute("aria-pressed", String(comparison.locked));
    for (const { id, pane } of sides) {
        const field = part(`${id}-time`, HTMLInputElement);
        if (document.activeElement !== field) field.value = positionWords(momentOf(pane.look.start, pane.extent.fs), true);
    }
    clearTimeout(writing);
    writing = setTimeout(() => {
        comparison.one.start = one.look.start;
        comparison.other.start = other.look.start;
        comparison.spanS = one.look.windowS;
        history.replaceState(history.state, "", writeComparison(comparison));
        linkBack();
    }, ADDRESS_AFTER_MS);
}

/** The viewer, at what stands here. */
function linkBack() {
    for (const { id, side, pane } of sides) {
        const query = new URLSearchParams({
            record: side.record, at: String(Math.round(pane.look.start)), paused: "1",
            look: String(Math.round(pane.look.start)), span: String(pane.look.windowS),
        });
        part(`${id}-record`, HTMLAnchorElement).href = `/review?${query}`;
    }
}

/** Say what is not shown as it was asked for. @param {string} id @param {string[]} words */
function tell(id, words) {
    const told = anyPart(id);
    told.hidden = words.length === 0;
    write(told, words.join(" \u00b7 "));
}

/**
 * @param {SideParts} parts
 * @param {RecordInfo} info
 * @returns {string[]} what is said of the leads that are not shown
 */
function choose({ id, side, pane }, info) {
    const names = info.leads.map((lead) => lead.name);
    const { found, unknown } = readLeads(side.leads, names);
    const first = info.leads.find((lead) => lead.name === found[0]) ?? info.leads.find(({ kind }) => kind === "ecg") ?? info.leads[0];
    const wanted = found.length ? found : [first.name];
    const fitting = wanted.filter((name) => info.leads.find((lead) => lead.name === name)?.fs === first.fs);
    pane.open(info, fitting);
    const select = part(`${id}-lead`, HTMLSelectElement);
    const all = info.leads.filter(({ kind, fs }) => kind === "ecg" && fs === info.fs).map(({ name }) => name);
    select.replaceChildren(
        ...[...(all.length > 1 ? [[COMPARE.allEcg, all.join(",")]] : []), ...names.map((name) => [name, name])].map(
            ([text, value]) => {
                const option = document.createElement("option");
                option.textContent = text;
                option.value = value;
                return option;
            },
        ),
    );
    select.value = wanted.join(",");
    for (const one of sides) {
        one.pane.alike = sides.flatMap(({ pane: other }) => (other === one.pane ? [] : other.names));
        one.pane.paint();
    }
    return [
        ...(unknown.length ? [VIEWER.absent(unknown.join(", "))] : []),
        ...(fitting.length < wanted.length ? [VIEWER.mixedRates] : []),
    ];
}

/** @param {SideParts} parts */
async function load(parts) {
    const { id, side, pane } = parts;
    const trouble = anyPart(`${id}-trouble`);
    trouble.hidden = true;
    try {
        if (!side.record) throw new RequestFailed(0, COMPARE.noRecord);
        const info = /** @type {RecordInfo} */ (await fetchRecord(side.record));
        write(anyPart(`${id}-patient`), info.patient);
        write(anyPart(`${id}-record`), info.record);
        const told = choose(parts, info);
        pane.look = within({ start: side.start, windowS: comparison.spanS }, pane.extent);
        tell(`${id}-told`, [...told, ...movedWords(search, id, pane.look, pane.extent.fs)]);
        pane.paint();
    } catch (error) {
        if (!(error instanceof RequestFailed)) throw error;
        if (error.status === 401) toLogin();
        trouble.hidden = false;
        write(trouble, error.status === 404 ? COMPARE.gone(side.record) : error.message);
    }
}

/** @param {SideParts} parts */
function wireSide(parts) {
    const { id, side, pane, canvas, span } = parts;
    readGestures(canvas, {
        span,
        pan: (fraction) => panBy(parts, fraction * pane.look.windowS),
        zoom: (factor, anchor) => zoomBy(parts, factor, anchor),
    });
    canvas.addEventListener("keydown", ({ key, shiftKey }) => {
        const by = (shiftKey ? 1 : 0.1) * pane.look.windowS;
        /** @type {Record<string, () => void>} */
        const acts = {
            ArrowLeft: () => panBy(parts, -by), ArrowRight: () => panBy(parts, by),
            PageUp: () => panBy(parts, -pane.look.windowS), PageDown: () => panBy(parts, pane.look.windowS),
            Home: () => go(parts, (one) => within({ ...one.look, start: 0 }, one.extent)),
            End: () => go(parts, (one) => within({ ...one.look, start: Infinity }, one.extent)),
            "+": () => zoomBy(parts, 0.5, 0.5), "=": () => zoomBy(parts, 0.5, 0.5), "-": () => zoomBy(parts, 2, 0.5),
        };
        acts[key]?.();
    });
    canvas.addEventListener("keydown", (event) => {
        if (["ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"].includes(event.key)) event.preventDefault();
    });
    const field = part(`${id}-time`, HTMLInputElement);
    field.addEventListener("input", () => field.setCustomValidity(""));
    field.addEventListener("change", () => {
        const { info, extent } = pane;
        if (!info) return;
        const record = { ...extent, startTime: info.start_time, zone: info.zone };
        const place = readPlace(field.value, "elapsed", record);
        field.setCustomValidity("error" in place ? place.error : "");
        if (!field.reportValidity() || "error" in place) return;
        // Somebody who types a time wants this stretch there; the other one stays.
        pane.look = within({ ...pane.look, start: place.sample }, extent);
        const went = positionWords(pane.look.start / extent.fs, true);
        tell(`${id}-told`, place.sample - pane.look.start > 1 ? [COMPARE.moved(field.value.trim(), went)] : []);
        pane.paint();
        shown();
    });
    const lead = part(`${id}-lead`, HTMLSelectElement);
    lead.addEventListener("change", () => {
        side.leads = lead.value;
        if (pane.info) tell(`${id}-told`, choose(parts, pane.info));
        pane.look = within(pane.look, pane.extent);
        shown();
    });
    watchSize(canvas, (size) => pane.dress({ size, display: display() }));
}

/** @returns {import("./view/geometry.js").Display} */
const display = () => ({
    ...USUAL, ...recallScreen(localStore(), screenHere()), mmPerMv: comparison.gain, times: {}, filter: NONE,
});

async function start() {
    const stray = strayParts(search);
    tell("stray", stray.length ? [VIEWER.stray(stray.join(", "))] : []);
    fillSelect(part("gain", HTMLSelectElement), GAINS, VIEWER.mmPerMv);
    const gain = part("gain", HTMLSelectElement);
    gain.value = String(comparison.gain);
    gain.addEventListener("change", () => {
        comparison.gain = Number(gain.value);
        for (const { pane } of sides) pane.dress({ display: display() });
        shown();
    });
    anyPart("lock").addEventListener("click", () => {
        comparison.locked = !comparison.locked;
        shown();
    });
    anyPart("align").addEventListener("click", () => {
        const [one, other] = sides.map(({ pane }) => pane);
        other.look = within({ ...other.look, start: (one.look.start / one.extent.fs) * other.extent.fs }, other.extent);
        other.paint();
        shown();
    });
    const window_ = part("window", HTMLInputElement);
    window_.addEventListener("input", () => {
        const next = Number(windowAt(Number(window_.value), limits()).toPrecision(2));
        zoomBy(sides[0], next / sides[0].pane.look.windowS, 0.5);
    });
    for (const parts of sides) {
        wireSide(parts);
        parts.pane.dress({ palette: palette(), display: display() });
    }
    onThemeChange(() => {
        for (const { pane } of sides) pane.dress({ palette: palette() });
    });
    await Promise.all(sides.map(load));
    shown();
    linkBack();
}

void start();
