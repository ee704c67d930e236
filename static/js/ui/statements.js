// Statements of a device or a reader over the picture: folded to a line that opens, so that they hide no lead.

import { STATEMENTS } from "../texts/statements.js";
import { anyPart } from "./page.js";

/** @param {string} tag @param {string} words @param {string} [look] */
function made(tag, words, look = "") {
    const element = document.createElement(tag);
    element.textContent = words;
    element.className = look;
    return element;
}

/** @param {{ name: string, said: string[] }[]} sets what each says */
export function fold(sets) {
    const before = document.getElementById("statements");
    const box = document.createElement("details");
    box.id = "statements";
    box.className = "statements";
    box.open = before?.hasAttribute("open") ?? false;
    box.append(made("summary", STATEMENTS.title(sets.reduce((sum, { said }) => sum + said.length, 0)), "statements__line"));
    for (const { name, said } of sets) {
        const list = document.createElement("ul");
        list.append(...said.map((words) => made("li", words)));
        box.append(made("p", STATEMENTS.whose(name), "statements__whose"), list);
    }
    if (before) before.replaceWith(box);
    else anyPart("stage").append(box);
}
