// Sessions of the record that is shown: the panel, what is recorded, what is replayed.

import { RequestFailed } from "../net/api.js";
import { fetchLog, fetchSession } from "../net/sessions.js";
import { Log } from "../sessions/log.js";
import { markOf } from "../sessions/marks.js";
import { REPLAY, SESSIONS } from "../texts/sessions.js";
import { anyPart, part, write } from "./page.js";
import { Recording } from "./recording.js";
import { Replaying } from "./replaying.js";
import { SessionList } from "./sessionlist.js";
import { positionWords } from "./words.js";

/** Milliseconds without a word of the server after which it is said. */
const SILENT_MS = 3000;

export class SessionDesk {
    #desk;
    #panel = anyPart("sessions");
    #opener = anyPart("sessions-open");
    #list;
    /** @type {Recording | null} */
    #recording = null;
    /** Whether one is on its way to begin or to end. */
    #busy = false;
    /** @type {Replaying | null} */
    #replaying = null;
    #tick = 0;

    /** @param {import("./desk.js").Desk} desk */
    constructor(desk) {
        this.#desk = desk;
        this.#list = new SessionList({
            record: () => desk.record?.record ?? "",
            replay: (id) => void this.replay(id, 0),
            notice: (words) => desk.ways.notice(words),
            say: (words) => this.#say(words),
        });
        const told = () => this.#recording?.told();
        desk.on("status", told);
        desk.on("layout", told);
        desk.on("sight", told);
        desk.on("said", (said) => {
            const { fs = 0, record } = desk.record ?? {};
            if (!this.#recording || said.say !== "annotation" || said.record !== record || !said.annotation) return;
            const mark = markOf(said.annotation, { author: this.#recording.session.author, fs });
            if (mark) this.#recording.mark(mark);
        });
        anyPart("sessions-close").addEventListener("click", () => {
            this.close();
            this.#opener.focus();
        });
        anyPart("sessions-record").addEventListener("click", () => void this.#record());
        anyPart("sessions-note").addEventListener("submit", (event) => {
            event.preventDefault();
            this.#note();
        });
        this.#panel.addEventListener("keydown", (event) => {
            if (event.key !== "Escape" || event.defaultPrevented) return;
            event.preventDefault();
            event.stopPropagation();
            this.close();
            this.#opener.focus();
        });
        this.#show();
    }

    get open() {
        return !this.#panel.hidden;
    }

    toggle() {
        if (this.open) this.close();
        else {
            this.#desk.opens("sessions");
            this.#panel.hidden = false;
            this.#opener.setAttribute("aria-expanded", "true");
            anyPart("sessions-record").focus();
            void this.#list.fetch();
        }
    }

    close() {
        this.#panel.hidden = true;
        this.#opener.setAttribute("aria-expanded", "false");
    }

    // Recording.

    async #record() {
        if (this.#busy) return;
        const { record, status, layout } = this.#desk;
        if (!this.#recording && (!record || !status?.fs || !layout)) return this.#say(SESSIONS.notYet);
        if (!this.#recording && this.#replaying) return this.#say(SESSIONS.notWhileReplaying);
        this.#busy = true;
        if (this.#recording) await this.#recording.stop();
        else await this.#begin();
        this.#busy = false;
        this.#show();
    }

    async #begin() {
        const title = part("sessions-title-field", HTMLInputElement);
        try {
            this.#recording = await Recording.begin(this.#desk, title.value, {
                changed: () => this.#show(),
                over: (why) => this.#over(why),
            });
        } catch (error) {
            if (!(error instanceof RequestFailed)) throw error;
            this.#say(SESSIONS.cannot(error.message));
            return;
        }
        title.value = "";
        this.#desk.ways.notice(SESSIONS.begun);
        this.#tick = window.setInterval(() => this.#show(), 500);
        void this.#list.fetch();
    }

    /** @param {string} why */
    #over(why) {
        this.#recording = null;
        clearInterval(this.#tick);
        const words = why === "lost" ? SESSIONS.lost : why === "full" ? SESSIONS.full : why ? SESSIONS.refused(why) : SESSIONS.stopped;
        // Seen with the panel closed too.
        this.#desk.ways.notice(words);
        this.#show();
        this.#say(words);
        void this.#list.fetch();
    }

    #note() {
        const field = part("sessions-note-text", HTMLInputElement);
        const text = field.value.trim();
        if (!text || !this.#recording) return;
        this.#recording.note(text);
        field.value = "";
        this.#say(SESSIONS.noted);
    }

    // Replaying.

    /** Replay a session from `t` ms on. @param {string} id @param {number} t @returns {Promise<boolean>} whether one is replayed */
    async replay(id, t) {
        if (this.#recording) this.#desk.ways.notice(SESSIONS.notWhileReplaying);
        else await this.#begins(id, t);
        return this.#replaying !== null;
    }

    /** @param {string} id @param {number} t */
    async #begins(id, t) {
        try {
            const [session, events] = await Promise.all([fetchSession(id), fetchLog(id)]);
            const log = new Log(events, session.lasted_ms);
            if (session.record !== this.#desk.record?.record) this.#tell(REPLAY.elsewhere(session.record));
            else if (log.empty) this.#tell(REPLAY.empty);
            else {
                this.#replaying?.leave("");
                this.#replaying = new Replaying(this.#desk, session, log, {
                    left: (words) => this.#left(words),
                    more: (after) => Promise.all([fetchSession(id), fetchLog(id, after)]),
                });
                this.#replaying.begin(t);
                this.close();
            }
        } catch (error) {
            if (!(error instanceof RequestFailed)) throw error;
            this.#tell(error.status === 404 ? REPLAY.none : REPLAY.failed(error.message));
        }
        this.#show();
    }

    /** @param {string} words */
    #tell(words) {
        this.#desk.carry("session", "");
        this.#desk.ways.notice(words);
    }

    /** @param {string} words */
    #left(words) {
        this.#replaying = null;
        if (words) this.#desk.ways.notice(words);
        this.#show();
    }

    // What is shown.

    /** @param {string} words */
    #say(words) {
        write(anyPart("sessions-said"), words);
    }

    #show() {
        const recording = this.#recording;
        document.documentElement.dataset["recording"] = String(recording !== null);
        const lasted = recording ? positionWords(recording.stands.lasted / 1000) : "";
        anyPart("recording").hidden = !recording;
        write(anyPart("recording-word"), SESSIONS.sign(lasted));
        const button = anyPart("sessions-record");
        write(button, recording ? SESSIONS.stop : SESSIONS.record);
        button.dataset["recording"] = String(recording !== null);
        anyPart("sessions-note").hidden = !recording;
        anyPart("sessions-title-label").hidden = recording !== null;
        const silent = recording ? recording.stands.silent : 0;
        anyPart("recording").dataset["kept"] = String(silent < SILENT_MS);
        anyPart("recording").dataset["events"] = String(recording?.stands.kept ?? 0);
        const stands = !recording ? "" :
            silent < SILENT_MS ? `${SESSIONS.recording(lasted)}. ${SESSIONS.kept(recording.stands.kept)}` : SESSIONS.waiting(Math.round(silent / 1000));
        write(anyPart("sessions-state"), stands);
    }
}
