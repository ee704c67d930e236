// A session that is recorded: the viewer and the hand over it, written down and brought to the server.

import { EVERY, Keeper } from "../sessions/keeper.js";
import { placeOf } from "../sessions/pointing.js";
import { Recorder } from "../sessions/recorder.js";
import { viewOf } from "../sessions/standing.js";
import { beginSession, keepEvents } from "../net/sessions.js";
import { epoch, seenOn } from "./seen.js";
import { anyPart } from "./page.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** `changed`: how it stands is to be shown again; `over`: nothing more is kept, why, empty = it was stopped. @typedef {{ changed: () => void, over: (why: string) => void }} Hears */

export class Recording {
    #desk;
    #hears;
    #start;
    #recorder;
    #keeper;
    #stage = anyPart("stage");
    /** @type {ReturnType<typeof setInterval>} */
    #timer;
    /** @type {"samples" | "envelope" | "outline"} */
    #drawn = "samples";
    #ending = false;
    #over = new AbortController();

    /**
     * Begin one of what the desk shows. Raises RequestFailed.
     * @param {Desk} desk
     * @param {string} title
     * @param {Hears} hears
     */
    static async begin(desk, title, hears) {
        // Not randomUUID: a page that came without TLS has none.
        const session = await beginSession(uuid(), desk.record?.record ?? "", title);
        return new Recording(desk, session, hears);
    }

    /** @param {Desk} desk @param {import("../net/sessions.js").Session} session @param {Hears} hears */
    constructor(desk, session, hears) {
        this.#desk = desk;
        this.#hears = hears;
        this.session = session;
        this.#start = epoch();
        this.#recorder = new Recorder(this.#start);
        this.#keeper = new Keeper(this.#recorder, (batch) => keepEvents(session.session, batch), this.#start);
        this.told();
        this.#timer = setInterval(() => void this.#send(), EVERY);
        void this.#send();
        this.#listen();
    }

    #listen() {
        const { signal } = this.#over;
        const how = { passive: true, capture: true, signal };
        const moved = (/** @type {PointerEvent} */ event) => this.#point(event, event.buttons !== 0);
        this.#stage.addEventListener("pointermove", moved, how);
        this.#stage.addEventListener("pointerdown", moved, how);
        this.#stage.addEventListener("pointerup", moved, how);
        const left = (/** @type {PointerEvent} */ event) => this.#recorder.pointer(null, performance.timeOrigin + event.timeStamp);
        this.#stage.addEventListener("pointerleave", left, { passive: true, signal });
        this.#stage.addEventListener("pointercancel", left, how);
        // Whoever closes the page, or leaves it for another one, loses nothing, and the session is over.
        window.addEventListener("pagehide", () => void this.#keeper.send(epoch, { end: true, last: true }), { signal });
        document.addEventListener("visibilitychange", () => void this.#send(), { signal });
    }

    /** @param {PointerEvent} event @param {boolean} down */
    #point({ clientX, clientY, timeStamp }, down) {
        const at = performance.timeOrigin + timeStamp;
        const seen = seenOn(this.#desk, at);
        if (!seen) return;
        const { left, top } = seen.box;
        this.#recorder.pointer(placeOf(seen, { x: (clientX - left) * seen.dpr, y: (clientY - top) * seen.dpr }, down), at);
    }

    /** The viewer was heard of. */
    told() {
        const { status, layout, ways } = this.#desk;
        const sight = ways.sight();
        if (!status?.fs || !layout || !sight || this.#ending) return;
        if (layout.drawn !== "nothing") this.#drawn = layout.drawn;
        const { clientWidth, clientHeight } = this.#stage;
        const screen = { width: clientWidth, height: clientHeight };
        const view = viewOf({ status, layout, sight, screen, ...ways.stands() }, this.#drawn);
        this.#recorder.view(view, { told: status.at, now: epoch() });
    }

    /** Write down a note. @param {string} text */
    note(text) {
        this.#recorder.note(text, this.#desk.status?.shown ?? 0, epoch());
    }

    /** Write down that an annotation was made, changed or removed. @param {import("../sessions/log.js").Mark} mark */
    mark(mark) {
        this.#recorder.mark(mark, epoch());
    }

    /** Milliseconds that it has lasted, and for which nothing was acknowledged; how many events are on the server. */
    get stands() {
        const now = epoch();
        return { lasted: now - this.#start, silent: this.#keeper.silent(now), kept: this.#keeper.kept };
    }

    /** Have all of it kept, and be over. */
    async stop() {
        this.#ending = true;
        await this.#send();
    }

    async #send() {
        await this.#keeper.send(epoch, { end: this.#ending });
        const { failure, ended } = this.#keeper;
        if ((failure || ended) && !this.#over.signal.aborted) {
            clearInterval(this.#timer);
            this.#over.abort();
            this.#hears.over(failure);
        } else this.#hears.changed();
    }
}

/** A random UUID (RFC 9562, version 4). */
function uuid() {
    const bytes = window.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
