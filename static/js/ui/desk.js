// What the page offers to what lies beside the picture: beats, notes, comparisons, sessions. Each is a module of its
// own, and hears and asks by this alone.

/** @typedef {import("./opening.js").RecordInfo} RecordInfo */
/** @typedef {import("../messages.js").Status} Status */
/** @typedef {import("../messages.js").Layout} Layout */
/** @typedef {import("../messages.js").Say} Say */
/** @typedef {import("../view/sheet.js").Look} Look */
/**
 * What is heard: the record is at hand; how it stands; where everything stands in the picture; what is in sight
 * changed (by the person, or as it plays); the theme changed; whatever the viewer says.
 * @typedef {{
 *   record: RecordInfo, status: Status, layout: Layout, sight: Look, theme: undefined, said: Say,
 * }} Heard
 */
/**
 * `ask`: the viewer; `sight`: what is in sight, null = nothing yet; `see`: bring a sample into the middle, whatever is
 * played; `look`: look at a place; `stand`: stay where one is, whatever is played; `seek`: play on from a sample;
 * `notice`: words that are shown and spoken; `changed`: the address is to be written; `stands`: what the person chose;
 * `take`: choose it as somebody else had it.
 * @typedef {{
 *   ask: (message: import("../messages.js").Ask) => void, sight: () => Look | null,
 *   see: (sample: number) => void, look: (look: Look) => void, stand: () => void, seek: (sample: number) => void,
 *   notice: (text: string) => void, changed: () => void, stands: () => Stands, take: Take,
 * }} Ways
 */
/**
 * What the person chose, as it stands. `calipers` as in an address.
 * @typedef {{ display: import("../view/geometry.js").Display, look: Look | null, calipers: string }} Stands
 */
/**
 * Choices taken over from elsewhere: nothing of them is remembered in this browser. `look`: null = at what is played.
 * @typedef {{
 *   display: (change: { looks: Partial<import("./link.js").Looks>, times: Record<string, number>, filter: string }) => void,
 *   look: (look: Look | null) => void, calipers: (text: string) => void,
 * }} Take
 */

export class Desk {
    /** @type {RecordInfo | null} */
    record = null;
    /** @type {Status | null} */
    status = null;
    /** @type {Layout | null} */
    layout = null;
    #ways;
    /** @type {Map<keyof Heard, ((said: any) => void)[]>} */
    #hearers = new Map();
    /** @type {Map<string, () => void>} */
    #panels = new Map();
    /** @type {Record<string, string>} */
    #carried = {};
    #linked;

    /** @param {Ways} ways @param {string} search `location.search`, as the page was opened */
    constructor(ways, search) {
        this.#ways = ways;
        this.#linked = new URLSearchParams(search);
        // What a module has not taken yet goes on standing there.
        for (const name of EXTRAS) this.#carried[name] = this.#linked.get(name) ?? "";
    }

    get ways() {
        return this.#ways;
    }

    /**
     * @template {keyof Heard} K
     * @param {K} what
     * @param {(said: Heard[K]) => void} then
     */
    on(what, then) {
        this.#hearers.set(what, [...(this.#hearers.get(what) ?? []), then]);
    }

    /**
     * @template {keyof Heard} K
     * @param {K} what
     * @param {Heard[K]} said
     */
    tell(what, said) {
        if (what === "record") this.record = /** @type {RecordInfo} */ (said);
        if (what === "status") this.status = /** @type {Status} */ (said);
        if (what === "layout") this.layout = /** @type {Layout} */ (said);
        for (const then of this.#hearers.get(what) ?? []) then(said);
    }

    // Panels under the picture: one is open at a time.

    /** @param {string} name @param {() => void} close is called when another one opens */
    panel(name, close) {
        this.#panels.set(name, close);
    }

    /** A panel opens: the others close. @param {string} name */
    opens(name) {
        for (const [other, close] of this.#panels) if (other !== name) close();
    }

    // The address: a part of its own for each who has something that a link must bring back.

    /** What the address said as the page was opened; null = nothing. @param {Extra} name */
    linked(name) {
        return this.#linked.get(name);
    }

    /** Put a part into the address; empty = take it out. @param {Extra} name @param {string} text */
    carry(name, text) {
        if ((this.#carried[name] ?? "") === text) return;
        this.#carried[name] = text;
        this.#ways.changed();
    }

    /** What is carried, for the address. */
    get carried() {
        return this.#carried;
    }
}

/** The parts that modules beside the picture may put into an address; each reads its own. */
export const EXTRAS = Object.freeze(/** @type {const} */ (["marks", "follow", "compare", "notes", "session"]));
/** @typedef {typeof EXTRAS[number]} Extra */
