// @ts-check
/** The records page: joins the search, the list and the keyboard. */

import { retryDelay } from "./net/backoff.js";
import { Failure, fetchFacets, fetchRecords } from "./records/api.js";
import { Latest } from "./records/asking.js";
import { addressOf, ALL, choiceOf, chosenBeside } from "./records/choice.js";
import { RecordFilters } from "./records/filters.js";
import { counted, duration, total } from "./records/format.js";
import { RecordList } from "./records/list.js";
import { PAGE } from "./records/pages.js";
import { element } from "./records/row.js";
import { mountWalls } from "./records/walls.js";
import { mountLogout, toLogin } from "./session.js";
import { onThemeChange } from "./ui/theme.js";
import { FILTERS, RECORDS } from "./texts/records.js";

/** A pause in typing: shorter ones ask for words that are not finished. */
const TYPING_MS = 150;
/** How often it is asked whether the archive has changed, while somebody looks at the page. */
const LOOK_MS = 10_000;

/** @param {string} id */
function byId(id) {
    const found = document.getElementById(id);
    if (!found) throw new Error(`the page has no #${id}`);
    return found;
}

const input = /** @type {HTMLInputElement} */ (byId("query"));
let choice = choiceOf(location.search);
/** What the list shows: the answer to `choice` may not have come yet, and its pages are no pages of this. */
let shown = choice;
const list = new RecordList(byId("records"), {
    load: async (first, count, signal) => {
        const answer = await fetchRecords(shown, first, count, signal);
        answered();
        return answer.records;
    },
    selected: remember,
    failed: fail,
    login: toLogin,
    changed: countThem,
});
const filters = new RecordFilters(byId("filters"), (chosen) => search({ ...chosen, query: input.value.trim() }));
const asking = new Latest();
const looking = new Latest();
let failures = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
/** What was asked last, to be asked again. @type {() => void} */
let lastAsked = () => undefined;

/** The record of this page that was open before, and its place: the way back leads to it. */
let returning = /** @type {{record?: string, index?: number} | null} */ (history.state);

/** @param {string} record @param {number} index */
function remember(record, index) {
    history.replaceState({ record, index }, "");
}

/** The server answers. */
function answered() {
    if (failures) list.retry();
    failures = 0;
    byId("trouble").hidden = true;
}

/**
 * Ask for the records that are chosen, and again until the server answers or something newer is asked.
 * @returns {Promise<boolean>} whether its answer is what is shown now
 */
async function ask() {
    clearTimeout(waiting);
    lastAsked = () => void ask();
    const asked = choice;
    // Until the answer is there, what is in the list is the answer to something else, and looks so.
    if (addressOf(asked) !== addressOf(shown)) byId("records").setAttribute("aria-busy", "true");
    try {
        const answer = await asking.ask((signal) => fetchRecords(asked, 0, PAGE, signal));
        if (!answer.current) return false;
        answered();
        lastAsked = () => list.retry();
        shown = asked;
        show(answer.value);
        return true;
    } catch (error) {
        if (!(error instanceof Failure)) throw error;
        fail(error);
        return false;
    }
}

/** Look for what is typed, and open it where it is one record alone, or one is called just so. */
async function enter() {
    choice = { ...choice, query: input.value.trim() };
    // No answer, or something newer was typed meanwhile: the keyboard stays in the search.
    if (!(await ask())) return;
    const exact = list.place(choice.query);
    list.select(Math.max(0, exact));
    if (choice.query && (list.total === 1 || exact >= 0)) list.open();
}

/** @param {Awaited<ReturnType<typeof fetchRecords>>} page the first of what is chosen */
function show(page) {
    byId("records").removeAttribute("aria-busy");
    // The picked record stays in the address's own state; only what is chosen changes here.
    history.replaceState(history.state, "", addressOf(choice));
    const at = returning?.index ?? 0;
    returning = null;
    list.begin(page.total, page.records, at < page.total ? at : 0);
    if (document.activeElement === input) window.scrollTo(0, 0);
    byId("changed").hidden = true;
    tellIndexing(page);
    const all = addressOf(choice) === "/";
    countThem();
    byId("keys").hidden = !page.total;
    byId("empty").hidden = page.total > 0 || !all || page.indexing !== null;
    byId("nothing").hidden = page.total > 0 || all;
    byId("nothing-text").textContent = chosenBeside(choice) ? FILTERS.nothing : RECORDS.nothing(choice.query);
}

