// What is said where a file is not to be had: the reason, and what to do. Pure.

import { TROUBLE } from "../texts/share.js";

/**
 * @param {{ status: number, message: string, retryAfterS: number | null }} error as RequestFailed is
 * @param {boolean} broken whether the answer had begun
 * @returns {{ words: string, login: boolean }}
 */
export function troubleOf({ status, message, retryAfterS }, broken) {
    const said = TROUBLE.said(message.replace(/[.\s]+$/, ""));
    switch (status) {
        case 0:
            return { words: broken ? TROUBLE.broken : TROUBLE.offline, login: false };
        case 401:
            return { words: TROUBLE.login, login: true };
        case 403:
            return { words: TROUBLE.forbidden, login: false };
        case 404:
            return { words: `${said} ${TROUBLE.gone}`, login: false };
        case 413:
            return { words: `${said} ${TROUBLE.large}`, login: false };
        case 422:
            return { words: `${said} ${TROUBLE.unfit}`, login: false };
        case 429:
        case 503:
            return { words: `${said} ${TROUBLE.busy(retryAfterS)}`, login: false };
        case 501:
            return { words: `${said} ${TROUBLE.missing}`, login: false };
        default:
            return { words: `${said} ${TROUBLE.server}`, login: false };
    }
}
