// The tables of the panel that compares two sets.

import { kindOf } from "../agree/errors.js";
import { isChosen } from "../agree/link.js";
import { AGREEMENT } from "../texts/agreement.js";
import { anyPart } from "./page.js";
import { positionWords } from "./words.js";

/** @typedef {import("../net/agreement.js").Agreement} Agreement */
/** @typedef {import("../net/agreement.js").Disagreement} Disagreement */

/** @param {number} sample @param {number} fs */
export const timeOf = (sample, fs) => positionWords(sample / fs, true);

/**
 * Show the counts: a cell that has any is a button.
 * @param {Agreement} agreement
 * @param {string[]} chosen
 * @param {(cell: string) => void} press
 */
export function fillCells({ classes, counts }, chosen, press) {
    // Classes that nobody has would only be in the way.
    const used = classes.filter((_, i) => counts[i].some(Boolean) || counts.some((row) => row[i]));
    anyPart("agree-columns").replaceChildren(heading("", "col"), ...used.map((name) => heading(name.toLowerCase(), "col")));
    anyPart("agree-matrix").replaceChildren(
        ...used.map((reference) => {
            const row = document.createElement("tr");
            row.append(heading(reference, "row"));
            for (const test of used) row.append(cellOf(reference, test, counts[classes.indexOf(reference)][classes.indexOf(test)], chosen, press));
            return row;
        }),
    );
}

/** @param {string} name a class; empty = the corner @param {"row" | "col"} scope */
function heading(name, scope) {
    if (!name) return document.createElement("td");
    const cell = document.createElement("th");
    cell.scope = scope;
    cell.textContent = name;
    cell.title = AGREEMENT.classes[/** @type {keyof typeof AGREEMENT.classes} */ (name.toUpperCase())];
    return cell;
}

/**
 * @param {string} reference
 * @param {string} test
 * @param {number} count
 * @param {string[]} chosen
 * @param {(cell: string) => void} press
 */
function cellOf(reference, test, count, chosen, press) {
    const place = document.createElement("td");
    const cell = `${reference}/${test}`;
    place.dataset["kind"] = kindOf(cell);
    if (!count) {
        place.textContent = "OX".includes(reference) && "OX".includes(test) ? "" : "0";
        return place;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "agree__cell";
    button.dataset["cell"] = cell;
    button.textContent = AGREEMENT.count(count);
    button.setAttribute("aria-pressed", String(isChosen(chosen, cell)));
    button.setAttribute("aria-label", AGREEMENT.cell(reference, test, count));
    button.addEventListener("click", () => {
        press(cell);
    });
    place.append(button);
    return place;
}

/** @param {Agreement} agreement */
export function fillFigures({ scores, excused, rules }) {
    const shown = Object.entries(scores).filter(([, { found, missed, extra }]) => found + missed + extra > 0);
    const rows = shown.map(([name, score]) => {
        const row = document.createElement("tr");
        const title = document.createElement("th");
        title.scope = "row";
        title.textContent = AGREEMENT.scores[/** @type {keyof typeof AGREEMENT.scores} */ (name)];
        const ratios = [score.sensitivity, score.predictivity, score.f1].map(AGREEMENT.percent);
        row.append(title, ...[...ratios, AGREEMENT.count(score.missed), AGREEMENT.count(score.extra)].map(textCell));
        return row;
    });
    // Under all beats the last two columns are other things.
    const [all, ...classes] = rows;
    anyPart("agree-figures").replaceChildren(...(all ? [all] : []), ...(classes.length ? [classHeads(), ...classes] : []));
    anyPart("agree-rules").textContent = [AGREEMENT.rules(rules), excused ? AGREEMENT.excused(excused) : ""].join(" ");
}

/** What the columns are in the rows of classes. */
function classHeads() {
    const row = document.createElement("tr");
    row.className = "agree__heads";
    const heads = /** @type {const} */ (["lost", "wrong"]).map((which) => {
        const head = document.createElement("th");
        head.scope = "col";
        head.textContent = AGREEMENT.ofClass[which];
        head.title = AGREEMENT.ofClassSays[which];
        return head;
    });
    const rest = document.createElement("td");
    rest.colSpan = 4;
    row.append(rest, ...heads);
    return row;
}

/**
 * @param {Disagreement[]} found
 * @param {{
 *   fs: number, chosen: Disagreement | null, answer: (found: Disagreement) => string | null, look: (found: Disagreement) => void,
 * }} with
 */
export function fillErrors(found, { fs, chosen, answer, look }) {
    const body = anyPart("agree-rows");
    const held = body.contains(document.activeElement) ? document.activeElement?.getAttribute("data-sample") : null;
    body.replaceChildren(
        ...found.map((one) => {
            const row = document.createElement("tr");
            const button = document.createElement("button");
            button.type = "button";
            button.className = "agree__jump num";
            button.dataset["sample"] = String(one.sample);
            button.textContent = timeOf(one.sample, fs);
            button.setAttribute("aria-label", AGREEMENT.show(timeOf(one.sample, fs), AGREEMENT.kinds[kindOf(one.cell)]));
            button.addEventListener("click", () => {
                look(one);
            });
            const place = document.createElement("td");
            place.append(button);
            if (one.sample === chosen?.sample) row.setAttribute("aria-current", "true");
            const said = answer(one);
            row.append(
                place,
                textCell(AGREEMENT.kinds[kindOf(one.cell)]),
                textCell(AGREEMENT.side(one.reference?.label ?? null, one.reference?.score ?? null)),
                textCell(AGREEMENT.side(one.test?.label ?? null, one.test?.score ?? null)),
                textCell(said ? `${AGREEMENT.decided} ${said}` : ""),
            );
            return row;
        }),
    );
    if (held) /** @type {HTMLElement | null} */ (body.querySelector(`[data-sample="${held}"]`))?.focus();
    body.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}

/** @param {string} words */
function textCell(words) {
    const cell = document.createElement("td");
    cell.textContent = words;
    return cell;
}
