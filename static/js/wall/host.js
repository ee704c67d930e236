// Starts a ward where it runs best, and speaks to it in the same way wherever that is.

import { ableWorker } from "../thread.js";
import { browserWorld } from "../world.js";
import { Ward } from "./ward.js";
import { WALL } from "../texts/wall.js";

/** @typedef {import("./messages.js").Ask} Ask */
/** @typedef {import("./messages.js").Say} Say */

/**
 * Return a ward that draws on `canvas`.
 * @param {HTMLCanvasElement} canvas
 * @param {{ worker: boolean, query: string, hear: (message: Say) => void, died: (why: string) => void }} options
 *   `worker`: whether to use one; `query` of the stream's address; `died`: its thread is no more
 * @returns {Promise<{ where: "worker" | "page", ask(message: Ask): void }>}
 */
export async function hostWard(canvas, { worker, query, hear, died }) {
    const thread = worker ? await ableWorker(new URL("./worker.js", import.meta.url)) : null;
    if (!thread) {
        const ward = new Ward(canvas, browserWorld(query), hear);
        return { where: "page", ask: (message) => void ward.ask(message) };
    }
    thread.onmessage = ({ data }) => hear(data);
    thread.onerror = (event) => died(event.message || WALL.threadFailed);
    const offscreen = canvas.transferControlToOffscreen();
    thread.postMessage({ ask: "canvas", canvas: offscreen, query }, [offscreen]);
    return { where: "worker", ask: (message) => thread.postMessage(message) };
}
