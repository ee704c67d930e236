// A world without a network, a screen or a clock of its own.

import { decode, encode } from "../../static/vendor/msgpack/index.mjs";

/** A socket that a test speaks into. */
export class FakeSocket {
    sent = [];
    closed = false;

    send(bytes) {
        this.sent.push(decode(bytes));
    }

    close() {
        this.closed = true;
    }

    /** The server says `message`. */
    say(message) {
        const bytes = encode(message);
        this.onmessage?.({ data: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) });
    }

    welcome(time = 1000) {
        this.say({ type: "welcome", protocol: 1, server: "test", boot: "b", time, utc: 0, limits: {}, user: "u", notice: "n" });
    }

    drop(code = 1006, reason = "") {
        this.onclose?.({ code, reason });
    }

    /** The last command of that op. */
    last(op) {
        return this.sent.findLast((command) => command.op === op);
    }
}

/** Time that goes on when a test says so. */
export class FakeWorld {
    time = 0;
    origin = 0;
    sockets = [];
    timers = [];
    frames = [];
    chance = 0.5;

    open = () => {
        const socket = new FakeSocket();
        this.sockets.push(socket);
        return socket;
    };

    now = () => this.time;
    random = () => this.chance;

    after = (seconds, then) => {
        const timer = { at: this.time + seconds, then };
        this.timers.push(timer);
        return () => {
            this.timers = this.timers.filter((one) => one !== timer);
        };
    };

    every = (seconds, then) => {
        const again = () => {
            then();
            this.after(seconds, again);
        };
        this.after(seconds, again);
    };

    frame = (then) => this.frames.push(then);

    canvas = (width, height) => fakeCanvas(width, height);

    get socket() {
        return this.sockets.at(-1);
    }

    /** Let `seconds` go by: timers in their order, a picture at the end of each step. */
    pass(seconds, step = 0.05) {
        const end = this.time + seconds;
        while (this.time < end - 1e-9) {
            const upTo = Math.min(end, this.time + step);
            for (;;) {
                const due = this.timers.filter((one) => one.at <= upTo + 1e-9).sort((a, b) => a.at - b.at)[0];
                if (!due) break;
                this.timers = this.timers.filter((one) => one !== due);
                this.time = Math.max(this.time, due.at);
                due.then();
            }
            this.time = upTo;
            for (const draw of this.frames.splice(0)) draw();
        }
    }
}

/** A canvas on which everything may be done and nothing is seen. */
export function fakeCanvas(width = 1000, height = 400) {
    const ctx = new Proxy(
        { isContextLost: () => false },
        {
            get: (target, name) => (name in target ? target[name] : () => ({ width: 0 })),
            set: (target, name, value) => {
                target[name] = value;
                return true;
            },
        },
    );
    const heard = new Map();
    return {
        width, height,
        getContext: () => ctx,
        addEventListener: (name, then) => heard.set(name, then),
        /** As a browser whose graphics process ends. */
        lose: () => { ctx.isContextLost = () => true; },
        restore: () => {
            ctx.isContextLost = () => false;
            heard.get("contextrestored")?.();
        },
    };
}
