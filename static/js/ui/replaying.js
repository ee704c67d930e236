// A session that is replayed: the viewer is led by its log until somebody takes over.

import { paceOf, PACES, SessionClock } from "../sessions/clock.js";
import { Lead } from "../sessions/lead.js";
import { layerOf } from "../sessions/marks.js";
import { REPLAY } from "../texts/sessions.js";
import { actionFor } from "./keys.js";
import { anyPart, fillSelect, part, write } from "./page.js";
import { ReplayPointer } from "./replaypointer.js";
import { epoch } from "./seen.js";
import { positionWords } from "./words.js";

/** @typedef {import("../net/sessions.js").Session} Session */
/** @typedef {import("../sessions/log.js").Log} Log */
/** @typedef {import("../sessions/lead.js").Deed} Deed */
/**
 * `left`: nobody leads any more, with words for the person. `more`: how the session stands, and what came after so many events.
 * @typedef {{
 *   left: (words: string) => void, more: (after: number) => Promise<[Session, import("../sessions/log.js").Event[]]>,
 * }} Hears
 */

/** Milliseconds until the viewer has to stand where a replay begins; then it begins all the same. */
const PATIENCE = 4000;
/** Milliseconds for which a note, or what was marked, stands under the picture. */
const TOLD_MS = 6000;
/** Seconds of signal by which the pen may be past what came before the session waits, and those at hand to go on. */
const LACKS_S = 0.3;
const ENOUGH_S = 0.6;
/** Milliseconds between two steps of a page that nobody sees. */
const HIDDEN_MS = 250;
/** Milliseconds between two looks at a session that is still recorded, and before its end from when on. */
const MORE_EVERY_MS = 1000;
const MORE_BEFORE_MS = 5000;
/** Milliseconds between two writings of the place into the address. */
const ADDRESS_MS = 5000;

/** Keys that move nothing. */
const HARMLESS = ["theme", "fullScreen", "help", "card", "marks", "sessions"];

export class Replaying {
    #desk;
    #hears;
    #log;
    #session;
    #clock = new SessionClock();
    #lead = new Lead();
    #pointer;
    #pace = 1;
    #plays = true;
    #leads = true;
    /** Until when the viewer may take to stand where it begins; null = it does. @type {number | null} */
    #coming = null;
    #seeks = 0;
    #waits = false;
    #over = new AbortController();
    #frame = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    #timer;
    #addressed = 0;
    #asked = 0;
    #asking = false;
    /** The marks that are drawn: how many there were, at which rate. */
    #marked = "";

    /**
     * @param {import("./desk.js").Desk} desk
     * @param {Session} session
     * @param {Log} log
     * @param {Hears} hears
     */
    constructor(desk, session, log, hears) {
        this.#desk = desk;
        this.#hears = hears;
        this.#log = log;
        this.#session = session;
        this.#pointer = new ReplayPointer(desk);
        this.#pointer.of(session.author);
        this.#wire();
    }

    get session() {
        return this.#session;
    }

    /** Begin, or go on, at a moment. @param {number} t ms @param {{ plays?: boolean }} [how] */
    begin(t, { plays = true } = {}) {
        this.#leads = true;
        this.#plays = plays;
        this.#go(t);
        this.#show();
        this.#step();
    }

