// Counts what a page or a worker has going: run before anything else there. `held` is looked at from outside.
(() => {
    const held = { timeouts: new Set(), intervals: new Set(), frames: new Set(), sockets: new Set() };
    globalThis.held = held;
    const { setTimeout, clearTimeout, setInterval, clearInterval, WebSocket } = globalThis;
    const { requestAnimationFrame, cancelAnimationFrame } = globalThis;

    globalThis.setTimeout = (then, ms, ...rest) => {
        const id = setTimeout(() => {
            held.timeouts.delete(id);
            then(...rest);
        }, ms);
        held.timeouts.add(id);
        return id;
    };
    globalThis.setInterval = (then, ms, ...rest) => {
        const id = setInterval(then, ms, ...rest);
        held.intervals.add(id);
        return id;
    };
    globalThis.requestAnimationFrame = (then) => {
        const id = requestAnimationFrame((at) => {
            held.frames.delete(id);
            then(at);
        });
        held.frames.add(id);
        return id;
    };
    // Either clears both kinds.
    globalThis.clearTimeout = globalThis.clearInterval = (id) => {
        held.timeouts.delete(id);
        held.intervals.delete(id);
        clearTimeout(id);
        clearInterval(id);
    };
    globalThis.cancelAnimationFrame = (id) => {
        held.frames.delete(id);
        cancelAnimationFrame(id);
    };
    // Held until it is closed, which is what is counted: one that nobody closes is a leak.
    globalThis.WebSocket = class extends WebSocket {
        constructor(...how) {
            super(...how);
            held.sockets.add(this);
            this.addEventListener("close", () => held.sockets.delete(this));
        }
    };
})();
