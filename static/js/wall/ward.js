// All beds of a wall on one socket and one canvas. Runs in a worker where there is one; whoever shows it
// speaks to it in messages.

import { retryDelay } from "../net/backoff.js";
import { Connection } from "../net/connection.js";
import { titleOf, Trouble } from "../net/trouble.js";
import { ServerTime } from "../signal/playhead.js";
import { LAG_TO_REPORT, REPORT_EVERY, STALE_AFTER } from "../signal/staleness.js";
import * as commands from "../wire/commands.js";
import { Bed, subjectOf } from "./bed.js";
import { Board } from "./board.js";
import { faceOf } from "./face.js";
import { NET } from "../texts/net.js";

/** @typedef {import("./messages.js").Ask} Ask */
/** @typedef {import("./messages.js").Say} Say */
/** @typedef {import("./messages.js").Wall} Wall */
/** @typedef {import("../wire/events.js").ErrorEvent} ErrorEvent */

/** Seconds between two words on how it stands. */
const TELL_EVERY = 0.25;
/** A wall has nobody to press a button: it comes back within 5 s of the line. */
const PATIENCE = { openWithin: 3, cap: 1 };
/** Seconds of lag of all beds, with messages coming, after which what waits is thrown away. */
const DROP_AFTER = 4;
/** Seconds without a picture, on the screen, by which this machine is too slow; and how long that is said. */
const SLOW_FRAME = 1;
const SLOW_SAID = 30;
/** Seconds until what was refused is asked for again: a wall that was just changed, then one that stays so. */
const REFUSED_FIRST = 5;
const REFUSED_AGAIN = 60;
/** Seconds between two that drop what waits. */
const DROP_EVERY = 20;

/** Draws a wall. */
export class Ward {
    #world;
    #say;
    #board;
    #connection;
    #time = new ServerTime();
    #trouble = new Trouble();
    /** @type {Wall | null} */
    #wall = null;
    /** @type {Bed[]} */
    #beds = [];
    #privacy = false;
    #seen = true;
    #utcAhead = 0;
    #server = "";
    #boot = "";
    #frames = 0;
    #words = "";
    #worst = 0;
    #stepped = 0;
    #slowUntil = -Infinity;
    #dropped = -Infinity;
    #troubled = 0;
    #reported = 0;
    #lagging = false;

    /**
     * @param {import("../view/stage.js").Canvas} canvas
     * @param {import("../viewer.js").ViewerWorld} world
     * @param {(message: Say) => void} say
     */
    constructor(canvas, world, say) {
        this.#world = world;
        this.#say = say;
        this.#board = new Board(canvas, world.canvas, () => this.#lay());
        this.#connection = new Connection(
            world,
            {
                event: (event) => this.#event(event),
                frame: (message) => this.#frame(message),
                down: (closing, detail, retryIn) => this.#down(closing, detail, retryIn),
            },
            PATIENCE,
        );
        const tick = () => {
            this.#tick();
            world.frame(tick);
        };
        world.frame(tick);
        // Beside the frames, which a hidden page does not get.
        world.every(TELL_EVERY, () => this.#tell());
    }

    /** @param {Ask} message */
    ask(message) {
        switch (message.ask) {
            case "wall":
                return this.#plan(message.wall);
            case "size":
                this.#board.size = message.size;
                return this.#lay();
            case "looks":
                this.#board.looks = { palette: message.palette, cssPxPerMm: message.cssPxPerMm };
                return this.#lay();
            case "privacy":
                this.#privacy = message.on;
                this.#board.stale();
                return undefined;
            case "retry":
                if (this.#connection.up) this.#beds.forEach((bed, i) => this.#again(bed, i + 1));
                else this.#connection.start();
                return undefined;
            case "seen":
                this.#seen = message.seen;
                this.#stepped = this.#world.now();
                return undefined;
        }
    }

    // The beds.

    /** Take a definition: beds that are the same go on. @param {Wall} wall */
    #plan(wall) {
        const now = this.#world.now();
        const first = this.#wall === null;
        this.#wall = wall;
        const before = this.#beds;
        this.#beds = wall.beds.map((plan, i) => {
            const old = before[i];
            if (old && subjectOf(old.plan) === subjectOf(plan)) {
                old.plan = plan;
                return old;
            }
            if (old) this.#drop(old, i + 1);
            const bed = new Bed(plan, now);
            if (old) bed.inPlaceOf(old, now, this.#time.at(now), this.#silence(now));
            if (this.#connection.up) this.#subscribe(bed, i + 1);
            return bed;
        });
        before.slice(wall.beds.length).forEach((old, i) => this.#drop(old, wall.beds.length + i + 1));
        this.#lay();
        if (first) this.#connection.start();
    }

    /** @param {Bed} bed @param {number} sid */
    #drop(bed, sid) {
        bed.cancelRetry?.();
        if (!bed.standing && bed.awaited === null) return;
        this.#connection.send(commands.unsubscribe(this.#connection.nextId(), sid));
    }