    #wire() {
        const { signal } = this.#over;
        /** @param {string} id @param {() => void} act */
        const press = (id, act) => anyPart(id).addEventListener("click", act, { signal });
        press("replay-play", () => this.toggle());
        press("replay-take", () => this.takeOver());
        press("replay-back", () => this.begin(this.#clock.at(epoch())));
        press("replay-leave", () => this.leave());
        const pace = part("replay-pace", HTMLSelectElement);
        fillSelect(pace, PACES, REPLAY.times);
        pace.value = String(this.#pace);
        pace.addEventListener("change", () => this.#paced(Number(pace.value)), { signal });
        const at = part("replay-at", HTMLInputElement);
        at.addEventListener("input", () => this.begin(Number(at.value), { plays: this.#plays }), { signal });
        for (const kind of /** @type {const} */ (["pointerdown", "wheel"])) {
            document.addEventListener(kind, ({ target }) => this.#touched(target), { signal, capture: true, passive: true });
        }
        document.addEventListener("keydown", (event) => this.#key(event), { signal, capture: true });
        this.#timer = setInterval(() => document.hidden && this.#step(), HIDDEN_MS);
        const next = () => {
            this.#step();
            this.#frame = requestAnimationFrame(next);
        };
        this.#frame = requestAnimationFrame(next);
    }

    /** @param {EventTarget | null} target */
    #touched(target) {
        if (this.#leads && target instanceof Element && moves(target)) this.takeOver();
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        if (!this.#leads || document.querySelector("dialog[open]")) return;
        const { target } = event;
        const typed = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
        const action = actionFor(event);
        if (typed || !action || HARMLESS.includes(action)) return;
        const pressed = target instanceof HTMLButtonElement && (event.key === " " || event.key === "Enter");
        if (pressed) return;
        if (action !== "playPause") this.takeOver();
        if (action !== "playPause" && action !== "follow") return;
        // The space bar holds what is seen to move: here, the session. Escape leaves it, and the viewer where it stands.
        event.preventDefault();
        event.stopPropagation();
        if (action === "playPause") this.toggle();
    }

    /** Hold the session, or go on; at its end, from the start. */
    toggle() {
        const t = this.#clock.at(epoch());
        if (!this.#leads) this.begin(t);
        else if (this.#plays && t < this.#log.end) {
            this.#plays = false;
            this.#show();
        } else this.begin(t >= this.#log.end ? 0 : t);
    }

    /** @param {number} pace */
    #paced(pace) {
        this.#pace = pace;
        this.#show();
    }

    /** Leave the viewer where it stands, to the person. */
    takeOver() {
        if (!this.#leads) return;
        this.#leads = false;
        const now = epoch();
        const { view } = this.#log.at(this.#clock.at(now));
        const playing = this.#clock.pace > 0 && view.moving;
        this.#clock.go(0, now);
        this.#pointer.hide();
        this.#mark([], 0);
        const { ask } = this.#desk.ways;
        // Its pace was that of the replay.
        if (view.speed * this.#pace !== view.speed) ask({ ask: "speed", speed: view.speed });
        if (!playing && this.#desk.status?.playing) ask({ ask: "pause" });
        ask({ ask: "pen", pen: null });
        this.#desk.carry("session", "");
        this.#desk.ways.notice(REPLAY.takenOver);
        this.#show();
    }

    /** Be over. */
    leave(/** @type {string} */ words = REPLAY.left) {
        this.takeOver();
        this.#over.abort();
        cancelAnimationFrame(this.#frame);
        clearInterval(this.#timer);
        this.#desk.carry("session", "");
        for (const id of ["replay", "fact-session"]) anyPart(id).hidden = true;
        delete document.documentElement.dataset["replaying"];
        this.#hears.left(words);
    }

    /** Set the session to a moment, and have the viewer come there first. @param {number} t */
    #go(t) {
        const now = epoch();
        this.#clock.go(0, now);
        this.#clock.set(Math.min(this.#log.end, Math.max(0, t)), now);
        this.#lead.anew();
        this.#seeks = this.#desk.status?.seeks ?? 0;
        this.#coming = Infinity;
        this.#address(now, true);
    }

    /** Whether the viewer stands where it was sent. @param {number} now @param {import("../sessions/log.js").View} view */
    #arrived(now, view) {
        const { status, layout } = this.#desk;
        if (this.#coming === null || now >= this.#coming) return true;
        if (!status || !layout || status.fs !== view.fs || status.aim !== null) return false;
        return status.seeks > this.#seeks && layout.stored.join("\n") === view.leads.join("\n");
    }

    #step() {
        const { status } = this.#desk;
        // Before there is a picture nothing can be asked of it.
        if (!this.#leads || !status?.fs) return;
        const now = epoch();
        if (this.#coming === Infinity) this.#coming = now + PATIENCE;
        const t = Math.min(this.#log.end, this.#clock.at(now));
        const moment = this.#log.at(t);
        const { view } = moment;
        if (this.#coming !== null && this.#arrived(now, view)) {
            this.#coming = null;
            this.#show();
        }
        const ends = this.#plays && t >= this.#log.end;
        if (this.#session.recording && t > this.#log.end - MORE_BEFORE_MS) void this.#more(now);
        if (ends && !this.#session.recording) {
            this.#plays = false;
            this.#show();
        }
        // Who has caught up with what is being recorded waits for more of it.
        if (ends) this.#clock.set(t, now);
        const wished = this.#plays && !ends && this.#coming === null ? paceOf(this.#pace, view) : 0;
        this.#wait(moment, status);
        this.#clock.go(this.#waits ? 0 : wished, now);
        for (const deed of this.#lead.step(moment, { pace: wished, held: this.#waits, now, stands: status })) this.#do(deed);
        this.#pointer.show(moment, now);
        this.#mark(moment.marks, status.fs);
        this.#tell(moment, t, { pace: wished, now });
        this.#address(now);
    }

    /** Ask for what was recorded since. @param {number} now */
    async #more(now) {
        if (this.#asking || now - this.#asked < MORE_EVERY_MS) return;
        this.#asked = now;
        this.#asking = true;
        // Nobody there: it is asked again.
        const more = await this.#hears.more(this.#log.count).catch(() => null);
        this.#asking = false;
        if (!more || this.#over.signal.aborted) return;
        const [session, events] = more;
        for (const event of events) this.#log.add(event);
        this.#session = session;
        this.#log.extend(session.lasted_ms);
        this.#show();
    }

    /** Draw the annotations as they stood. @param {readonly import("../sessions/log.js").MarkEvent[]} marks @param {number} fs */
    #mark(marks, fs) {
        const now = marks.length ? `${marks.length} ${fs}` : "";
        if (now === this.#marked) return;
        this.#marked = now;
        const layer = layerOf(marks, fs);
        document.documentElement.dataset["sessionMarks"] = String(layer?.sample.length ?? 0);
        this.#desk.ways.ask({ ask: "marks", id: "session", layer });
    }

    /** What is to be drawn may not be there yet: the session waits for it. @param {import("../sessions/log.js").Moment} moment @param {import("./desk.js").Status} status */
    #wait({ view, sample }, { stop, ended, aim, fs }) {
        const rate = view.fs * view.speed * this.#pace;
        const lacks = view.moving && this.#plays && this.#coming === null && aim === null && !ended && fs === view.fs;
        const waits = lacks && sample > stop + (this.#waits ? -ENOUGH_S : LACKS_S) * rate;
        if (waits === this.#waits) return;
        this.#waits = waits;
        this.#show();
    }

    /** @param {Deed} deed */
    #do(deed) {
        const { ask, take } = this.#desk.ways;
        if (deed.do === "display") take.display(deed.change);
        else if (deed.do === "look") take.look(deed.look);
        else if (deed.do === "calipers") take.calipers(deed.text);
        else if (deed.do === "leads") ask({ ask: "leads", leads: deed.leads, sample: deed.sample });
        else if (deed.do === "seek") ask({ ask: "seek", sample: deed.sample });
        else if (deed.do === "speed") ask({ ask: "speed", speed: deed.speed });
        else if (deed.do === "pen") ask({ ask: "pen", pen: { sample: deed.sample, at: deed.at, rate: deed.rate } });
        else ask({ ask: deed.do });
    }

    // What is shown.

    #show() {
        const { author, started, title, other_samples: others } = this.#session;
        const when = new Date(started * 1000).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
        const root = document.documentElement;
        root.dataset["replaying"] = !this.#leads ? "over" : this.#coming !== null ? "coming" : !this.#plays ? "stands" : this.#waits ? "waits" : "plays";
        anyPart("replay").hidden = false;
        anyPart("fact-session").hidden = !this.#leads;
        const who = REPLAY.who(author, when, title);
        write(anyPart("replay-mark"), this.#leads ? REPLAY.mark : REPLAY.over);
        write(anyPart("replay-who"), who);
        anyPart("replay-who").title = anyPart("fact-session-who").title = who;
        write(anyPart("fact-session-who"), who);
        const end = this.#clock.at(epoch()) >= this.#log.end;
        write(anyPart("replay-play"), this.#plays && this.#leads ? REPLAY.pause : end ? REPLAY.again : REPLAY.goOn);
        anyPart("replay-take").hidden = !this.#leads;
        anyPart("replay-back").hidden = this.#leads;
        anyPart("replay-play").hidden = !this.#leads;
        const remark = this.#coming !== null ? REPLAY.coming : this.#waits ? REPLAY.waits : end ? (this.#session.recording ? REPLAY.goesOn : REPLAY.end) : others ? REPLAY.otherSamples : "";
        write(anyPart("replay-remark"), this.#leads ? remark : "");
        part("replay-at", HTMLInputElement).max = String(this.#log.end);
    }

    /** @param {import("../sessions/log.js").Moment} moment @param {number} t @param {{ pace: number, now: number }} at */
    #tell({ note, marks }, t, { pace, now }) {
        const at = part("replay-at", HTMLInputElement);
        const [here, of] = [positionWords(t / 1000), positionWords(this.#log.end / 1000)];
        at.value = String(Math.round(t));
        const { dataset } = document.documentElement;
        dataset["session"] = String(Math.floor(t));
        dataset["sessionAt"] = String(now);
        const time = REPLAY.time(here, of);
        write(anyPart("replay-time"), time);
        at.setAttribute("aria-valuetext", time);
        const slowed = pace > 0 && pace !== this.#pace;
        write(anyPart("replay-slowed"), slowed ? REPLAY.slowed(String(Number(pace.toPrecision(2)))) : "");
        const mark = marks.at(-1);
        const said = note && (!mark || note.t >= mark.t) ? { t: note.t, words: REPLAY.note(this.#session.author, note.text) } :
            mark ? { t: mark.t, words: REPLAY.marked[mark.change]([mark.symbol, mark.lead ?? "", mark.text].filter(Boolean).join(" ")) } : null;
        const fresh = said !== null && t - said.t < TOLD_MS * Math.max(1, this.#pace);
        write(anyPart("replay-note"), fresh && said ? said.words : "");
    }

    /** Keep the place in the address: a link leads to it. @param {number} now */
    #address(now, atOnce = false) {
        if (!atOnce && now - this.#addressed < ADDRESS_MS) return;
        this.#addressed = now;
        this.#desk.carry("session", `${this.#session.session}@${Math.round(this.#clock.at(now) / 100) / 10}`);
    }
}

/** Whether a person moves the viewer by that: whoever touches it leads it from then on. @param {Element} target */
function moves(target) {
    if (target.closest("#paper, #calipers, .seek__track, .jumps, #follow")) return true;
    if (!target.closest(".controls")) return false;
    return target.closest("select, input, .segmented, .pick, #back, #play, #on, #measure-open, #leads, #share") !== null;
}
