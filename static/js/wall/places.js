// The tiles as places of the page: to be reached by keyboard, pointer and screen reader. The picture itself
// lies beneath them on one canvas.

import { write } from "../ui/page.js";
import { WALL } from "../texts/wall.js";

/** @typedef {import("./messages.js").TileSays} TileSays */

/**
 * Return the place that an arrow leads to; `from` itself where there is none.
 * @param {{ x: number, y: number, width: number, height: number }[]} places
 * @param {number} from
 * @param {string} key
 */
export function nextPlace(places, from, key) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    const here = places[from];
    if (!way || !here) return from;
    const middle = (/** @type {typeof here} */ place) => [place.x + place.width / 2, place.y + place.height / 2];
    const [x, y] = middle(here);
    let best = from;
    let least = Infinity;
    places.forEach((place, i) => {
        const [px, py] = middle(place);
        const along = (px - x) * way[0] + (py - y) * way[1];
        const aside = Math.abs((px - x) * way[1]) + Math.abs((py - y) * way[0]);
        if (along < 1 || aside > along * 2) return;
        if (along + 3 * aside < least) {
            least = along + 3 * aside;
            best = i;
        }
    });
    return best;
}

/** One button over each tile. */
export class Places {
    #host;
    #open;
    /** @type {HTMLButtonElement[]} */
    #buttons = [];
    /** @type {TileSays[]} */
    #says = [];

    /** @param {HTMLElement} host @param {(tile: TileSays) => void} open */
    constructor(host, open) {
        this.#host = host;
        this.#open = open;
        host.addEventListener("keydown", (event) => this.#keyed(event));
        host.addEventListener("dblclick", (event) => {
            const at = this.#indexOf(event.target);
            if (this.#says[at]) this.#open(this.#says[at]);
        });
    }

    /** @param {TileSays[]} says @param {number} dpr */
    show(says, dpr) {
        this.#says = says;
        while (this.#buttons.length > says.length) this.#buttons.pop()?.remove();
        while (this.#buttons.length < says.length) {
            const button = document.createElement("button");
            button.type = "button";
            button.className = "tile";
            button.append(document.createElement("span"));
            this.#host.append(button);
            this.#buttons.push(button);
        }
        says.forEach((tile, i) => {
            const button = this.#buttons[i];
            const place = `${tile.x / dpr},${tile.y / dpr},${tile.width / dpr},${tile.height / dpr}`;
            if (button.dataset["place"] !== place) {
                button.dataset["place"] = place;
                const [left, top, width, height] = place.split(",");
                for (const [name, value] of Object.entries({ left, top, width, height })) {
                    button.style.setProperty(name, `${value}px`);
                }
            }
            // What stands on the tile, for those who cannot look at it: assistive technology and tests. No
            // age: it would be read out without end.
            write(/** @type {HTMLElement} */ (button.firstElementChild), WALL.tile(tile.label, WALL.words[tile.word], tile.rate, tile.pause !== ""));
            const { dataset } = button;
            dataset["state"] = tile.word;
            dataset["age"] = tile.age.toFixed(2);
            dataset["rate"] = tile.rate;
            dataset["pause"] = tile.pause;
            dataset["sample"] = String(tile.sample);
            dataset["position"] = tile.position.toFixed(1);
            dataset["hole"] = tile.hole.toFixed(2);
            dataset["detail"] = tile.detail;
        });
    }

    /** @param {EventTarget | null} target */
    #indexOf(target) {
        const button = target instanceof Element ? target.closest("button") : null;
        return button ? this.#buttons.indexOf(/** @type {HTMLButtonElement} */ (button)) : -1;
    }

    /** @param {KeyboardEvent} event */
    #keyed(event) {
        const at = this.#indexOf(event.target);
        if (at < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
        if (event.key === "Enter") {
            event.preventDefault();
            this.#open(this.#says[at]);
        } else if (event.key.startsWith("Arrow")) {
            event.preventDefault();
            this.#buttons[nextPlace(this.#says, at, event.key)]?.focus();
        }
    }

    /** Go to the first tile, from nowhere. */
    focus() {
        this.#buttons[0]?.focus();
    }
}
