// The thread that filters: never the one that draws.

import { filteredLead } from "./job.js";

/** @typedef {import("./job.js").Ask} Ask */
/** @typedef {import("./job.js").Say} Say */

/**
 * What is used of DedicatedWorkerGlobalScope.
 * @typedef {{
 *   onmessage: ((event: { data: Ask }) => void) | null,
 *   postMessage(message: Say, transfer?: Transferable[]): void,
 * }} Scope
 */
const scope = /** @type {Scope} */ (/** @type {unknown} */ (self));

scope.onmessage = (/** @type {{ data: Ask }} */ { data: { id, job } }) => {
    try {
        const leads = job.windows.map((_, lead) => filteredLead(job, lead));
        const buffers = leads.flatMap(({ values, settled }) => [values.buffer, settled.buffer]);
        scope.postMessage({ say: "filtered", id, leads }, /** @type {ArrayBuffer[]} */ (buffers));
    } catch (error) {
        scope.postMessage({ say: "failed", id, why: String(error) });
    }
};

scope.postMessage({ say: "able" });
