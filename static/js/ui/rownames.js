// The names of the lines, beside their rows or on the paper; and what the picture is drawn from.

import { millivoltsPer } from "../signal/calibration.js";
import { VIEW } from "../texts/view.js";
import { rangeWords, unitsWords } from "./words.js";
import { FACTS } from "../texts/viewer.js";

/** @typedef {import("../messages.js").Layout} Layout */

/** Of a letter's size: from the top of a lead's name to the foot of its pulse, and the height of a name on the paper. */
const NAME_EM = 1.64;
const TAG_EM = 1.31;

/** @param {number} y CSS pixels @param {number} em */
const above = (y, em) => `calc(${y}px - ${em}em)`;

/**
 * Return the names of all lines, and of those that the record does not have.
 * @param {Pick<Layout, "cells" | "without" | "rows" | "leads" | "gutter" | "nameWidth" | "unscaled" | "filtered">} layout
 * @param {number} dpr
 */
export function rowNames({ cells, without, rows, leads, gutter, nameWidth, unscaled, filtered }, dpr) {
    const place = { gutter, nameWidth, dpr, unscaled };
    return [
        ...cells.map((cell) => nameOf(leads[cell.lead], rows[cell.row], cell, place)),
        ...(filtered ? cells.filter((cell) => leads[cell.lead].filter) : []).map((cell) => {
            // Beside each lead, on the paper: a strip that is cut out says what was done to it.
            const tag = document.createElement("span");
            tag.className = "row-name row-name--inside row-filter";
            tag.textContent = leads[cell.lead].filter ?? "";
            tag.style.setProperty("left", `${cell.x / dpr + 4}px`);
            tag.style.setProperty("top", above((rows[cell.row].top + rows[cell.row].height) / dpr, TAG_EM));
            tag.style.setProperty("max-width", `${cell.width / dpr - 8}px`);
            return tag;
        }),
        ...without.map(({ name, row, x, width }) => {
            const none = document.createElement("span");
            none.className = "row-name row-name--inside row-name--none";
            none.textContent = `${name}: ${VIEW.notRecorded}`;
            none.style.setProperty("top", `${rows[row].top / dpr + 2}px`);
            none.style.setProperty("left", `${x / dpr + 4}px`);
            none.style.setProperty("max-width", `${width / dpr - 8}px`);
            return none;
        }),
    ];
}

/**
 * Return the name of a line, at its place.
 * @param {import("../view/stage.js").Shown} lead
 * @param {import("../view/layouts.js").Row} row
 * @param {import("../messages.js").Place} cell
 * @param {{ gutter: number, nameWidth: number, dpr: number, unscaled: string | null }} of
 */
function nameOf(lead, { top, height, baseline }, cell, { gutter, nameWidth, dpr, unscaled }) {
    const name = document.createElement("span");
    const other = lead.kind !== "ecg";
    name.className = other ? "row-name row-name--other" : "row-name";
    name.textContent = lead.name;
    const inside = cell.x > gutter;
    const scaled = !other && isVolts(lead);
    // Below the name it would stand on that of the next row.
    const low = (inside || scaled) && height / dpr < NAME_PX + remarksOn(lead).length * REMARK_PX;
    const remarks = low ? remarksOn({ ...lead, alias: lead.inverted ? lead.alias : "" }) : remarksOn(lead);
    if (low) name.classList.add("row-name--low");
    const aboveFoot = `max(${top / dpr}px, ${above(baseline / dpr, NAME_EM)})`;
    if (inside) {
        // A later column has no strip at its left: the name stands on the paper, as in print.
        name.classList.add("row-name--inside");
        name.style.setProperty("left", `${cell.x / dpr + 4}px`);
        name.style.setProperty("top", `calc(${aboveFoot} - ${TAG_EM}em)`);
    } else if (scaled) {
        // Beside the foot of its pulse.
        name.style.setProperty("top", aboveFoot);
        name.style.setProperty("width", `${nameWidth / dpr}px`);
    } else {
        // A row without a pulse has the whole strip for what is to be said.
        name.style.setProperty("top", `${top / dpr + 2}px`);
        name.style.setProperty("width", `${gutter / dpr - 1}px`);
        name.style.setProperty("max-height", `${height / dpr - 2}px`);
        const what = other ? lead.kind || FACTS.kindUnknown : FACTS.noScale;
        const range = unscaled && !lead.range ? FACTS.scaleNotHad : rangeWords(lead);
        const unknown = !other && lead.unit === null;
        // Half a range is read as another one: where its lines have no room it is not there, and the head says what holds of it.
        if (hasRoomFor(height / dpr)) remarks.push(unknown ? unitsWords(lead) : `${what}, ${range}`);
        else if (!unknown) remarks.push(what);
    }
    if (remarks.length) {
        const small = document.createElement("small");
        small.textContent = remarks.join(", ");
        name.append(small);
    }
    return name;
}

/** CSS pixels of a row that holds a name and a range of three lines. */
const RANGE_PX = 60;
/** CSS pixels of a name, and of a remark below it. Where they are not had, the names that leads are stored under are in the head alone. */
const NAME_PX = 16;
const REMARK_PX = 14;

/** Whether a row is high enough to say the range of a lead. @param {number} high CSS pixels */
export const hasRoomFor = (high) => high >= RANGE_PX;

/** What is to be known of a line that is not as it is stored. @param {import("../view/stage.js").Shown} lead */
function remarksOn({ derived, alias, inverted, times = 1, base = 0 }) {
    const remarks = [];
    if (derived) remarks.push(VIEW.derived);
    if (alias) remarks.push(inverted ? VIEW.storedTurned(alias) : VIEW.storedAs(alias));
    if (base) remarks.push(VIEW.base(base));
    if (Math.abs(times) !== 1) remarks.push(`\u00d7${Math.abs(times)}`);
    if (times < 0) remarks.push(VIEW.inverted);
    return remarks;
}

/** What the picture is drawn from. @param {Pick<Layout, "drawn" | "column" | "leads">} layout */
export function drawnWords({ drawn, column, leads }) {
    if (drawn === "samples") return VIEW.samples;
    if (drawn === "nothing") return VIEW.waiting;
    const what = drawn === "outline" ? VIEW.outline : VIEW.envelope(String(column));
    return leads.some((lead) => lead.derived) ? `${what}; ${VIEW.bounds}` : what;
}

/** Whether a row has a scale in mV. @param {import("../view/stage.js").Shown[]} leads */
export const showsVolts = (leads) => leads.some((lead) => lead.kind === "ecg" && isVolts(lead));

/** The ECG leads whose unit nobody says. @param {import("../view/stage.js").Shown[]} leads */
export const uncalibrated = (leads) => leads.filter(({ kind, unit }) => kind === "ecg" && unit === null).map(({ name }) => name);

/** @param {import("../view/stage.js").Shown} lead */
function isVolts(lead) {
    return millivoltsPer(lead.unit) !== null;
}

/** The leads that have no scale in mV: each is drawn by its own range. @param {import("../view/stage.js").Shown[]} leads */
export const drawnByRange = (leads) => leads.filter((lead) => lead.kind !== "ecg" || !isVolts(lead));
