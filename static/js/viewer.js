// One subscription on one canvas: joins the socket, the samples and the picture. Runs in a worker where
// there is one, on the main thread elsewhere; whoever shows it speaks to it in messages.

import { fetchRanges, fetchWindow, RequestFailed } from "./net/api.js";
import { retryDelay } from "./net/backoff.js";
import { Connection } from "./net/connection.js";
import { scaleOf } from "./signal/calibration.js";
import { Follower } from "./signal/follower.js";
import { Delay, playheadAt, ServerTime, Shown } from "./signal/playhead.js";
import { Ring } from "./signal/ring.js";
import { conditionOf, LAG_TO_REPORT, lagOf, REPORT_EVERY } from "./signal/staleness.js";
import { Stage } from "./view/stage.js";
import * as commands from "./wire/commands.js";
import { BadMessage, decodeFrame } from "./wire/frames.js";

/** @typedef {import("./wire/events.js").LeadInfo} LeadInfo */
/** @typedef {import("./wire/events.js").Subscribed} Subscribed */
/** @typedef {import("./wire/events.js").State} State */
/** @typedef {import("./wire/events.js").ErrorEvent} ErrorEvent */
/** @typedef {import("./net/backoff.js").Closing} Closing */
/** @typedef {import("./net/api.js").Window} Window */
/** @typedef {import("./signal/staleness.js").Condition} Condition */
/** A lead of the catalog. @typedef {{ name: string, kind: string, fs: number }} Known */

/**
 * What is asked of a viewer.
 * @typedef {{ ask: "open", record: string, known: Known[], leads: string[] | null, sample: number, speed: number, playing: boolean }} Open
 * @typedef {{ ask: "size", size: import("./view/stage.js").Size }} AskSize
 * @typedef {{ ask: "display", display: import("./view/geometry.js").Display }} AskDisplay
 * @typedef {{ ask: "palette", palette: import("./view/painter.js").Palette }} AskPalette
 * @typedef {{ ask: "play" } | { ask: "pause" } | { ask: "retry" }} AskPlain
 * @typedef {{ ask: "seek", sample: number }} AskSeek
 * @typedef {{ ask: "speed", speed: number }} AskSpeed
 * @typedef {{ ask: "leads", leads: string[], sample: number | null }} AskLeads
 * @typedef {Open | AskSize | AskDisplay | AskPalette | AskPlain | AskSeek | AskSpeed | AskLeads} Ask
 * `sample` of `leads`: where to go on where they have another rate than those before.
 */

/**
 * How it stands. `shown`: the first sample not on the screen; `oldest`: the first that the picture was
 * painted from; `stop`: the first not received. `seeks`: how many were asked for; `aim`: where the one
 * that is not answered yet goes. `playing`: what is wished for. `age`, `lag`
 * and `delay` in seconds of wall time. `retryIn`: seconds until it connects again.
 * @typedef {{
 *   say: "status", condition: Condition, age: number, silence: number, lag: number, delay: number,
 *   playing: boolean, held: string | null, ended: boolean, up: boolean, boot: string,
 *   shown: number, oldest: number | null, seeks: number, aim: number | null, stop: number, length: number, fs: number, speed: number,
 *   startTime: number | null, zone: string | null, leads: LeadInfo[],
 *   trouble: { title: string, text: string, login: boolean, retryIn: number | null } | null,
 * }} Status
 * @typedef {{
 *   say: "layout", scale: import("./view/geometry.js").Scale, grid: import("./view/geometry.js").Grid,
 *   gutter: number, nameWidth: number, rows: import("./view/layouts.js").Row[], leads: import("./view/stage.js").Shown[],
 *   unscaled: string | null,
 * }} Layout
 * @typedef {{ say: "notice", text: string }} Notice
 * @typedef {Status | Layout | Notice} Say
 */

const SID = 1;

/** Seconds of wall time by which frames come early: hides the jitter of an ordinary line. */
const AHEAD = 0.5;