    /** @param {Bed} bed @param {number} sid */
    #subscribe(bed, sid) {
        if (bed.plan.missing) return;
        bed.cancelRetry?.();
        bed.cancelRetry = null;
        const id = this.#connection.nextId();
        bed.awaited = id;
        const { record, leads, at } = bed.plan;
        this.#connection.send(commands.watch({ id, sid, record, leads: leads.map((lead) => lead.name), at }));
    }

    // What the server says.

    /** @param {import("../wire/events.js").ServerEvent} event */
    #event(event) {
        const now = this.#world.now();
        switch (event.type) {
            case "welcome":
                return this.#welcome(event, now);
            case "pong":
                return this.#time.pong(event.time, now, event.server_time);
            case "subscribed": {
                const bed = this.#beds[event.sid - 1];
                if (!bed || bed.awaited === null || bed.awaited !== event.id) return undefined;
                bed.subscribed(event, this.#utcAhead, now);
                this.#connection.proved();
                return this.#trouble.over();
            }
            case "state":
                return this.#beds[event.sid - 1]?.state(event, this.#utcAhead, now);
            case "gap": {
                if (event.reason === "slow_viewer") this.#slowUntil = now + SLOW_SAID;
                return this.#beds[event.sid - 1]?.gap(event);
            }
            case "heartbeat":
                return this.#time.heard(event.time, now);
            case "numeric":
                return this.#beds[event.sid - 1]?.numeric(event, now, this.#time.at(now));
            case "error":
                return this.#error(event, now);
            case "identify":
                return this.#say({ say: "identify", name: event.name, seconds: event.seconds });
            default:
                return undefined;
        }
    }

    /** @param {import("../wire/events.js").Welcome} event @param {number} now */
    #welcome(event, now) {
        if (event.protocol !== 1) {
            this.#connection.stop();
            this.#trouble.say(NET.noFit, NET.reload, { retryAt: null });
            return;
        }
        this.#adrift(now);
        this.#time.reset(event.time, now, event.boot);
        this.#utcAhead = event.utc - event.time;
        this.#server = event.server;
        this.#boot = event.boot;
        this.#beds.forEach((bed, i) => this.#subscribe(bed, i + 1));
    }

    /** The server's clock is gone: each bed goes on by ours. @param {number} now */
    #adrift(now) {
        const serverNow = this.#time.at(now);
        for (const bed of this.#beds) bed.lost(now, serverNow);
    }

    /** @param {unknown[]} message */
    #frame(message) {
        const now = this.#world.now();
        const bed = typeof message[0] === "number" ? this.#beds[message[0] - 1] : undefined;
        const due = bed?.frame(message, now, this.#time.at(now));
        if (due !== null && due !== undefined) this.#time.heard(due, now);
    }

    /** @param {ErrorEvent} event @param {number} now */
    #error(event, now) {
        const ended = event.id === null && event.sid !== null ? this.#beds[event.sid - 1] : undefined;
        const asked = event.id === null ? undefined : this.#beds.find((one) => one.awaited === event.id);
        const bed = asked ?? (ended?.standing ? ended : undefined);
        if (!bed) return;
        bed.lost(now, this.#time.at(now));
        bed.trouble = { title: titleOf(event.code), text: event.message, final: !event.retryable };
        // What cannot be shown now may be after the archive or the wall was mended: seldom, but for ever.
        const wait = event.retryable
            ? retryDelay(bed.attempts, event.retry_after_ms, this.#world.random(), PATIENCE.cap * 5)
            : bed.attempts > 0 ? REFUSED_AGAIN : REFUSED_FIRST;
        bed.attempts++;
        bed.cancelRetry?.();
        bed.cancelRetry = this.#world.after(wait, () => this.#again(bed, this.#beds.indexOf(bed) + 1));
    }

    /** Ask again for what was refused. @param {Bed} bed @param {number} sid 0 where it is on the wall no more */
    #again(bed, sid) {
        if (sid > 0 && this.#connection.up && !bed.standing && bed.awaited === null) this.#subscribe(bed, sid);
    }

    /** @param {import("../net/backoff.js").Closing} closing @param {string} detail @param {number | null} retryIn */
    #down(closing, detail, retryIn) {
        const now = this.#world.now();
        this.#adrift(now);
        for (const bed of this.#beds) bed.cancelRetry?.();
        const text = detail ? NET.withDetail(closing.text, detail) : closing.text;
        const retryAt = retryIn === null ? null : now + retryIn;
        this.#trouble.say(closing.title, text, { login: closing.login, retryAt });
    }

    // The picture.

    #lay() {
        if (!this.#wall || !this.#board.lay(this.#wall, this.#beds)) return;
        this.#tick();
        this.#tell();
    }

    #tick() {
        const now = this.#world.now();
        const elapsed = Math.max(0, now - this.#stepped);
        if (this.#frames > 0 && this.#seen && elapsed > SLOW_FRAME) this.#slowUntil = now + SLOW_SAID;
        this.#stepped = now;
        // Where nothing can be painted, no picture is counted, and the watchdog sees to it.
        if (!this.#wall || !this.#board.ready) return;
        const serverNow = this.#time.at(now);
        const silence = this.#silence(now);
        let words = "";
        this.#beds.forEach((bed, i) => {
            bed.step(now, serverNow, elapsed);
            const face = this.#face(bed, bed.truth(now, serverNow, silence), now);
            this.#board.draw(i, bed, face);
            words += `${face.word} ${face.rate} ${face.pause !== ""}\n`;
        });
        this.#frames++;
        this.#worst = Math.max(this.#worst, this.#world.now() - now);
        // What changes is told at once, what counts is told now and then.
        if (words !== this.#words) this.#tell();
        this.#words = words;
    }

    /** @param {Bed} bed @param {ReturnType<Bed["truth"]>} truth @param {number} now */
    #face(bed, truth, now) {
        const wall = /** @type {Wall} */ (this.#wall);
        const words = this.#trouble.words(now);
        return faceOf(bed, truth, { wall, privacy: this.#privacy || wall.privacy, now, trouble: words?.title ?? null });
    }

    /** @param {number} now */
    #silence(now) {
        return Math.max(0, now - this.#connection.heard);
    }

    #tell() {
        const now = this.#world.now();
        const serverNow = this.#time.at(now);
        const silence = this.#silence(now);
        if (!this.#wall) return;
        // A hidden page gets no frames, and its samples come all the same.
        if (now - this.#stepped > SLOW_FRAME && !this.#seen) this.#beds.forEach((bed) => bed.step(now, serverNow, TELL_EVERY));
        this.#report(now, serverNow, silence);
        let well = this.#connection.up;
        const tiles = this.#beds.map((bed, i) => {
            const truth = bed.truth(now, serverNow, silence);
            const face = this.#face(bed, truth, now);
            if (!truth.valid && !(truth.declared || bed.trouble?.final)) well = false;
            return {
                label: bed.plan.label,
                word: truth.word,
                age: truth.age,
                rate: face.rate,
                pause: face.pause,
                record: bed.plan.record,
                leads: bed.plan.leads.map((lead) => lead.name),
                sample: bed.sample,
                position: bed.shown,
                hole: bed.hole / bed.tape.fs,
                detail: face.detail,
                ...this.#board.rect(i),
            };
        });
        if (!well || now < this.#slowUntil) this.#troubled = now;
        this.#say({
            say: "status", frames: this.#frames, up: this.#connection.up, silence, healthy: now - this.#troubled,
            slow: now < this.#slowUntil, rated: this.#beds.some((bed) => bed.rated), server: this.#server, boot: this.#boot,
            numeralMm: this.#board.numeralMm, cramped: this.#board.cramped, worst: this.#worst,
            trouble: this.#trouble.words(now), tiles,
        });
        this.#worst = 0;
    }

    /**
     * Tell the server how it stands; throw away what waits where it has become too much.
     * @param {number} now @param {number} serverNow @param {number} silence
     */
    #report(now, serverNow, silence) {
        const standing = this.#beds.filter((bed) => bed.standing);
        if (!this.#connection.up || !standing.length) return;
        const lags = standing.map((bed) => bed.lag(now, serverNow));
        const late = Math.max(...lags) > LAG_TO_REPORT;
        if ((late && !this.#lagging) || now - this.#reported >= REPORT_EVERY) {
            this.#reported = now;
            this.#beds.forEach((bed, i) => {
                if (bed.standing) this.#connection.send(commands.report(i + 1, bed.sample));
            });
        }
        this.#lagging = late;
        // Frames come, and all of them are old: what waits here or on the line is dropped with its socket. A
        // source that sends nothing is no matter of the line.
        const flowing = standing.filter((bed) => bed.flowing(now)).map((bed) => bed.lag(now, serverNow));
        if (!flowing.length || Math.min(...flowing) < DROP_AFTER) return;
        if (silence > STALE_AFTER || now - this.#dropped < DROP_EVERY) return;
        this.#dropped = now;
        this.#slowUntil = now + SLOW_SAID;
        this.#connection.fail(NET.tooSlow);
    }
}
