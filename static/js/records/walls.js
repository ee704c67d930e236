// @ts-check
/** The way from the records to the walls that hang here. */

import { fetchWalls } from "./api.js";
import { RECORDS } from "../texts/records.js";

/**
 * List the walls in `menu`, which stays hidden where there are none, or where they cannot be read: the
 * records are what this page is for.
 * @param {HTMLDetailsElement} menu
 */
export async function mountWalls(menu) {
    const walls = await fetchWalls(AbortSignal.timeout(15_000)).catch(() => []);
    const list = menu.querySelector("ul");
    list?.replaceChildren(...walls.map(itemOf));
    menu.hidden = walls.length === 0;
    document.addEventListener("pointerdown", (event) => {
        if (!(event.target instanceof Node) || !menu.contains(event.target)) menu.open = false;
    });
    menu.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !menu.open) return;
        menu.open = false;
        menu.querySelector("summary")?.focus();
        event.stopPropagation();
    });
}

/** @param {{ name: string, title: string, beds: number }} wall */
function itemOf({ name, title, beds }) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `/wall/${encodeURIComponent(name)}`;
    link.textContent = title;
    const count = document.createElement("span");
    count.textContent = RECORDS.beds(beds);
    link.append(count);
    item.append(link);
    return item;
}
