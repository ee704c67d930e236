// One subscription on one canvas: joins the socket, the samples and the picture. Runs in a worker where
// there is one, on the main thread elsewhere; whoever shows it speaks to it in messages.

import { retryDelay } from "./net/backoff.js";
import { Connection } from "./net/connection.js";
import { Errands } from "./net/errands.js";
import { Thrift } from "./net/thrift.js";
import { titleOf, Trouble } from "./net/trouble.js";
import { Picture } from "./picture.js";
import { Follower } from "./signal/follower.js";
import { playheadAt, ServerTime } from "./signal/playhead.js";
import { conditionOf, LAG_TO_REPORT, lagOf, REPORT_EVERY } from "./signal/staleness.js";
import * as commands from "./wire/commands.js";
import { decodeFrame } from "./wire/frames.js";
import { NET } from "./texts/net.js";

/** @typedef {import("./wire/events.js").Subscribed} Subscribed */
/** @typedef {import("./wire/events.js").State} State */
/** @typedef {import("./wire/events.js").ErrorEvent} ErrorEvent */
/** @typedef {import("./net/backoff.js").Closing} Closing */
/** @typedef {import("./messages.js").Ask} Ask */
/** @typedef {import("./messages.js").Open} Open */
/** @typedef {import("./messages.js").Say} Say */
const SID = 1;

/** Seconds of wall time by which frames come early: what a bad line loses comes a second time within them. */
const AHEAD = 3;

/** Bytes of a frame beside its samples, roughly: the heads of the message and of its socket. */
const FRAME_HEAD = 24;

/** Seconds between two words on how it stands. */
const TELL_EVERY = 0.1;

/** A record that went away is asked for at least so often, in seconds. */
const GONE_S = 5;

/**
 * @typedef {import("./net/connection.js").World & {
 *   frame(then: () => void): void,
 *   every(seconds: number, then: () => void): void,
 *   canvas(width: number, height: number): import("./view/stage.js").Canvas,
 *   origin: number,
 * }} ViewerWorld
 * `origin`: when `now` was 0, ms since 1970: a page and its workers have no other clock in common
 */

/** Plays one record on one canvas. */
export class Viewer {
    #world;
    #say;
    #picture;
    #connection;
    #time = new ServerTime();
    #follower = new Follower();
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
    /** Whether the next sample is awaited: no word of the server but it makes the picture be of now. */
    #owed = false;
    #seeks = 0;
    #errands = new Errands();
    #trouble = new Trouble();
    #thrift = new Thrift();
    #resubscribes = 0;
    /** @type {(() => void) | null} */
    #cancelRetry = null;
    #told = -Infinity;
    #reported = 0;
    #lagging = false;
    #condition = "";
    /** Who leads the picture in place of the server's clock. @type {import("./messages.js").Pen | null} */
    #pen = null;
    /** Whether it is let go when the server stands where it does. */
    #leaving = false;

