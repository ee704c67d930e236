// Cells of the panel of quality: the figures of each lead.

import { CHECKS, LEVELS } from "../texts/checks.js";

/** @typedef {import("../signal/checked.js").Checks} Checks */

/** @param {string} words @param {"td" | "th"} [tag] */
export function cell(words, tag = "td") {
    const made = /** @type {HTMLTableCellElement} */ (document.createElement(tag));
    made.textContent = words;
    return made;
}

/** The figures of a lead. @param {string} name @param {Checks} checks */
export function figureRow(name, checks) {
    const lead = checks.leads[name];
    const row = document.createElement("tr");
    const head = cell(name, "th");
    head.scope = "row";
    const worst = checks.findings.find(({ leads }) => leads.includes(name))?.level;
    const level = cell(worst ? LEVELS[worst] : CHECKS.dash);
    if (worst) level.dataset["level"] = worst;
    const share = (/** @type {number} */ part) => cell(part > 0 ? CHECKS.share(part) : CHECKS.dash);
    const hum = lead.hum_mv !== null && lead.hum_hz !== null && lead.hum_mv >= 0.001;
    row.append(
        head,
        level,
        cell(lead.size_mv === null ? CHECKS.dash : CHECKS.mv(lead.size_mv)),
        cell(hum ? CHECKS.hum(lead.hum_mv ?? 0, lead.hum_hz ?? 0) : CHECKS.dash),
        cell(lead.wander_mv === null ? CHECKS.dash : CHECKS.mv(lead.wander_mv)),
        share(lead.missing + lead.unreadable + lead.infinite),
        share(lead.flat),
        share(lead.saturated),
    );
    return row;
}