/** Values of the largest window that the server gives. */
const MOST_VALUES = 4e6;

/** Seconds of signal kept beside the window: what comes ahead at 32 times the pace, and a frame. */
const SPARE_S = 40;

/** Seconds between two words on how it stands. */
const TELL_EVERY = 0.1;

/** Commands whose answer begins a new tiling. */
const TURNS = new Set(["seek", "leads"]);
/** Commands that are answered when there is something to show. */
const LOADS = new Set(["subscribe", "seek", "leads", "play"]);

/**
 * @typedef {import("./net/connection.js").World & {
 *   frame(then: () => void): void,
 *   every(seconds: number, then: () => void): void,
 *   canvas(width: number, height: number): import("./view/stage.js").Canvas,
 * }} ViewerWorld
 */

/** Plays one record on one canvas. */
export class Viewer {
    #world;
    #say;
    #stage;
    #connection;
    #time = new ServerTime();
    #delay = new Delay();
    #shown = new Shown();
    #follower = new Follower();
    /** @type {Ring | null} */
    #ring = null;
    /** @type {Open | null} */
    #wish = null;
    /** @type {Subscribed | null} */
    #subscribed = null;
    /** Whether the subscription stands on the socket that is open now. */
    #standing = false;
    #pictured = false;
    #reachable = true;
    #ended = false;
    #boot = "";
    /** When the picture was last known to be of now. */
    #fresh = 0;
    /** @type {Map<number, { op: string, at: number }>} */
    #pending = new Map();
    #seeks = 0;
    /** @type {number | null} */
    #seeking = null;
    /** @type {number | null} */
    #wanted = null;
    /** @type {Status["trouble"]} */
    #trouble = null;
    #retryAt = 0;
    #refused = false;
    #resubscribes = 0;
    /** @type {(() => void) | null} */
    #cancelRetry = null;
    /** @type {AbortController | null} */
    #asking = null;
    /** @type {{ stop: number, leads: string, answer: Promise<Window> } | null} */
    #prefetched = null;
    /** @type {Map<string, { low: number, high: number } | null>} */
    #ranges = new Map();
    /** @type {string | null} */
    #unscaled = null;
    #ticked = 0;
    #told = -Infinity;
    #reported = 0;
    #lagging = false;
    #condition = "";