    /**
     * @param {import("./view/stage.js").Canvas} canvas
     * @param {ViewerWorld} world
     * @param {(message: Say) => void} say
     */
    constructor(canvas, world, say) {
        this.#world = world;
        this.#say = say;
        this.#picture = new Picture(canvas, world, say);
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
                return this.#picture.resize(message.size);
            case "display":
                return this.#picture.show(message.display);
            case "palette":
                return this.#picture.paint(message.palette);
            case "marks":
                return this.#picture.mark(message.id, message.layer);
            case "where":
                return this.#say({ say: "where", id: message.id, sample: this.#picture.sampleAt(message.x) });
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
            case "look":
                return this.#picture.lookAt(message.look);
            case "probe":
                return void this.#probe(message);
            case "pen":
                return this.#lead(message.pen);
            case "retry":
                return this.#retry();
            case "later":
                return this.#thrift.later(this.#world.now());
        }
    }

    /** @param {import("./messages.js").AskProbe} ask */
    async #probe({ id, lead, start, stop }) {
        try {
            this.#say({ say: "probed", id, failure: "", ...(await this.#picture.probe(lead, start, stop)) });
        } catch (error) {
            const failure = error instanceof Error ? error.message : String(error);
            this.#say({ say: "probed", id, start, values: new Float64Array(), failure });
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
        // From the start again, where nobody is on the way elsewhere.
        if (playing && this.#ended && this.#errands.aim === null) this.#seek(0);
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
        if (!this.#errands.seek(at)) return;
        this.#picture.prefetch(at);
        this.#follower.turn();
        this.#command("seek", (id) => commands.seek(id, SID, at));
    }

    /** @param {import("./messages.js").Pen | null} pen */
    #lead(pen) {
        this.#leaving = false;
        if (pen || !this.#pen || this.#follower.standing?.playing) {
            this.#pen = pen;
            return;
        }
        // A picture that stands does not move for it: the server is sent there.
        const { shown } = this.#picture;
        this.#pen = { sample: shown, at: this.#time1970(), rate: 0 };
        this.#leaving = true;
        this.#seek(Math.floor(shown));
    }

    #time1970() {
        return this.#world.origin + 1000 * this.#world.now();
    }

    /** Where it is led to now. @returns {{ sample: number, rate: number } | null} null = where the server's clock stands */
    #led() {
        if (!this.#pen) return null;
        const { sample, at, rate } = this.#pen;
        // On the way elsewhere what stood there goes on standing.
        if (this.#follower.turning) return { sample: this.#picture.shown, rate: 0 };
        return { sample: sample + ((this.#time1970() - at) / 1000) * rate, rate };
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
            if (this.#connection.up && this.#errands.idle) this.#subscribe(this.#resumeAt());
        } else if (sample !== null) {
            this.#resubscribe(sample);
        } else {
            this.#follower.turn();
            this.#command("leads", (id) => commands.leads(id, SID, leads));
        }
    }

    #retry() {
        this.#trouble.over();
        this.#cancelRetry?.();
        this.#lost();
        this.#connection.start();
        this.#tell();
    }

    // Commands and their answers.

    /** @param {string} op @param {(id: number) => import("./wire/commands.js").Command} make */
    #command(op, make) {
        const id = this.#connection.nextId();
        this.#errands.sent(id, op, this.#world.now());
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
        return wish.playing ? this.#follower.next : Math.floor(this.#picture.shown);
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
            case "waiting":
                return this.#waits(event);
            case "gap":
                return this.#gap(event);
            case "numeric":
                return this.#numeric(event);
            case "end":
                return this.#end(event.sample);
            case "error":
                return this.#error(event);
            case "annotation":
                return this.#say({ say: "annotation", record: event.record, annotation: event.annotation });
            case "unsubscribed":
                return void this.#errands.answered(event.id);
            default:
                return undefined;
        }
    }

    /** @param {import("./wire/events.js").Welcome} event */
    #welcome(event) {
        if (event.protocol !== 1) {
            this.#connection.stop();
            const title = NET.noFit;
            this.#trouble.say(title, NET.reload, { retryAt: null });
            return;
        }
        this.#time.reset(event.time, this.#world.now(), event.boot);
        this.#boot = event.boot;
        this.#reachable = true;
        // The line is there: what there is no picture for is another trouble, or none.
        if (!this.#pictured) this.#trouble.over();
        this.#errands.forget();
        this.#subscribe(this.#resumeAt());
    }

    /** @param {Subscribed} event */
    #begun(event) {
        this.#errands.answered(event.id);
        if (event.sid !== SID) return;
        if (event.version !== (this.#wish?.version ?? event.version)) return this.#replaced();
        this.#follower.subscribed(event);
        this.#picture.changed(this.#world.now());
        this.#subscribed = event;
        this.#standing = true;
        this.#pictured = true;
        this.#trouble.over();
        this.#errands.sought();
        this.#ended = false;
        this.#resubscribes = 0;
        this.#connection.proved();
        if (this.#wish) this.#wish.playing = event.playing;
        // Exactly where it was, what is on the screen stays.
        if (this.#picture.goesOn(event.leads, event.fs, event.next)) {
            this.#picture.truncate(event.next);
            this.#owed = event.playing;
        } else this.#turn(event.next);
        this.#tell();
    }

    /** @param {State} event */
    #state(event) {
        const answered = this.#errands.answered(event.id);
        if (event.sid !== SID || !this.#standing) return;
        this.#picture.changed(this.#world.now());
        const turned = this.#follower.state(event, answered?.turns ?? false);
        if (answered?.op === "seek") this.#sought();
        if (event.why !== "loading") this.#trouble.over();
        this.#owed = event.playing && (this.#owed || event.why === "loading");
        if (turned) {
            this.#ended = false;
            this.#turn(event.next);
        }
        if (this.#wish && this.#errands.idle) this.#wish.playing = event.playing;
        this.#tell();
    }

    /** The server says why nothing comes, and tries on by itself. @param {import("./wire/events.js").Waiting} event */
    #waits({ sid, message }) {
        if (sid !== SID) return;
        this.#trouble.say(titleOf("unavailable"), message, { retryAt: Infinity });
        this.#tell();
    }

    /** A seek was answered: the next one, if another was asked for meanwhile. */
    #sought() {
        const next = this.#errands.sought();
        if (next !== null) this.#seek(next);
    }

    /** @param {import("./wire/events.js").Gap} event */
    #gap(event) {
        if (event.sid !== SID || !this.#standing) return;
        if (!this.#follower.gap(event)) return;
        if (event.leads === null) this.#owed = false;
        this.#picture.gap(event);
    }

    /** Of what is played, not of what was played before a seek. @param {import("./wire/events.js").Numeric} event */
    #numeric({ sid, name, sample, value, reason }) {
        if (sid !== SID || !this.#standing || this.#follower.turning) return;
        this.#say({ say: "numeric", name, sample, value, reason });
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
        const answered = this.#errands.answered(event.id);
        if (event.replaced) {
            this.#replaced();
        } else if (event.id === null && event.sid === SID) {
            // It ended this subscription.
            this.#lost();
            this.#unhappy(event);
        } else if (answered?.op === "subscribe") {
            this.#unhappy(event);
        } else if (answered?.turns) {
            this.#say({ say: "notice", text: event.message });
            this.#follower.refused();
            if (answered.op === "seek") this.#sought();
            // What came meanwhile was dropped: begin again at the first sample that is not here.
            if (!this.#follower.turning) this.#resubscribe(this.#follower.next);
        } else if (answered) {
            this.#trouble.over();
            const standing = this.#follower.standing;
            if (this.#wish && standing) this.#wish.playing = standing.playing;
            this.#say({ say: "notice", text: event.message });
        }
        this.#tell();
    }

    /** The record is another one now: nothing of it may come to what is here. */
    #replaced() {
        this.#connection.stop();
        this.#lost();
        this.#trouble.say(NET.replacing, "", { retryAt: null });
        this.#tell();
        this.#say({ say: "replaced" });
    }

    /** There is no subscription: try again, or say why not. @param {ErrorEvent} event */
    #unhappy(event) {
        const title = titleOf(event.code);
        // It was there a moment ago: its files may be written anew.
        const gone = event.code === "not_found" && this.#pictured;
        const text = gone ? NET.mayComeBack : event.message;
        if (!event.retryable && !gone) {
            this.#trouble.say(title, text, { retryAt: null });
            return;
        }
        const wait = retryDelay(this.#resubscribes++, event.retry_after_ms, this.#world.random(), gone ? GONE_S : undefined);
        this.#trouble.say(title, text, { retryAt: gone ? null : this.#world.now() + wait });
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
        const text = detail ? NET.withDetail(closing.text, detail) : closing.text;
        const retryAt = retryIn === null ? null : this.#world.now() + retryIn;
        this.#trouble.say(closing.title, text, { login: closing.login, retryAt });
        this.#tell();
        // Mended in a moment, but not in silence.
        if (retryIn !== null && detail) this.#say({ say: "notice", text: NET.connectingAgain(detail) });
    }

    /** The subscription stands no more; the picture does, and grows old. */
    #lost() {
        if (this.#standing) this.#freshen(this.#world.now());
        this.#standing = false;
        this.#errands.forget();
    }

    // Samples.

    /** @param {unknown[]} message */
    #frame(message) {
        if (message[0] !== SID) return;
        if (!this.#standing || this.#follower.turning) return;
        const frame = decodeFrame(message, this.#follower.form);
        if (!this.#follower.frame(frame)) return;
        this.#owed = false;
        const { clock } = /** @type {State | Subscribed} */ (this.#follower.standing);
        const now = this.#world.now();
        this.#thrift.arrived(frame.count, bytesOf(message), now);
        const playhead = playheadAt(clock, this.#time.at(now));
        this.#picture.append(frame, { playhead, rate: clock.rate, now });
    }

    /** A new tiling begins at sample `at`. @param {number} at */
    #turn(at) {
        const { leads } = /** @type {State | Subscribed} */ (this.#follower.standing);
        const { record, known } = /** @type {Open} */ (this.#wish);
        const { fs, length } = /** @type {Subscribed} */ (this.#subscribed);
        this.#thrift.turn();
        this.#owed = false;
        this.#say({ say: "turned", sample: at });
        if (this.#leaving) this.#pen = null;
        this.#leaving = false;
        this.#picture.begin({ record, known, leads, fs, length }, at);
    }

    // Time.

    #tick() {
        const now = this.#world.now();
        const standing = this.#follower.standing;
        this.#picture.step(
            now,
            standing && { playhead: this.#playhead(now), clock: standing.clock, playing: standing.playing, led: this.#led() },
        );
    }

    /** Where the server's clock stands; never past the end. @param {number} now */
    #playhead(now) {
        const standing = this.#follower.standing;
        if (!standing) return 0;
        const end = this.#subscribed?.length ?? Infinity;
        return Math.min(playheadAt(standing.clock, this.#time.at(now)), end);
    }

    #watch() {
        const now = this.#world.now();
        const lag = this.#lag(now);
        const standing = this.#follower.standing;
        if (this.#standing && standing) {
            const late = lag > LAG_TO_REPORT;
            if ((late && !this.#lagging) || now - this.#reported >= REPORT_EVERY) {
                this.#reported = now;
                const shown = Math.max(0, Math.ceil(this.#picture.shown) - 1);
                this.#connection.send(commands.report(SID, shown));
            }
            this.#lagging = late;
        }
        this.#tell();
    }

    /** @param {number} now */
    #lag(now) {
        const standing = this.#follower.standing;
        if (!this.#standing || !standing || this.#follower.turning) return 0;
        return lagOf(this.#playhead(now), this.#picture.stop, standing.clock.rate);
    }

    /** Note until when the picture was of now; while a sample is owed it only grows older. @param {number} now */
    #freshen(now) {
        const moving = this.#follower.standing?.playing ?? false;
        if (this.#owed && moving) return;
        // On its way elsewhere what plays stands still.
        const late = moving && this.#follower.turning ? this.#errands.waiting(now) : this.#lag(now);
        this.#fresh = Math.min(this.#connection.heard, now - late);
    }

    /** Say how it stands. */
    #tell() {
        const now = this.#world.now();
        const standing = this.#follower.standing;
        const playing = this.#wish?.playing ?? false;
        // What is so, not what was asked for: paused is what stands still.
        const moving = this.#standing ? (standing?.playing ?? false) : playing;
        const held = this.#standing && standing !== null && standing.playing && standing.clock.rate === 0;
        const lag = this.#lag(now);
        if (this.#standing) this.#freshen(now);
        const silence = now - (this.#standing ? this.#connection.heard : this.#fresh);
        const { condition, age } = conditionOf({
            refused: this.#trouble.final,
            pictured: this.#pictured,
            reachable: this.#reachable,
            silence,
            lag,
            old: now - this.#fresh,
            // Played, the signal goes on beside a strip that is still on its way.
            waiting: Math.max(
                this.#errands.waiting(now),
                moving || this.#ended ? 0 : this.#picture.waiting(now),
            ),
            held,
            ended: this.#ended,
            playing: moving,
        });
        if (condition === this.#condition && now - this.#told < TELL_EVERY * 0.9) return;
        // What is told is on the canvas.
        this.#tick();
        this.#condition = condition;
        this.#told = now;
        this.#say({
            say: "status",
            condition,
            age,
            silence,
            lag,
            delay: this.#picture.delay,
            playing,
            held: held ? ((standing && "why" in standing && standing.why) || "loading") : null,
            ended: this.#ended,
            up: this.#connection.up,
            boot: this.#boot,
            shown: this.#picture.shown,
            at: this.#world.origin + 1000 * now,
            seeks: this.#seeks,
            aim: this.#errands.aim,
            oldest: this.#picture.oldest,
            stop: this.#picture.stop,
            length: this.#subscribed?.length ?? 0,
            fs: this.#subscribed?.fs ?? 0,
            speed: standing?.speed ?? this.#wish?.speed ?? 1,
            startTime: this.#subscribed?.start_time ?? null,
            zone: this.#subscribed?.zone ?? null,
            shifted: this.#subscribed?.dates_shifted ?? false,
            leads: standing?.leads ?? [],
            trouble: this.#trouble.words(now),
        });
        this.#say(this.#line(now, held));
    }

    /**
     * What the line brings.
     * @param {number} now
     * @param {boolean} held
     * @returns {import("./messages.js").Line}
     */
    #line(now, held) {
        const standing = this.#follower.standing;
        const subscribed = this.#subscribed;
        if (!standing || !subscribed) return { say: "line", depth: null, offer: null };
        const { fs, length } = subscribed;
        const { speed, leads } = standing;
        const waits = held && "why" in standing && standing.why === "behind";
        const { shown, stop } = this.#picture;
        const depth = Math.max(0, stop - shown) / fs;
        const playing = this.#standing && standing.playing && !this.#follower.turning;
        const offer = this.#thrift.look(
            {
                leads: leads.map(({ name }) => ({ name, kind: this.#kindOf(name) })),
                fs,
                speed,
                moving: playing && stop < length && (waits || !held),
                depth: depth / speed,
                waits,
            },
            now,
        );
        if (offer) this.#picture.limit((offer.rate / offer.needed) * fs * speed * leads.length);
        return { say: "line", depth: playing ? depth : null, offer };
    }

    /** @param {string} lead */
    #kindOf(lead) {
        return this.#wish?.known.find(({ name }) => name === lead)?.kind ?? "";
    }
}

/** Bytes of a frame and what carries it. @param {unknown[]} message */
function bytesOf([, , , samples]) {
    return samples instanceof Uint8Array ? samples.byteLength + FRAME_HEAD : 0;
}
