// How the page begins: the record, or why there is none, and what its controls offer.

import { fetchRecord, RequestFailed } from "../net/api.js";
import { toLogin } from "../session.js";
import { DISCLOSURE } from "../texts/disclosure.js";
import { anyPart, write } from "../ui/page.js";

/** @typedef {import("./face.js").RecordInfo} RecordInfo */
/** @typedef {import("./face.js").Lead} Lead */

/** Why something failed, for a person. @param {Error} error */
export function whyOf(error) {
    if (error instanceof RequestFailed && error.status === 0 && !navigator.onLine) return DISCLOSURE.offline;
    return error.message;
}

/** Say why nothing can be shown. @param {{ title: string, text: string }} why @param {boolean} again */
export function refuse({ title, text }, again) {
    document.documentElement.dataset["state"] = "refused";
    write(anyPart("banner-word"), title);
    write(anyPart("banner-text"), text);
    anyPart("reload").hidden = !again;
    anyPart("all").hidden = false;
}

/**
 * Return what the catalog says of a record; null where it cannot be had, which is said.
 * @param {string} record
 * @returns {Promise<RecordInfo | null>}
 */
export async function loadRecord(record) {
    if (!record) {
        refuse(DISCLOSURE.noRecord, false);
        return null;
    }
    try {
        return /** @type {RecordInfo} */ (await fetchRecord(record));
    } catch (error) {
        if (!(error instanceof RequestFailed)) throw error;
        if (error.status === 401) toLogin();
        if (error.status === 404) refuse(DISCLOSURE.unknownRecord(record), false);
        else refuse(DISCLOSURE.cannot(whyOf(error)), true);
        return null;
    }
}

/** @param {HTMLSelectElement} select @param {readonly Lead[]} leads @param {string} chosen */
export function fillLeads(select, leads, chosen) {
    select.replaceChildren(
        ...leads.map(({ name, kind, fs }) => {
            const option = document.createElement("option");
            option.value = name;
            option.textContent = DISCLOSURE.leadOption(name, kind, fs);
            return option;
        }),
    );
    select.value = chosen;
}

/** @param {HTMLElement} list */
export function showKeys(list) {
    list.replaceChildren(
        ...DISCLOSURE.keys.flatMap(([caps, words]) => {
            const keys = document.createElement("dt");
            for (const cap of caps) {
                const one = document.createElement("kbd");
                one.textContent = cap;
                keys.append(one, " ");
            }
            const what = document.createElement("dd");
            what.textContent = String(words);
            return [keys, what];
        }),
    );
}
