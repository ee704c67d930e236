// Which marks stand on the picture, and who says so: the switches of all layers, for whoever offers one.

import { localStore } from "./store.js";
import { anyPart, part } from "./page.js";
import { MARKS } from "../texts/marks.js";

/** @typedef {import("../view/layers.js").Layer} Layer */
/**
 * A layer that is offered. `name` of the set; `says`: who made it and how, in words; `count`: how many marks, null =
 * not known (yet); `partly`: of a part of the record, there may be more; `colour`: one of `COLOURS`; `layer`: what is drawn, null = nothing yet.
 * @typedef {{ name: string, says: string, count: number | null, partly?: boolean, colour: string, layer: Layer | null }} Offer
 */

const KEPT = "ecgstream.marks";

export class MarkLayers {
    #desk;
    #dialog = part("marks-dialog", HTMLDialogElement);
    #list = anyPart("marks-list");
    /** @type {Map<string, Offer & { first: boolean }>} */
    #offers = new Map();
    /** What was chosen, by id: of the address, else the last time. @type {Record<string, boolean>} */
    #chosen;
    /** @type {Map<string, ((on: boolean) => void)[]>} */
    #hearers = new Map();

    /** @param {import("./desk.js").Desk} desk */
    constructor(desk) {
        this.#desk = desk;
        this.#chosen = { ...recall(), ...readMarks(desk.linked("marks") ?? "") };
    }

    open() {
        if (!this.#dialog.open) this.#dialog.showModal();
    }

    /**
     * Offer a layer, or say what has become of it.
     * @param {string} id
     * @param {Offer} offer
     * @param {boolean} first whether it is shown to somebody who never chose
     */
    offer(id, offer, first = true) {
        const before = this.#offers.get(id);
        this.#offers.set(id, { ...offer, first });
        this.#draw(id);
        if (!before || before.name !== offer.name || before.says !== offer.says || before.count !== offer.count || before.partly !== offer.partly) this.#show();
    }

    /** It is no more. @param {string} id */
    withdraw(id) {
        if (!this.#offers.delete(id)) return;
        this.#desk.ways.ask({ ask: "marks", id, layer: null });
        this.#show();
    }

    /** @param {string} id */
    isOn(id) {
        return this.#chosen[id] ?? this.#offers.get(id)?.first ?? false;
    }

    /** Whether somebody switched it off, be it offered already or not. @param {string} id */
    isOff(id) {
        return this.#chosen[id] === false;
    }

    /** @param {string} id @param {(on: boolean) => void} then it was switched */
    on(id, then) {
        this.#hearers.set(id, [...(this.#hearers.get(id) ?? []), then]);
    }

    /** @param {string} id @param {boolean} on */
    turn(id, on) {
        if (this.isOn(id) === on) return;
        this.#chosen[id] = on;
        keep({ ...recall(), [id]: on });
        this.#desk.carry("marks", writeMarks(this.#chosen, (one) => this.#offers.get(one)?.first));
        this.#draw(id);
        for (const box of this.#list.querySelectorAll("input")) if (box.value === id) box.checked = on;
        this.#tellOff();
        for (const then of this.#hearers.get(id) ?? []) then(on);
    }

    /** @param {string} id */
    #draw(id) {
        this.#desk.ways.ask({ ask: "marks", id, layer: this.isOn(id) ? (this.#offers.get(id)?.layer ?? null) : null });
        // What is drawn, for tests.
        const drawn = [...this.#offers].filter(([one, { layer }]) => layer && this.isOn(one)).map(([one]) => one);
        document.documentElement.dataset["marks"] = drawn.join(",");
    }

    /** What is there and does not stand on the picture is said where it can be switched on. */
    #tellOff() {
        const off = [...this.#offers].filter(([id]) => !this.isOn(id)).map(([, { name }]) => name);
        const button = anyPart("marks");
        button.dataset["off"] = off.length ? MARKS.off(off.length) : "";
        button.title = off.length ? MARKS.whichOff(off.join(", ")) : MARKS.which;
    }

    #show() {
        this.#tellOff();
        anyPart("marks-none").hidden = this.#offers.size > 0;
        this.#list.replaceChildren(
            ...[...this.#offers].map(([id, { name, says, count, partly = false, colour }]) => {
                const row = document.createElement("label");
                row.className = "lead mark-set";
                const box = document.createElement("input");
                box.type = "checkbox";
                box.value = id;
                box.checked = this.isOn(id);
                box.addEventListener("change", () => this.turn(id, box.checked));
                const swatch = document.createElement("span");
                swatch.className = "mark-set__colour";
                swatch.setAttribute("aria-hidden", "true");
                swatch.style.setProperty("background", `var(--mark-${colour})`);
                const title = document.createElement("span");
                title.className = "lead__name";
                title.textContent = name;
                const what = document.createElement("span");
                what.className = "lead__what num";
                what.textContent = count === null ? says : MARKS.counted(says, count, partly);
                row.append(box, swatch, title, what);
                return row;
            }),
        );
    }
}

/**
 * Return what `beats:0,set atr:1` says: a name may hold a comma or a colon.
 * @param {string} text
 */
export function readMarks(text) {
    /** @type {Record<string, boolean>} */
    const chosen = {};
    for (const [, id, on] of text.matchAll(/(?:^|,)(.+?):([01])(?=,|$)/g)) chosen[id] = on === "1";
    return chosen;
}

/**
 * Return what differs from what somebody sees who never chose.
 * @param {Record<string, boolean>} chosen
 * @param {(id: string) => boolean | undefined} first undefined = nobody offers it here
 */
export const writeMarks = (chosen, first) =>
    Object.entries(chosen)
        .filter(([id, on]) => first(id) !== undefined && on !== first(id))
        .map(([id, on]) => `${id}:${on ? 1 : 0}`)
        .join(",");

/** @returns {Record<string, boolean>} */
function recall() {
    try {
        const said = JSON.parse(localStore().getItem(KEPT) ?? "{}");
        return Object.fromEntries(Object.entries(said ?? {}).filter(([, on]) => typeof on === "boolean"));
    } catch {
        // Forbidden, or not ours: nothing is remembered.
        return {};
    }
}

/** @param {Record<string, boolean>} chosen */
function keep(chosen) {
    try {
        localStore().setItem(KEPT, JSON.stringify(chosen));
    } catch {
        // Forbidden or full: it lasts as long as the page.
    }
}
