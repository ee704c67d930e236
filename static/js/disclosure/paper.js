// The sheets to be printed, as elements: heads, lines, and what is said on each of them.

import { make } from "./row.js";
import { heavyStep } from "./ruling.js";
import { lineMm, SHEET, TRACE_MM } from "./sheets.js";

/** @typedef {import("./vectors.js").Drawing} Drawing */

const SVG = "http://www.w3.org/2000/svg";
/** Units of a millimetre. */
export const UNIT = 100;
/** Of a letter of a reason, the widest of the usual ones. */
const LETTER = 125;

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 */
function shape(tag, attributes) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    return element;
}

/**
 * Return a page without its lines, and where these go.
 * @param {{ left: string[], right: string[], foot: string[], seconds: number, perPage: number, ticks: (seconds: number) => string }} of
 */
export function sheet({ left, right, foot, seconds, perPage, ticks }) {
    const section = make("section", "sheet");
    section.style.setProperty("--line", `${lineMm(perPage)}mm`);
    const head = make("header", "sheet__head");
    for (const [side, words] of Object.entries({ left, right })) {
        const column = make("div", `sheet__${side}`);
        column.append(...words.map((text) => {
            const line = make("p", "sheet__fact");
            line.textContent = text;
            return line;
        }));
        head.append(column);
    }
    const axis = make("div", "sheet__axis");
    const step = heavyStep(seconds);
    for (let i = 0; i * step <= seconds; i++) {
        const tick = make("span", "sheet__tick");
        tick.textContent = ticks(i * step);
        tick.style.setProperty("left", `${SHEET.time + SHEET.pulse + (TRACE_MM * i * step) / seconds}mm`);
        axis.append(tick);
    }
    const lines = make("div", "sheet__lines");
    const end = make("footer", "sheet__foot");
    end.append(...foot.map((text) => {
        const word = make("span", "sheet__fact");
        word.textContent = text;
        return word;
    }));
    section.append(head, axis, lines, end);
    return { section, lines };
}

/**
 * Return a line of a page.
 * @param {Drawing} drawing
 * @param {{
 *   name: string, elapsed: string, clock: string, height: number, baseline: number, pulse: number, ends: number,
 * }} of units; `pulse` = 0 for a lead without a scale in mV, `ends` = where the record does
 */
export function printedLine(drawing, { name, elapsed, clock, height, baseline, pulse, ends }) {
    const line = make("div", "sheet__line");
    const time = make("p", "sheet__time");
    const since = make("b", "sheet__elapsed");
    since.textContent = elapsed;
    const when = make("span", "sheet__clock");
    when.textContent = clock;
    time.append(since, " ", when);
    const gutter = SHEET.pulse * UNIT;
    const width = TRACE_MM * UNIT;
    const svg = shape("svg", {
        viewBox: `${-gutter} 0 ${gutter + width} ${height}`, width: `${SHEET.pulse + TRACE_MM}mm`, height: `${height / UNIT}mm`,
        role: "img", "aria-label": name, class: "sheet__svg",
    });
    for (let i = 0; i <= 6; i++) {
        const x = Math.round((width * i) / 6);
        if (x <= ends) svg.append(shape("path", { class: "sheet__rule", d: `M${x} 0V${height}` }));
    }
    svg.append(shape("path", { class: "sheet__rule", d: `M0 ${height}H${Math.min(width, Math.round(ends))}` }));
    for (const { x, width: wide, hatch, words } of drawing.gaps) {
        svg.append(shape("rect", { class: "sheet__gap", x, y: 0, width: wide, height }));
        svg.append(shape("path", { class: "sheet__hatch", d: hatch }));
        if (!words) continue;
        const said = shape("text", { class: "sheet__reason", x: x + 60, y: height - 70 });
        said.textContent = words;
        // On paper of its own, or the hatching would cross it out.
        const ground = { x: x + 20, y: height - 250, width: LETTER * words.length + 80, height: 240 };
        svg.append(shape("rect", { class: "sheet__gap", ...ground }), said);
    }
    if (pulse) {
        const top = Math.max(0, baseline - pulse);
        svg.append(shape("path", { class: "sheet__pulse", d: `M${60 - gutter} ${baseline}h50V${top}h90V${baseline}h50` }));
    }
    /** @type {[string, string][]} */
    const paths = [["trace", drawing.trace], ["dots", drawing.dots], ["beyond", drawing.beyond], ["beyond", drawing.rails]];
    for (const [kind, d] of paths) if (d) svg.append(shape("path", { class: `sheet__${kind}`, d }));
    line.append(time, svg);
    return line;
}