    /**
     * @param {import("./view/stage.js").Canvas} canvas
     * @param {ViewerWorld} world
     * @param {(message: Say) => void} say
     */
    constructor(canvas, world, say) {
        this.#world = world;
        this.#say = say;
        this.#stage = new Stage(canvas, world.canvas);
        this.#connection = new Connection(world, {
            event: (event) => this.#event(event),
            frame: (message) => this.#frame(message),
            down: (closing, detail, retryIn) => this.#down(closing, detail, retryIn),
        });
        const tick = () => {
            this.#tick();
            world.frame(tick);
        };
        world.frame(tick);
        // Beside the frames, which a hidden page does not get.
        world.every(TELL_EVERY, () => this.#watch());
    }

    /** @param {Ask} message */
    ask(message) {
        switch (message.ask) {
            case "open":
                return this.#open(message);
            case "size":
                this.#stage.resize(message.size);
                return this.#laidOut();
            case "display":
                this.#stage.show(message.display);
                return this.#laidOut();
            case "palette":
                this.#stage.paint(message.palette);
                return this.#laidOut();
            case "play":
                return this.#play(true);
            case "pause":
                return this.#play(false);
            case "seek":
                return this.#seek(message.sample);
            case "speed":
                return this.#speed(message.speed);
            case "leads":
                return this.#leads(message.leads, message.sample);
            case "retry":
                return this.#retry();
        }
    }

    // What the person wants.

    /** @param {Open} wish */
    #open(wish) {
        this.#wish = wish;
        this.#fresh = this.#world.now();
        this.#connection.start();
    }

    /** @param {boolean} playing */
    #play(playing) {
        const wish = this.#wish;
        if (!wish) return;
        if (playing && this.#ended) this.#seek(0);
        wish.playing = playing;
        if (this.#standing) {
            this.#command(playing ? "play" : "pause", (id) =>
                playing ? commands.play(id, SID) : commands.pause(id, SID),
            );
        }
        this.#tell();
    }

    /** @param {number} sample */
    #seek(sample) {
        const wish = this.#wish;
        if (!wish) return;
        const length = this.#subscribed?.length ?? Infinity;
        const at = Math.min(length, Math.max(0, Math.round(sample)));
        wish.sample = at;
        this.#seeks++;
        if (!this.#standing) return;
        // One at a time, then the last one asked for: a dragged slider is not a flood.
        if (this.#seeking !== null) {
            this.#wanted = at;
            return;
        }
        this.#seeking = at;
        this.#prefetch(at);
        this.#follower.turn();
        this.#command("seek", (id) => commands.seek(id, SID, at));
    }

    /** @param {number} speed */
    #speed(speed) {
        if (!this.#wish) return;
        this.#wish.speed = speed;
        if (this.#standing) this.#command("speed", (id) => commands.speed(id, SID, speed));
    }

    /** @param {string[]} leads @param {number | null} sample */
    #leads(leads, sample) {
        const wish = this.#wish;
        if (!wish) return;
        wish.leads = leads;
        if (sample !== null) wish.sample = sample;
        if (!this.#standing) {
            if (this.#connection.up && this.#pending.size === 0) this.#subscribe(this.#resumeAt());
        } else if (sample !== null) {
            this.#resubscribe(sample);
        } else {
            this.#follower.turn();
            this.#command("leads", (id) => commands.leads(id, SID, leads));
        }
    }

    #retry() {
        this.#refused = false;
        this.#trouble = null;
        this.#cancelRetry?.();
        this.#lost();
        this.#connection.start();
        this.#tell();
    }

    // Commands and their answers.

    /** @param {string} op @param {(id: number) => import("./wire/commands.js").Command} make */
    #command(op, make) {
        const id = this.#connection.nextId();
        this.#pending.set(id, { op, at: this.#world.now() });
        this.#connection.send(make(id));
    }

    /** @param {number} sample */
    #subscribe(sample) {
        const wish = this.#wish;
        if (!wish) return;
        this.#cancelRetry?.();
        this.#command("subscribe", (id) =>
            commands.subscribe({
                id,
                sid: SID,
                record: wish.record,
                leads: wish.leads,
                sample,
                speed: wish.speed,
                paused: !wish.playing,
                ahead: AHEAD,
            }),
        );
    }

    /** Begin anew on the same socket. @param {number} sample */
    #resubscribe(sample) {
        this.#follower.turn();
        this.#lost();
        this.#command("unsubscribe", (id) => commands.unsubscribe(id, SID));
        this.#subscribe(sample);
    }

    /** The first sample not yet received; paused, the one that the picture stands at. */
    #resumeAt() {
        const wish = /** @type {Open} */ (this.#wish);
        if (!this.#pictured || this.#follower.turning) return wish.sample;
        if (this.#ended) return this.#follower.next;
        return wish.playing ? this.#follower.next : Math.floor(this.#shown.sample);
    }

    /** @param {import("./wire/events.js").ServerEvent} event */
    #event(event) {
        switch (event.type) {
            case "welcome":
                return this.#welcome(event);
            case "pong":
                return this.#time.pong(event.time, this.#world.now(), event.server_time);
            case "subscribed":
                return this.#begun(event);
            case "state":
                return this.#state(event);
            case "gap":
                return this.#gap(event);
            case "end":
                return this.#end(event.sample);
            case "error":
                return this.#error(event);
            case "unsubscribed":
                this.#pending.delete(event.id ?? -1);
                return undefined;
            default:
                return undefined;
        }
    }

    /** @param {import("./wire/events.js").Welcome} event */
    #welcome(event) {
        if (event.protocol !== 1) {
            this.#connection.stop();
            this.#stopFor("This page and the server do not fit together", "Reload the page.", false);
            return;
        }
        this.#time.reset(event.time, this.#world.now());
        this.#boot = event.boot;
        this.#reachable = true;
        this.#pending.clear();
        this.#subscribe(this.#resumeAt());
    }

    /** @param {Subscribed} event */
    #begun(event) {
        this.#pending.delete(event.id ?? -1);
        if (event.sid !== SID) return;
        const before = this.#follower.standing;
        const alike =
            before !== null &&
            this.#subscribed?.fs === event.fs &&
            JSON.stringify(before.leads) === JSON.stringify(event.leads);
        this.#follower.subscribed(event);
        this.#delay.changed(this.#world.now());
        this.#subscribed = event;
        this.#standing = true;
        this.#pictured = true;
        this.#trouble = null;
        this.#refused = false;
        this.#seeking = null;
        this.#wanted = null;
        this.#ended = false;
        this.#resubscribes = 0;
        this.#connection.proved();
        if (this.#wish) this.#wish.playing = event.playing;
        const ring = this.#ring;
        if (alike && ring && event.next >= ring.start && event.next <= ring.stop) {
            // Exactly where it was: what is on the screen stays.
            ring.truncate(event.next);
        } else {
            this.#turn(event.next);
        }
        this.#tell();
    }

    /** @param {State} event */
    #state(event) {
        const answered = this.#pending.get(event.id ?? -1);
        this.#pending.delete(event.id ?? -1);
        if (event.sid !== SID || !this.#standing) return;
        this.#delay.changed(this.#world.now());
        const turned = this.#follower.state(event, answered !== undefined && TURNS.has(answered.op));
        if (answered?.op === "seek") this.#sought();
        if (turned) {
            this.#ended = false;
            this.#turn(event.next);
        }
        if (this.#wish && this.#pending.size === 0) this.#wish.playing = event.playing;
        this.#tell();
    }

    /** A seek was answered: the next one, if another was asked for meanwhile. */
    #sought() {
        this.#seeking = null;
        const next = this.#wanted;
        this.#wanted = null;
        if (next !== null) this.#seek(next);
    }

    /** @param {import("./wire/events.js").Gap} event */
    #gap(event) {
        const ring = this.#ring;
        if (event.sid !== SID || !this.#standing || !ring) return;
        if (!this.#follower.gap(event)) return;
        if (event.reason !== "missing") {
            const { start, stop, leads, reason } = event;
            ring.remark({ start, stop, leads, reason });
        }
        if (event.leads === null) ring.skip(event.stop);
    }

    /** @param {number} sample */
    #end(sample) {
        const standing = this.#follower.standing;
        if (!standing || this.#follower.turning) return;
        this.#ended = true;
        if (this.#wish) this.#wish.playing = false;
        standing.playing = false;
        standing.clock = { sample, time: standing.clock.time, rate: 0 };
        this.#tell();
    }

    /** @param {ErrorEvent} event */
    #error(event) {
        const answered = this.#pending.get(event.id ?? -1);
        this.#pending.delete(event.id ?? -1);
        if (event.id === null && event.sid === SID) {
            // It ended this subscription.
            this.#lost();
            this.#unhappy(event);
        } else if (answered?.op === "subscribe") {
            this.#unhappy(event);
        } else if (answered && TURNS.has(answered.op)) {
            this.#say({ say: "notice", text: event.message });
            this.#follower.refused();
            if (answered.op === "seek") this.#sought();
            // What came meanwhile was dropped: begin again at the first sample that is not here.
            if (!this.#follower.turning) this.#resubscribe(this.#follower.next);
        } else if (answered) {
            const standing = this.#follower.standing;
            if (this.#wish && standing) this.#wish.playing = standing.playing;
            this.#say({ say: "notice", text: event.message });
        }
        this.#tell();
    }

    /** There is no subscription: try again, or say why not. @param {ErrorEvent} event */
    #unhappy(event) {
        const title = TITLES[event.code] ?? "This cannot be shown";
        if (!event.retryable) {
            this.#stopFor(title, event.message, false);
            return;
        }
        const wait = retryDelay(this.#resubscribes++, event.retry_after_ms, this.#world.random());
        this.#troubled(title, event.message, false, wait);
        this.#cancelRetry?.();
        this.#cancelRetry = this.#world.after(wait, () => {
            if (this.#connection.up && !this.#standing) this.#subscribe(this.#resumeAt());
        });
    }

    /** @param {Closing} closing @param {string} detail @param {number | null} retryIn */
    #down(closing, detail, retryIn) {
        this.#lost();
        this.#cancelRetry?.();
        this.#reachable = false;
        const text = detail ? `${closing.text} (${detail})` : closing.text;
        if (retryIn === null) this.#stopFor(closing.title, text, closing.login);
        else this.#troubled(closing.title, text, false, retryIn);
        this.#tell();
        // Mended in a moment, but not in silence.
        if (retryIn !== null && detail) this.#say({ say: "notice", text: `Connecting again: ${detail}` });
    }

    /** The subscription stands no more; the picture does, and grows old. */
    #lost() {
        if (this.#standing) this.#fresh = this.#connection.heard;
        this.#standing = false;
        this.#pending.clear();
        if (this.#seeking !== null && this.#wanted !== null && this.#wish) this.#wish.sample = this.#wanted;
        this.#seeking = null;
        this.#wanted = null;
    }

    /** @param {string} title @param {string} text @param {boolean} login */
    #stopFor(title, text, login) {
        this.#refused = true;
        this.#trouble = { title, text, login, retryIn: null };
    }

    /** @param {string} title @param {string} text @param {boolean} login @param {number} retryIn */
    #troubled(title, text, login, retryIn) {
        this.#retryAt = this.#world.now() + retryIn;
        this.#trouble = { title, text, login, retryIn };
    }

    // Samples.

    /** @param {unknown[]} message */
    #frame(message) {
        if (message[0] !== SID) return;
        const ring = this.#ring;
        if (!this.#standing || this.#follower.turning) return;
        if (!ring) throw new BadMessage("a frame before its subscription");
        const frame = decodeFrame(message, this.#follower.form);
        if (!this.#follower.frame(frame)) return;
        ring.append(frame.start, frame.values);
        const { clock } = /** @type {State | Subscribed} */ (this.#follower.standing);
        const now = this.#world.now();
        this.#delay.arrived(frame.start, playheadAt(clock, this.#time.at(now)), clock.rate, now);
    }

    /** A new tiling begins at sample `at`: nothing joins it to what was there. @param {number} at */
    #turn(at) {
        const { leads } = /** @type {State | Subscribed} */ (this.#follower.standing);
        this.#ring = new Ring(this.#capacity(), leads.length, at);
        this.#shown.reset(at);
        this.#staged();
        this.#history();
    }

    #capacity() {
        const fs = this.#subscribed?.fs ?? 1;
        return Math.ceil((this.#windowS() + SPARE_S) * fs) + 64;
    }

    #windowS() {
        return this.#stage.scale?.windowS ?? 15;
    }

    /** Hand the leads to the stage, and ask for the ranges of those that have no paper scale. */
    #staged() {
        const standing = this.#follower.standing;
        const wish = this.#wish;
        if (!standing || !wish || !this.#subscribed) return;
        const shown = standing.leads.map((lead) => ({
            ...lead,
            kind: wish.known.find((known) => known.name === lead.name)?.kind ?? "",
            range: this.#ranges.get(lead.name) ?? null,
        }));
        this.#stage.lead(shown, this.#subscribed.fs);
        const without = shown.filter(
            (lead) => !(lead.kind === "ecg" && scaleOf(lead).volts) && !this.#ranges.has(lead.name),
        );
        if (without.length) void this.#measure(wish.record, without.map((lead) => lead.name));
        this.#tellLayout(shown);
    }

    /** @param {string} record @param {string[]} leads */
    async #measure(record, leads) {
        for (const name of leads) this.#ranges.set(name, null);
        try {
            const found = await fetchRanges({ record, leads });
            for (const [name, range] of found) this.#ranges.set(name, range);
            this.#unscaled = null;
        } catch (error) {
            this.#unscaled = error instanceof Error ? error.message : String(error);
        }
        this.#staged();
    }

    /** The stage changed: it may want more of what lies before. */
    #laidOut() {
        const ring = this.#ring;
        if (ring && this.#capacity() > ring.capacity) this.#ring = ring.resized(this.#capacity());
        if (ring && !this.#asking) this.#history();
        // What is told is on the canvas.
        this.#tick();
        if (this.#follower.standing) this.#staged();
    }

    /** @param {number} stop the first sample not wanted */
    #historyStart(stop) {
        const standing = this.#follower.standing;
        const fs = this.#subscribed?.fs ?? 1;
        const most = Math.floor(MOST_VALUES / (standing?.leads.length ?? 1));
        return Math.max(0, stop - most, Math.floor(stop - this.#windowS() * fs) - 2);
    }

    /** Ask for what stands before a place, while the server is asked to go there. @param {number} at */
    #prefetch(at) {
        const wish = this.#wish;
        const standing = this.#follower.standing;
        if (!wish || !standing || at === 0) return;
        const leads = standing.leads.map((lead) => lead.name);
        const answer = fetchWindow({ record: wish.record, leads, start: this.#historyStart(at), stop: at });
        // Whoever needs it hears of its failure.
        answer.catch(() => undefined);
        this.#prefetched = { stop: at, leads: leads.join("\n"), answer };
    }

    /** Fill in what the picture has room for before the first sample at hand. */
    #history() {
        this.#asking?.abort();
        this.#asking = null;
        const ring = this.#ring;
        const wish = this.#wish;
        const standing = this.#follower.standing;
        if (!ring || !wish || !standing) return;
        const stop = ring.start;
        const head = Math.max(stop, Math.floor(this.#shown.sample));
        const start = Math.max(this.#historyStart(head), ring.stop - ring.capacity);
        if (start >= stop) return;
        const leads = standing.leads.map((lead) => lead.name);
        const asking = new AbortController();
        this.#asking = asking;
        const early = this.#prefetched;
        this.#prefetched = null;
        const answer =
            early && early.stop === stop && early.leads === leads.join("\n")
                ? early.answer
                : fetchWindow({ record: wish.record, leads, start, stop, signal: asking.signal });
        void this.#fill(answer, asking);
    }

    /** @param {Promise<Window>} answer @param {AbortController} asking */
    async #fill(answer, asking) {
        try {
            const window = await answer;
            const ring = this.#ring;
            if (asking.signal.aborted || !ring) return;
            if (window.stop === ring.start && window.values.length === ring.leads) {
                ring.prepend(window.start, window.values);
            }
        } catch (error) {
            if (asking.signal.aborted) return;
            const why = error instanceof RequestFailed || error instanceof BadMessage ? error.message : String(error);
            this.#say({ say: "notice", text: `What lies before this place could not be loaded: ${why}` });
        }
        if (this.#asking === asking) this.#asking = null;
    }

    // Time.

    #tick() {
        const now = this.#world.now();
        const elapsed = Math.min(1, Math.max(0, now - this.#ticked));
        this.#ticked = now;
        const standing = this.#follower.standing;
        if (!this.#ring || !standing || !this.#subscribed) {
            this.#stage.clear();
            return;
        }
        this.#delay.settle(elapsed);
        const { clock } = standing;
        const playhead = Math.min(playheadAt(clock, this.#time.at(now)), this.#subscribed.length);
        if (this.#standing || this.#shown.sample < this.#ring.stop) {
            this.#shown.advance(playhead, this.#delay.seconds * clock.rate, this.#ring.stop);
        }
        this.#stage.draw(this.#ring, this.#shown.sample);
    }

    #watch() {
        const now = this.#world.now();
        const lag = this.#lag(now);
        const standing = this.#follower.standing;
        if (this.#standing && standing) {
            const late = lag > LAG_TO_REPORT;
            if ((late && !this.#lagging) || now - this.#reported >= REPORT_EVERY) {
                this.#reported = now;
                const shown = Math.max(0, Math.ceil(this.#shown.sample) - 1);
                this.#connection.send(commands.report(SID, shown));
            }
            this.#lagging = late;
        }
        this.#tell();
    }

    /** @param {number} now */
    #lag(now) {
        const standing = this.#follower.standing;
        if (!this.#standing || !standing || this.#follower.turning || !this.#ring) return 0;
        const { clock } = standing;
        const end = this.#subscribed?.length ?? Infinity;
        const playhead = Math.min(playheadAt(clock, this.#time.at(now)), end);
        return lagOf(playhead, this.#ring.stop, clock.rate);
    }

    /** Say how it stands. */
    #tell() {
        const now = this.#world.now();
        const standing = this.#follower.standing;
        const waits = [...this.#pending.values()].filter((one) => LOADS.has(one.op));
        const playing = this.#wish?.playing ?? false;
        // What is so, not what was asked for: paused is what stands still.
        const moving = this.#standing ? (standing?.playing ?? false) : playing;
        const held = this.#standing && standing !== null && standing.playing && standing.clock.rate === 0;
        const lag = this.#lag(now);
        const silence = now - (this.#standing ? this.#connection.heard : this.#fresh);
        const { condition, age } = conditionOf({
            refused: this.#refused,
            pictured: this.#pictured,
            reachable: this.#reachable,
            silence,
            lag,
            waiting: waits.length ? now - Math.min(...waits.map((one) => one.at)) : 0,
            held,
            ended: this.#ended,
            playing: moving,
        });
        if (condition === this.#condition && now - this.#told < TELL_EVERY * 0.9) return;
        // What is told is on the canvas.
        this.#tick();
        this.#condition = condition;
        this.#told = now;
        const trouble = this.#trouble && {
            ...this.#trouble,
            retryIn: this.#trouble.retryIn === null ? null : Math.max(0, this.#retryAt - now),
        };
        this.#say({
            say: "status",
            condition,
            age,
            silence,
            lag,
            delay: this.#delay.seconds,
            playing,
            held: held ? ((standing && "why" in standing && standing.why) || "loading") : null,
            ended: this.#ended,
            up: this.#connection.up,
            boot: this.#boot,
            shown: this.#shown.sample,
            seeks: this.#seeks,
            aim: this.#wanted ?? this.#seeking,
            oldest: this.#stage.oldest,
            stop: this.#ring?.stop ?? 0,
            length: this.#subscribed?.length ?? 0,
            fs: this.#subscribed?.fs ?? 0,
            speed: standing?.speed ?? this.#wish?.speed ?? 1,
            startTime: this.#subscribed?.start_time ?? null,
            zone: this.#subscribed?.zone ?? null,
            leads: standing?.leads ?? [],
            trouble,
        });
    }

    /** @param {import("./view/stage.js").Shown[]} leads */
    #tellLayout(leads) {
        const { scale, layout } = this.#stage;
        if (!scale || !layout) return;
        this.#say({ say: "layout", scale, ...layout, leads, unscaled: this.#unscaled });
    }
}

/** @type {Record<string, string>} */
const TITLES = {
    not_found: "There is no such record",
    lead_not_found: "The record has no such lead",
    out_of_range: "The record has no such place",
    bad_field: "These leads cannot be shown together",
    limit: "The server has no room for another picture",
    rate_limited: "Too many commands at once",
    unavailable: "The data cannot be had at the moment",
    corrupt: "The data is damaged",
    internal: "The server failed",
};
