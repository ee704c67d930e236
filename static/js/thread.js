// A worker that says of itself whether it is able, as to draw: only there is it known.

/** Milliseconds in which it has to say so. */
const PATIENCE_MS = 4000;

/**
 * Return a worker that runs the module at `address` and draws, null where none can.
 * @param {URL} address
 * @returns {Promise<Worker | null>}
 */
export function ableWorker(address) {
    if (!("transferControlToOffscreen" in HTMLCanvasElement.prototype)) return Promise.resolve(null);
    return speakingWorker(address);
}

/**
 * Return a worker that runs the module at `address` and said that it is able to, null where none did.
 * @param {URL} address
 * @returns {Promise<Worker | null>}
 */
export function speakingWorker(address) {
    // Not everywhere may a worker start another.
    if (typeof Worker !== "function") return Promise.resolve(null);
    return new Promise((resolve) => {
        const thread = new Worker(address, { type: "module" });
        /** @param {boolean} able */
        const settle = (able) => {
            clearTimeout(timer);
            thread.onmessage = thread.onerror = null;
            if (!able) thread.terminate();
            resolve(able ? thread : null);
        };
        const timer = setTimeout(() => settle(false), PATIENCE_MS);
        thread.onmessage = ({ data }) => settle(data.say === "able");
        thread.onerror = () => settle(false);
    });
}

/** Return whether this thread can draw. */
export const canDraw = () =>
    typeof OffscreenCanvas === "function" &&
    typeof requestAnimationFrame === "function" &&
    new OffscreenCanvas(1, 1).getContext("2d") !== null;
