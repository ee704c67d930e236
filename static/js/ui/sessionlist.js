// The list of the sessions of a record: replayed, named, taken away, deleted.

import { RequestFailed } from "../net/api.js";
import { fetchFile } from "../net/exports.js";
import { deleteSession, fetchSessions, nameSession, pathOf } from "../net/sessions.js";
import { SESSIONS } from "../texts/sessions.js";
import { anyPart, write } from "./page.js";
import { positionWords } from "./words.js";

/** @typedef {import("../net/sessions.js").Session} Session */
/** @typedef {{ record: () => string, replay: (id: string) => void, notice: (words: string) => void, say: (words: string) => void }} Ways */

/** Milliseconds that a file is kept for the browser to take. */
const KEPT_MS = 60_000;
/** Milliseconds for which a second press deletes. */
const SURE_MS = 5000;

export class SessionList {
    #ways;
    #rows = anyPart("sessions-rows");
    /** @type {Session[]} */
    #sessions = [];
    /** @type {string | null} */
    #next = null;
    #asked = 0;

    /** @param {Ways} ways */
    constructor(ways) {
        this.#ways = ways;
        anyPart("sessions-more").addEventListener("click", () => void this.fetch(this.#next));
    }

    /** Fetch the list, or what comes after `cursor`. @param {string | null} [cursor] */
    async fetch(cursor = null) {
        const asked = ++this.#asked;
        const page = await this.#tried(fetchSessions(this.#ways.record(), cursor), SESSIONS.failed);
        if (!page || asked !== this.#asked) return;
        this.#sessions = cursor ? [...this.#sessions, ...page.sessions] : page.sessions;
        this.#next = page.next;
        this.#show();
    }

    /**
     * @template T
     * @param {Promise<T>} doing
     * @param {(why: string) => string} words
     * @returns {Promise<T | undefined>}
     */
    async #tried(doing, words = SESSIONS.trouble) {
        try {
            return await doing;
        } catch (error) {
            if (!(error instanceof RequestFailed)) throw error;
            this.#ways.say(words(error.message));
            return undefined;
        }
    }

    #show() {
        anyPart("sessions-none").hidden = this.#sessions.length > 0;
        anyPart("sessions-table").hidden = this.#sessions.length === 0;
        anyPart("sessions-more").hidden = this.#next === null;
        write(anyPart("sessions-more"), SESSIONS.more);
        this.#rows.replaceChildren(...this.#sessions.map((session) => this.#row(session)));
    }

    /** @param {Session} session */
    #row(session) {
        const row = document.createElement("tr");
        row.dataset["session"] = session.session;
        const title = session.title || SESSIONS.untitled;
        const when = new Date(session.started * 1000).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
        const state = session.recording ? SESSIONS.goesOn : session.ended ? "" : SESSIONS.brokeOff;
        const remarks = [SESSIONS.by(session.author), state, session.other_samples ? SESSIONS.otherSamples : ""].filter(Boolean).join(", ");
        const name = cell("th");
        name.setAttribute("scope", "row");
        name.append(session.mine ? this.#field(session) : title);
        const ways = cell("td");
        ways.className = "sessions__ways";
        const replay = button(SESSIONS.replay, SESSIONS.replayOf(title), () => this.#ways.replay(session.session));
        replay.classList.add("button--main");
        ways.append(
            replay,
            button(SESSIONS.log, SESSIONS.logOf(title), () => void this.#file(`${pathOf(session.session)}/log`)),
            button(SESSIONS.parquet, SESSIONS.parquetOf(title), () => void this.#file(`${pathOf(session.session)}/export?format=parquet`)),
            button(SESSIONS.wfdb, SESSIONS.wfdbOf(title), () => void this.#file(`${pathOf(session.session)}/export?format=wfdb`)),
        );
        if (session.mine && !session.recording) ways.append(this.#remove(session, title));
        row.append(name, cell("td", remarks), cell("td", when), cell("td", positionWords(session.lasted_ms / 1000)), ways);
        return row;
    }

    /** @param {Session} session */
    #field(session) {
        const field = document.createElement("input");
        Object.assign(field, { type: "text", className: "input", value: session.title, maxLength: 200, placeholder: SESSIONS.untitled });
        field.setAttribute("aria-label", SESSIONS.name);
        field.addEventListener("change", () => void this.#name(session, field));
        return field;
    }

    /** @param {Session} session @param {HTMLInputElement} field */
    async #name(session, field) {
        const named = await this.#tried(nameSession(session.session, field.value));
        if (named) session.title = named.title;
        field.value = session.title;
        if (named) this.#ways.say(SESSIONS.named);
    }

    /** @param {string} path */
    async #file(path) {
        this.#ways.say(SESSIONS.making);
        const made = await this.#tried(fetchFile({ path, signal: new AbortController().signal, progress: () => {} }));
        if (!made) return;
        const link = document.createElement("a");
        link.href = URL.createObjectURL(made.file);
        link.download = made.name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
        this.#ways.say(SESSIONS.done(made.name));
    }

    /** A button that is pressed twice. @param {Session} session @param {string} title */
    #remove(session, title) {
        let until = 0;
        const made = button(SESSIONS.remove, SESSIONS.removeOf(title), () => {
            if (performance.now() < until) void this.#removed(session);
            else {
                until = performance.now() + SURE_MS;
                say(SESSIONS.sure, SESSIONS.sureOf(title), true);
                setTimeout(() => say(SESSIONS.remove, SESSIONS.removeOf(title), false), SURE_MS);
            }
        });
        /** @param {string} words @param {string} label @param {boolean} sure */
        const say = (words, label, sure) => {
            write(made, words);
            made.setAttribute("aria-label", label);
            made.dataset["sure"] = String(sure);
        };
        made.classList.add("sessions__remove");
        return made;
    }

    /** @param {Session} session */
    async #removed(session) {
        if ((await this.#tried(deleteSession(session.session))) === undefined) return;
        this.#sessions = this.#sessions.filter((one) => one !== session);
        this.#show();
        this.#ways.say(SESSIONS.removed);
        anyPart("sessions-record").focus();
    }
}

/** @param {"td" | "th"} name @param {string} words */
function cell(name, words = "") {
    const made = document.createElement(name);
    made.textContent = words;
    return made;
}

/** @param {string} words @param {string} label @param {() => void} act */
function button(words, label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button sessions__small";
    made.textContent = words;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
}
