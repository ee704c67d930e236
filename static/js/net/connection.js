// The socket: opened, read, kept, and opened again. It knows messages, not what they mean.

import { decode, encode } from "../../vendor/msgpack/index.mjs";
import { ping } from "../wire/commands.js";
import { readEvent } from "../wire/events.js";
import { BadMessage } from "../wire/frames.js";
import { closingOf, retryDelay } from "./backoff.js";
import { NET } from "../texts/net.js";

/** @typedef {import("../wire/events.js").ServerEvent} ServerEvent */
/** @typedef {import("../wire/commands.js").Command} Command */
/** @typedef {import("./backoff.js").Closing} Closing */

/**
 * What a socket must have of WebSocket.
 * @typedef {{
 *   binaryType: string,
 *   onopen: ((event: any) => void) | null,
 *   onmessage: ((event: { data: any }) => void) | null,
 *   onclose: ((event: { code: number, reason: string }) => void) | null,
 *   send(bytes: Uint8Array): void,
 *   close(): void,
 * }} Socket
 */

/**
 * @typedef {{
 *   event(event: ServerEvent): void,
 *   frame(message: unknown[]): void,
 *   down(closing: Closing, detail: string, retryIn: number | null): void,
 * }} Listener
 * `retryIn` in seconds; null = it will not come back. A listener that throws BadMessage, or whatever
 * else a message brings on, is a fault of the line: it closes, and comes back.
 */

/**
 * @typedef {{
 *   open(): Socket,
 *   now(): number,
 *   after(seconds: number, then: () => void): () => void,
 *   random(): number,
 * }} World
 * `now` in seconds; `after` returns what calls it off.
 */

/** Seconds without a message after which a line is dead: the server is never silent for one. */
const DEAD_AFTER = 5;
/** Seconds for the handshake. */
const OPEN_WITHIN = 10;
/** Of one who may wait: a viewer that somebody looks at, and can reload. @type {Patience} */
const USUAL = { openWithin: OPEN_WITHIN, cap: undefined };
/** Pings: a few at once to find the offset, then seldom, for a command costs the server seven frames. */
const FIRST_PINGS = [0, 0.2, 0.5, 1];
const PING_EVERY = 15;

/**
 * Seconds: for the handshake, and the most between two attempts (left out: half a minute).
 * @typedef {{ openWithin: number, cap: number | undefined }} Patience
 */

/** Keeps one socket open, for as long as the server lets it. */
export class Connection {
    #world;
    #listener;
    #patience;
    /** @type {Socket | null} */
    #socket = null;
    #welcomed = false;
    #attempt = 0;
    #pings = 0;
    /** @type {number | null} */
    #retryAfterMs = null;
    #byeReason = "";
    /** @type {(() => void)[]} */
    #timers = [];
    #id = 1;
    /** When the last message came, in seconds. */
    heard = -Infinity;

    /** @param {World} world @param {Listener} listener @param {Patience} patience */
    constructor(world, listener, patience = USUAL) {
        this.#world = world;
        this.#listener = listener;
        this.#patience = patience;
    }

    /** Whether a `welcome` came and nothing has closed since. */
    get up() {
        return this.#welcomed;
    }

    /** A number for the next command. */
    nextId() {
        return this.#id++;
    }

    /** Open the socket now, whatever stood before. */
    start() {
        this.stop();
        const socket = this.#world.open();
        this.#socket = socket;
        this.#retryAfterMs = null;
        this.#byeReason = "";
        socket.binaryType = "arraybuffer";
        socket.onmessage = (message) => this.#received(socket, message.data);
        socket.onclose = (closed) => this.#closed(socket, closed.code, closed.reason);
        this.#later(this.#patience.openWithin, () => {
            if (!this.#welcomed) this.fail(NET.noAnswerYet);
        });
    }

    /** Close for good. */
    stop() {
        for (const cancel of this.#timers) cancel();
        this.#timers = [];
        this.#welcomed = false;
        const socket = this.#socket;
        this.#socket = null;
        if (socket) {
            socket.onmessage = null;
            socket.onclose = null;
            socket.close();
        }
    }

    /**
     * Close because what came cannot be right, and come back.
     * @param {string} detail
     */
    fail(detail) {
        const socket = this.#socket;
        if (!socket) return;
        this.stop();
        this.#down(1006, detail);
    }

    /**
     * Send a command; without a connection it is lost, as its answer would be.
     * @param {Command} command
     */
    send(command) {
        if (this.#welcomed) this.#socket?.send(encode(command, { ignoreUndefined: true }));
    }

    /** What was asked for came: the line is good, the next loss is a first one. */
    proved() {
        this.#attempt = 0;
    }

    /** @param {Socket} socket @param {any} data */
    #received(socket, data) {
        if (socket !== this.#socket) return;
        this.heard = this.#world.now();
        try {
            if (!(data instanceof ArrayBuffer)) throw new BadMessage("a text message");
            const message = decode(new Uint8Array(data));
            if (Array.isArray(message)) this.#listener.frame(message);
            else this.#take(readEvent(message));
        } catch (error) {
            // A fault in the signal must not pass for the signal.
            this.fail(error instanceof Error ? error.message : String(error));
        }
    }

    /** @param {ServerEvent | null} event */
    #take(event) {
        if (event === null) return;
        if (event.type === "welcome") this.#begin();
        if (event.type === "bye") {
            this.#retryAfterMs = event.retry_after_ms;
            this.#byeReason = event.reason;
        }
        this.#listener.event(event);
    }

    #begin() {
        this.#welcomed = true;
        this.#pings = 0;
        this.#ping();
        this.#watch();
    }

    #ping() {
        this.send(ping(this.nextId(), this.#world.now()));
        this.#pings++;
        const first = FIRST_PINGS[this.#pings] - FIRST_PINGS[this.#pings - 1];
        this.#later(this.#pings < FIRST_PINGS.length ? first : PING_EVERY, () => this.#ping());
    }

    #watch() {
        const silent = this.#world.now() - this.heard;
        if (silent >= DEAD_AFTER) this.fail(NET.noWord);
        else this.#later(DEAD_AFTER - silent, () => this.#watch());
    }

    /** @param {Socket} socket @param {number} code @param {string} reason */
    #closed(socket, code, reason) {
        if (socket !== this.#socket) return;
        this.stop();
        this.#down(code, reason || this.#byeReason);
    }

    /** @param {number} code @param {string} detail */
    #down(code, detail) {
        const closing = closingOf(code);
        let retryIn = null;
        if (closing.comesBack) {
            retryIn = retryDelay(
                this.#attempt++, this.#retryAfterMs, this.#world.random(), this.#patience.cap,
            );
            this.#later(retryIn, () => this.start());
        }
        this.#listener.down(closing, detail, retryIn);
    }

    /** @param {number} seconds @param {() => void} then */
    #later(seconds, then) {
        this.#timers.push(this.#world.after(seconds, then));
        if (this.#timers.length > 64) this.#timers.splice(0, 32);
    }
}
