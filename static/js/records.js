// @ts-check
/** The records page: joins the search, the list and the keyboard. */

import { retryDelay } from "./net/backoff.js";
import { Failure, fetchRecords } from "./records/api.js";
import { Latest } from "./records/asking.js";
import { duration, total } from "./records/format.js";
import { RecordList } from "./records/list.js";
import { mountWalls } from "./records/walls.js";
import { mountLogout, toLogin } from "./session.js";
import { onThemeChange } from "./ui/theme.js";
import { RECORDS } from "./texts/records.js";

const PAGE = 50;
/** A pause in typing: shorter ones ask for words that are not finished. */
const TYPING_MS = 150;
/** How far below the screen the end of the list may be before more is asked for. */
const AHEAD = "2000px";

/** @param {string} id */
function byId(id) {
    const found = document.getElementById(id);
    if (!found) throw new Error(`the page has no #${id}`);
    return found;
}

const input = /** @type {HTMLInputElement} */ (byId("query"));
const list = new RecordList(byId("records"), { selected: remember, login: toLogin });
const asking = new Latest();
let failures = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
/** What was asked last, to be asked again. @type {() => void} */
let lastAsked = () => undefined;
/** @type {string | null} */
let next = null;

const more = new IntersectionObserver(
    ([entry]) => {
        if (entry?.isIntersecting && next !== null) void ask(next);
    },
    { rootMargin: `0px 0px ${AHEAD} 0px` },
);

/** The record of this page that was open before; the way back leads to it. */
let returning = /** @type {{record?: string} | null} */ (history.state)?.record;

/** @param {string} record */
function remember(record) {
    history.replaceState({ record }, "");
}

/**
 * Ask for a page of records, and again until the server answers or something newer is asked.
 * @param {string | null} cursor null: the first page
 * @returns {Promise<boolean>} whether its answer is what is shown now
 */
async function ask(cursor) {
    const query = input.value.trim();
    clearTimeout(waiting);
    lastAsked = () => void ask(cursor);
    try {
        const answer = await asking.ask((signal) =>
            fetchRecords({ query, cursor, limit: PAGE }, signal),
        );
        if (!answer.current) return false;
        if (failures) list.retry();
        failures = 0;
        byId("trouble").hidden = true;
        show(answer.value, { query, first: cursor === null });
        return true;
    } catch (error) {
        if (!(error instanceof Failure)) throw error;
        fail(error);
        return false;
    }
}

/** Look for what is typed, and open it where it is one record alone. */
async function enter() {
    // No answer, or something newer was typed meanwhile: the keyboard stays in the search.
    if (!(await ask(null))) return;
    list.select(0);
    if (input.value.trim() && list.records.length === 1 && next === null) list.open();
}

/**
 * @param {Awaited<ReturnType<typeof fetchRecords>>} page
 * @param {{query: string, first: boolean}} asked
 */
function show(page, { query, first }) {
    if (first) {
        list.clear();
        // The picked record stays in the address's own state; only the words change here.
        history.replaceState(history.state, "", query ? `/?${new URLSearchParams({ query })}` : "/");
        if (document.activeElement === input) window.scrollTo(0, 0);
    }
    next = page.next;
    list.append(page.records);
    if (returning && list.selectRecord(returning)) returning = undefined;
    const { records, patients } = list;
    byId("count").textContent = records.length ? total(records.length, patients, next !== null) : "";
    byId("keys").hidden = !records.length;
    byId("empty").hidden = records.length > 0 || query !== "";
    byId("nothing").hidden = records.length > 0 || query === "";
    byId("nothing-text").textContent = RECORDS.nothing(query);
    byId("more").hidden = next === null;
    // The observer speaks only of changes: begin anew, should the end still be in sight.
    more.unobserve(byId("more"));
    if (next !== null) more.observe(byId("more"));
}

/** @param {Failure} failure */
function fail(failure) {
    if (failure.kind === "login") {
        toLogin();
        return;
    }
    byId("trouble").hidden = false;
    if (!list.records.length) byId("count").textContent = RECORDS.notKnown;
    if (failure.kind === "refused") {
        byId("trouble-text").textContent = failure.message;
        return;
    }
    const seconds = retryDelay(failures, failure.retryAfterMs, Math.random());
    failures++;
    const when = seconds < 1 ? RECORDS.atOnce : RECORDS.after(duration(Math.round(seconds)));
    byId("trouble-text").textContent = RECORDS.again(failure.message, when);
    waiting = setTimeout(lastAsked, seconds * 1000);
}

/** @param {string} words */
function search(words) {
    input.value = words;
    clearTimeout(typing);
    void ask(null);
}

input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => void ask(null), TYPING_MS);
});
input.form?.addEventListener("submit", (event) => {
    event.preventDefault();
    search(input.value);
});
byId("clear").addEventListener("click", () => {
    search("");
    input.focus();
});
byId("again").addEventListener("click", () => lastAsked());
window.addEventListener("online", () => {
    if (failures) lastAsked();
});
window.addEventListener("popstate", () => search(asked()));
onThemeChange(() => list.redraw());

document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.activeElement === input) {
        if (event.key === "Escape") {
            if (input.value) search("");
            else input.blur();
        } else if (event.key === "ArrowDown" || event.key === "Enter") {
            clearTimeout(typing);
            if (event.key === "Enter") void enter();
            else list.select(list.selected);
        } else return;
    } else if (event.key === "/") {
        input.focus();
        input.select();
    } else if (event.target instanceof HTMLButtonElement && !event.target.closest("#records")) return;
    else if (!list.key(event)) return;
    event.preventDefault();
});

/** The words in the address. */
function asked() {
    return new URLSearchParams(location.search).get("query") ?? "";
}

mountLogout(byId("logout"));
void mountWalls(/** @type {HTMLDetailsElement} */ (byId("walls")));
search(asked());
