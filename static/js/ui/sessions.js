// The way to recorded sessions for the page: their code is loaded when somebody wants them, or a link does.

import { Late } from "./late.js";
import { anyPart } from "./page.js";

/** @typedef {import("./sessiondesk.js").SessionDesk} SessionDesk */

export class Sessions {
    /** @type {Late<SessionDesk>} */
    #sessions;

    /** @param {import("./desk.js").Desk} desk */
    constructor(desk) {
        this.#sessions = new Late(
            () => import("./sessiondesk.js").then(({ SessionDesk }) => new SessionDesk(desk)),
            desk.ways.notice,
        );
        anyPart("sessions-open").addEventListener("click", () => void this.toggle());
        desk.panel("sessions", () => this.#sessions.here?.close());
        const linked = desk.linked("session") ?? "";
        // Its room is kept from the beginning: what comes later shall not move the picture.
        if (linked) room("linked");
        if (linked) desk.on("record", () => void this.#follow(linked));
    }

    /** Open the panel, or close it. */
    async toggle() {
        (await this.#sessions.want())?.toggle();
    }

    /** Replay what the address asks for: `id@seconds`. @param {string} linked */
    async #follow(linked) {
        const [id, seconds] = linked.split("@");
        const sessions = await this.#sessions.want();
        if (!(await sessions?.replay(id, 1000 * (Number(seconds) || 0)))) room(null);
    }
}

/** Give room to what is said of a replay, or take it back. @param {"linked" | null} state */
function room(state) {
    for (const id of ["replay", "fact-session"]) anyPart(id).hidden = state === null;
    if (state) document.documentElement.dataset["replaying"] = state;
    else delete document.documentElement.dataset["replaying"];
}