/** Say whether the server knows all records yet. @param {import("./records/model.js").RecordPage} page */
function tellIndexing({ indexing }) {
    byId("indexing").hidden = !indexing;
    if (indexing) byId("indexing").textContent = FILTERS.indexing(indexing.done, indexing.total);
}

/** Say what of the archive is not in the list, and why. @param {import("./records/filters.js").Facets["left_out"]} what */
function tellLeftOut({ count, reasons }) {
    byId("left-out").hidden = count === 0;
    byId("left-out-count").textContent = FILTERS.leftOut(count);
    const more = count > reasons.length ? [element("li", "", FILTERS.leftOutMore)] : [];
    byId("left-out-reasons").replaceChildren(...reasons.map((reason) => element("li", "", reason)), ...more);
}

function countThem() {
    byId("count").textContent = list.total ? total(list.total, list.patients) : "";
}

/** Ask what there is to choose from. */
async function offer() {
    try {
        const answer = await looking.ask(fetchFacets);
        if (!answer.current) return;
        filters.offer(answer.value);
        tellLeftOut(answer.value.left_out);
    } catch (error) {
        // The list itself says what the trouble is.
        if (!(error instanceof Failure)) throw error;
    }
}

/** See whether there are other records than those shown: nothing moves under somebody's hand. */
async function look() {
    if (document.hidden || failures) return;
    const asked = choice;
    try {
        const answer = await looking.ask((signal) => fetchRecords(asked, 0, 1, signal));
        if (!answer.current || asked !== choice) return;
        tellIndexing(answer.value);
        tellLeftOut((await fetchFacets(AbortSignal.timeout(LOOK_MS))).left_out);
        if (answer.value.total === list.total) return;
        if (!list.total) {
            // Nothing is there that could move.
            void ask();
            void offer();
            return;
        }
        byId("changed").hidden = false;
        byId("changed-text").textContent = FILTERS.moved(counted(answer.value.total, "record"));
    } catch (error) {
        if (!(error instanceof Failure)) throw error;
    }
}

/** @param {Failure} failure */
function fail(failure) {
    if (failure.kind === "login") {
        toLogin();
        return;
    }
    byId("trouble").hidden = false;
    if (!list.total || byId("records").ariaBusy) byId("count").textContent = RECORDS.notKnown;
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

/** @param {import("./records/choice.js").Choice} chosen */
function search(chosen) {
    choice = chosen;
    input.value = chosen.query;
    filters.show(chosen);
    clearTimeout(typing);
    void ask();
}

/** What is typed. */
const typed = () => ({ ...choice, query: input.value.trim() });

input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
        choice = typed();
        void ask();
    }, TYPING_MS);
});
input.form?.addEventListener("submit", (event) => {
    event.preventDefault();
    search(typed());
});
byId("clear").addEventListener("click", () => {
    search(ALL);
    input.focus();
});
byId("again").addEventListener("click", () => lastAsked());
byId("show-changed").addEventListener("click", () => {
    void ask();
    void offer();
});
window.addEventListener("online", () => {
    if (failures) lastAsked();
});
window.addEventListener("popstate", () => search(choiceOf(location.search)));
onThemeChange(() => list.redraw());

document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.activeElement === input) {
        if (event.key === "Escape") {
            if (input.value) search({ ...choice, query: "" });
            else input.blur();
        } else if (event.key === "ArrowDown" || event.key === "Enter") {
            clearTimeout(typing);
            if (event.key === "Enter") void enter();
            else list.select(list.selected);
        } else return;
    } else if (event.key === "/") {
        input.focus();
        input.select();
    } else if (event.target instanceof Element && event.target.closest("#filters, button, summary") && !event.target.closest("#records")) return;
    else if (!list.key(event)) return;
    event.preventDefault();
});

mountLogout(byId("logout"));
void mountWalls(/** @type {HTMLDetailsElement} */ (byId("walls")));
search(choice);
void offer();
setInterval(() => void look(), LOOK_MS);
