// The way to recorded sessions for the page: their code is loaded when somebody wants them, or a link does.

import { SESSIONS } from "../texts/sessions.js";
import { anyPart } from "./page.js";

/** @typedef {import("./sessiondesk.js").SessionDesk} SessionDesk */

export class Sessions {
    #desk;
    /** @type {Promise<SessionDesk> | null} */
    #loading = null;
    /** @type {SessionDesk | null} */
    #loaded = null;

    /** @param {import("./desk.js").Desk} desk */
    constructor(desk) {
        this.#desk = desk;
        anyPart("sessions-open").addEventListener("click", () => this.toggle());
        desk.panel("sessions", () => this.#loaded?.close());
        const linked = desk.linked("session") ?? "";
        if (linked) desk.on("record", () => void this.#follow(linked));
    }

    /** Open the panel, or close it. */
    toggle() {
        void this.#load().then((loaded) => loaded?.toggle());
    }

    /** Replay what the address asks for: `id@seconds`. @param {string} linked */
    async #follow(linked) {
        const [id, seconds] = linked.split("@");
        (await this.#load())?.replay(id, 1000 * (Number(seconds) || 0));
    }

    /** @returns {Promise<SessionDesk | null>} null where it cannot be had now */
    async #load() {
        this.#loading ??= import("./sessiondesk.js").then(({ SessionDesk }) => new SessionDesk(this.#desk));
        try {
            return (this.#loaded = await this.#loading);
        } catch {
            // Browsers keep a script that did not come as one that does not exist: only a reload asks again.
            this.#desk.ways.notice(SESSIONS.unavailable);
            return null;
        }
    }
}
