// The parts of a browser that a viewer is handed: in a worker and on the main thread alike.

/** @typedef {import("./viewer.js").ViewerWorld} ViewerWorld */

/**
 * @param {string} query of the stream's address
 * @returns {ViewerWorld}
 */
export function browserWorld(query = "") {
    const address = `${location.origin.replace(/^http/, "ws")}/api/v1/stream${query}`;
    return {
        open: () => /** @type {any} */ (new WebSocket(address, ["ecgstream.v1"])),
        // Not Date: the clock of the wall can be set, and then the trace would jump.
        now: () => performance.now() / 1000,
        origin: performance.timeOrigin,
        after: (seconds, then) => {
            const timer = setTimeout(then, seconds * 1000);
            return () => clearTimeout(timer);
        },
        every: (seconds, then) => void setInterval(then, seconds * 1000),
        random: Math.random,
        frame: (then) => void requestAnimationFrame(then),
        canvas: (width, height) => {
            if (typeof OffscreenCanvas === "function") return new OffscreenCanvas(width, height);
            const canvas = document.createElement("canvas");
            canvas.width = width;
            canvas.height = height;
            return canvas;
        },
    };
}
