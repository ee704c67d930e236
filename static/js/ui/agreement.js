// The panel that compares two annotation sets: figures, errors one by one, and who is right.

import { ADJUDICATED, answerOf, errorOf } from "../agree/answer.js";
import { errorLayer } from "../agree/errors.js";
import { modelLayer } from "../agree/layers.js";
import { DETECTION, isDetection, readCompared, tellsNone, writeCompared } from "../agree/link.js";
import { RequestFailed } from "../net/api.js";
import { fetchAgreement, fetchAnswers, fetchComparable, fetchNextError, LISTED, putAnswer } from "../net/agreement.js";
import { fetchAnnotations } from "../net/findings.js";
import { AGREEMENT } from "../texts/agreement.js";
import { MARKS } from "../texts/marks.js";
import { offerSets, takesAnswers, whyNot, withBeats } from "./agreesets.js";
import { fillCells, fillErrors, fillFigures, timeOf } from "./agreetables.js";
import { anyPart, part, write } from "./page.js";

/** @typedef {import("../agree/answer.js").Choice} Choice */
/** @typedef {import("../agree/link.js").Compared} Compared */
/** @typedef {import("../net/agreement.js").Agreement} Agreement */
/** @typedef {import("../net/agreement.js").Disagreement} Disagreement */
/** @typedef {import("../signal/marks.js").MarkSet} MarkSet */

const LAYER = "compare";
/** Milliseconds after the last move of the slider at which the server is asked. */
const SETTLED_MS = 150;
const STEPS = 200;

export class AgreementPanel {
    #desk;
    #layers;
    #section = anyPart("agree");
    #button = anyPart("agree-open");
    #reference = part("agree-reference", HTMLSelectElement);
    #test = part("agree-test", HTMLSelectElement);
    #threshold = part("agree-threshold", HTMLInputElement);
    /** The sets of the record, at its rate. @type {MarkSet[]} */
    #sets = [];
    /** @type {Compared | null} */
    #compared = null;
    /** @type {Agreement | null} */
    #agreement = null;
    /** The error that is looked at. @type {Disagreement | null} */
    #chosen = null;
    /** What was answered, by the sample of the error. @type {Map<number, { id: string, version: number, symbol: string }>} */
    #answers = new Map();
    /** Whether the sets were chosen just now, and nobody said which errors. */
    #fresh = false;
    /** The set whose layer is ours now. */
    #drawn = "";
    /** It, its threshold and its scale, as they were drawn. */
    #drawnAs = "";
    #asking = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #settling;

    /** @param {import("./desk.js").Desk} desk @param {import("./marklayers.js").MarkLayers} layers */
    constructor(desk, layers) {
        this.#desk = desk;
        this.#layers = layers;
        this.#reference.addEventListener("change", () => this.#choose());
        this.#test.addEventListener("change", () => this.#choose());
        this.#threshold.addEventListener("input", () => this.#slid());
        anyPart("agree-close").addEventListener("click", () => this.close(true));
        anyPart("agree-all").addEventListener("click", () => this.#compare([]));
        anyPart("agree-found").addEventListener("click", () => this.#compare([...DETECTION]));
        anyPart("agree-on").addEventListener("click", () => void this.step(1));
        anyPart("agree-back").addEventListener("click", () => void this.step(-1));
        for (const choice of /** @type {Choice[]} */ (["reference", "test", "neither"])) {
            anyPart(`agree-right-${choice}`).addEventListener("click", () => void this.#answer(choice));
        }
        // At another rate the same marks have other samples.
        let fs = desk.status?.fs ?? null;
        desk.on("status", (status) => {
            if (status.fs === fs) return;
            fs = status.fs;
            if (this.isOpen) this.#draw();
        });
        // A whole set is another one now, or gone: published, withdrawn, read in.
        desk.on("said", (said) => {
            if (said.say === "annotation" && said.annotation === null && this.isOpen) void this.#anew();
        });
    }

    get isOpen() {
        return !this.#section.hidden;
    }

    toggle() {
        if (this.isOpen) this.close(true);
        else this.open(this.#compared ? writeCompared(this.#compared) : "");
    }

    /** @param {string} wished as an address has it; empty = the sets that suggest themselves */
    open(wished) {
        this.#desk.opens("compare");
        this.#section.hidden = false;
        this.#button.setAttribute("aria-expanded", "true");
        document.documentElement.dataset["agreeing"] = "true";
        void this.#load(readCompared(wished));
    }

    /** @param {boolean} focus whether the focus goes back to the button */
    close(focus) {
        if (!this.isOpen) return;
        this.#asking.abort();
        this.#section.hidden = true;
        this.#button.setAttribute("aria-expanded", "false");
        delete document.documentElement.dataset["agreeing"];
        this.#restore();
        this.#layers.withdraw(LAYER);
        this.#desk.carry("compare", "");
        if (focus) this.#button.focus();
    }

    /** Go to the next error, or the one before. @param {1 | -1} way */
    async step(way) {
        const [record, compared] = [this.#desk.record, this.#compared];
        if (!record || !compared) return;
        const { signal } = this.#asking;
        try {
            const found = await fetchNextError(record.record, compared, { from: this.#from(), way, signal });
            if (signal.aborted) return;
            if (found.sample === null || found.place === null) {
                this.#desk.ways.notice(AGREEMENT.last[way]);
                return;
            }
            const listed = this.#agreement?.disagreements.find(({ sample }) => sample === found.sample);
            this.#look(listed ?? (await this.#unlisted(record.record, compared, found.place)), found);
        } catch (error) {
            this.#failed(error, signal);
        }
    }

    /** Where one stands: the error looked at, else the middle of what is in sight. */
    #from() {
        if (this.#chosen) return this.#chosen.sample;
        const sight = this.#desk.ways.sight();
        return sight ? (sight.start + (sight.windowS * this.#fs) / 2) / this.#scale : -1;
    }

    get #fs() {
        return this.#desk.status?.fs ?? this.#desk.record?.fs ?? 1;
    }

    /** Samples shown for one of the record. */
    get #scale() {
        return this.#fs / (this.#desk.record?.fs ?? this.#fs);
    }

    /** @param {Compared | null} wished */
    async #load(wished) {
        const record = this.#desk.record;
        if (!record) return;
        this.#asking.abort();
        this.#asking = new AbortController();
        const { signal } = this.#asking;
        this.#trouble("");
        try {
            this.#sets = await fetchAnnotations({ record: record.record, signal });
            this.#drawnAs = "";
            await this.#recall(record.record, signal);
            const all = await fetchComparable(record.record, signal);
            const names = withBeats(all, this.#sets);
            if (wished && this.#cannot(wished, names, all)) return;
            if (names.length < 2) {
                this.#trouble(names.length ? AGREEMENT.one : AGREEMENT.none);
                return;
            }
            const reference = wished?.reference ?? names.find((name) => name === "atr") ?? names[0];
            const others = names.filter((name) => name !== reference);
            // What a model says is what one wants to test.
            const model = this.#sets.find(({ name, score }) => score && others.includes(name))?.name;
            const test = wished?.test ?? model ?? others[0];
            offerSets(this.#reference, names, reference);
            offerSets(this.#test, names, test);
            this.#range(wished?.threshold ?? null);
            this.#fresh = wished === null;
            this.#compare(wished?.cells ?? []);
        } catch (error) {
            this.#failed(error, signal);
        }
    }

    /**
     * Tell of sets that are not there, and take back what was said of them; what was wished for stays in the address.
     * @param {Compared} wished
     * @param {string[]} names those that can be compared
     * @param {string[]} all
     * @returns {boolean} whether they cannot be compared
     */
    #cannot(wished, names, all) {
        const sets = [wished.reference, wished.test];
        const why = whyNot(sets, names, all, this.#agreement !== null);
        if (!why) return false;
        clearTimeout(this.#settling);
        this.#compared = wished;
        this.#agreement = this.#chosen = null;
        offerSets(this.#reference, names, wished.reference);
        offerSets(this.#test, names, wished.test);
        anyPart("agree-pick").hidden = true;
        this.#layers.withdraw(LAYER);
        this.#drawn = this.#drawnAs = "";
        for (const name of sets) if (!all.includes(name)) this.#layers.withdraw(`set ${name}`);
        this.#trouble(why);
        return true;
    }

    /** Sets of the record are other ones now: ask again, for the same two. */
    async #anew() {
        const [record, compared] = [this.#desk.record, this.#compared];
        if (!record || !compared) return;
        // What is being asked is of sets as they were.
        this.#asking.abort();
        this.#asking = new AbortController();
        const { signal } = this.#asking;
        try {
            const [sets, all] = await Promise.all([
                fetchAnnotations({ record: record.record, signal }),
                fetchComparable(record.record, signal),
            ]);
            this.#sets = sets;
            this.#drawnAs = "";
            const names = withBeats(all, sets);
            if (this.#cannot(compared, names, all)) return;
            offerSets(this.#reference, names, compared.reference);
            offerSets(this.#test, names, compared.test);
            this.#range(compared.threshold);
            this.#say();
            const looked = this.#chosen;
            this.#agreement = this.#chosen = null;
            await this.#ask(compared);
            if (looked) this.#keep(looked);
        } catch (error) {
            this.#failed(error, signal);
        }
    }

    /** Learn what was answered before. @param {string} record @param {AbortSignal} signal */
    async #recall(record, signal) {
        this.#answers.clear();
        if (!this.#sets.some(takesAnswers)) return;
        for (const { id, version, symbol, tags } of await fetchAnswers(record, ADJUDICATED, signal)) {
            const at = errorOf(tags);
            if (at !== null) this.#answers.set(at, { id, version, symbol });
        }
    }

    /** Another set was chosen. */
    #choose() {
        // One of them may not be there, and what was told of it still holds.
        if (!this.#reference.value || !this.#test.value) return;
        this.#range(null);
        this.#fresh = true;
        this.#compare([]);
    }

    /** Give the slider the range of the scores of the test. @param {number | null} threshold */
    #range(threshold) {
        const scores = this.#setOf(this.#test.value)?.score?.filter((score) => !Number.isNaN(score)) ?? new Float64Array();
        anyPart("agree-pick").hidden = scores.length === 0;
        let [low, high] = [Infinity, -Infinity];
        for (const score of scores) [low, high] = [Math.min(low, score), Math.max(high, score)];
        // What lies between 0 and 1 is shown so: the same place of the slider means the same.
        if (low >= 0 && high <= 1) [low, high] = [0, 1];
        const { dataset } = this.#threshold;
        [this.#threshold.min, this.#threshold.max] = [String(low), String(high)];
        this.#threshold.step = threshold === null ? String((high - low) / STEPS || 1) : "any";
        this.#threshold.value = String(threshold ?? low);
        dataset["all"] = threshold === null ? "true" : "false";
    }

    #slid() {
        this.#threshold.dataset["all"] = this.#threshold.value === this.#threshold.min ? "true" : "false";
        this.#say();
        clearTimeout(this.#settling);
        this.#settling = setTimeout(() => this.#compare(this.#compared?.cells ?? []), SETTLED_MS);
    }

    get #sure() {
        const none = anyPart("agree-pick").hidden || this.#threshold.dataset["all"] === "true";
        return none ? null : Number(this.#threshold.value);
    }

    #say() {
        write(anyPart("agree-value"), this.#sure === null ? AGREEMENT.all : AGREEMENT.threshold(this.#sure));
    }

    /** Ask how the two agree. @param {string[]} cells */
    #compare(cells) {
        this.#compared = { reference: this.#reference.value, test: this.#test.value, threshold: this.#sure, cells };
        this.#chosen = null;
        this.#say();
        this.#desk.carry("compare", writeCompared(this.#compared));
        void this.#ask(this.#compared);
    }

    /** @param {Compared} compared */
    async #ask(compared) {
        const record = this.#desk.record;
        if (!record) return;
        this.#asking.abort();
        this.#asking = new AbortController();
        const { signal } = this.#asking;
        anyPart("agree-parts").setAttribute("aria-busy", "true");
        try {
            this.#agreement = await fetchAgreement(record.record, compared, signal);
            this.#trouble("");
            const { counts, classes } = this.#agreement;
            const [fresh] = [this.#fresh, (this.#fresh = false)];
            if (fresh && !compared.cells.length && tellsNone(counts, classes)) {
                this.#compare([...DETECTION]);
                return;
            }
            this.#show();
            this.#draw();
        } catch (error) {
            this.#failed(error, signal);
        } finally {
            if (!signal.aborted) anyPart("agree-parts").removeAttribute("aria-busy");
        }
    }

    #show() {
        const [agreement, compared] = [this.#agreement, this.#compared];
        if (!agreement || !compared) return;
        fillCells(agreement, compared.cells, (cell) => {
            const cells = isDetection(compared.cells) ? [] : compared.cells;
            this.#compare(cells.includes(cell) ? cells.filter((one) => one !== cell) : [...cells, cell]);
        });
        fillFigures(agreement);
        this.#list();
        const which = isDetection(compared.cells) ? "found" : compared.cells.length ? "cells" : "all";
        anyPart("agree-all").setAttribute("aria-pressed", String(which === "all"));
        anyPart("agree-found").setAttribute("aria-pressed", String(which === "found"));
        write(anyPart("agree-place"), AGREEMENT.errors(agreement.total, which));
        write(anyPart("agree-said"), AGREEMENT.errors(agreement.total, which));
        write(anyPart("agree-more"), agreement.total > LISTED ? AGREEMENT.listed(LISTED) : "");
    }

    #list() {
        if (!this.#agreement) return;
        fillErrors(this.#agreement.disagreements, {
            fs: this.#agreement.fs,
            chosen: this.#chosen,
            answer: ({ sample }) => this.#answers.get(sample)?.symbol ?? null,
            look: (found) => this.#look(found, null),
        });
    }

    /**
     * Look at an error.
     * @param {Disagreement | null} found
     * @param {{ place: number | null, count: number } | null} at which of how many; null = it is to be looked for
     */
    #look(found, at) {
        if (!found || !this.#agreement) return;
        this.#desk.ways.see(found.sample * this.#scale);
        this.#choice(found, at);
    }

    /** What was looked at still is, if it is an error still. @param {Disagreement} looked */
    #keep(looked) {
        const still = this.#agreement?.disagreements.find(({ sample, cell }) => sample === looked.sample && cell === looked.cell);
        if (still) this.#choice(still, null);
    }

    /** An error is the one that is spoken of. @param {Disagreement} found @param {{ place: number | null, count: number } | null} at */
    #choice(found, at) {
        if (!this.#agreement) return;
        this.#chosen = found;
        const place = at?.place ?? this.#agreement.disagreements.indexOf(found);
        write(anyPart("agree-place"), AGREEMENT.place(place, at?.count ?? this.#agreement.total));
        this.#list();
        this.#draw();
    }

    /** @param {string} record @param {Compared} compared @param {number} place */
    async #unlisted(record, compared, place) {
        const more = await fetchAgreement(record, compared, this.#asking.signal, { from: place, limit: 1 });
        return more.disagreements[0] ?? null;
    }

    #draw() {
        const [agreement, compared] = [this.#agreement, this.#compared];
        if (!agreement || !compared) return;
        const chosen = this.#chosen ? agreement.disagreements.findIndex(({ sample }) => sample === this.#chosen?.sample) : -1;
        this.#layers.offer(LAYER, {
            name: AGREEMENT.layer,
            says: AGREEMENT.against(compared.reference, compared.test),
            count: agreement.total,
            colour: "wrong",
            layer: errorLayer(agreement.disagreements, this.#scale, chosen),
        });
        if (this.#drawn !== compared.test) this.#restore();
        const set = this.#setOf(compared.test);
        // A million marks are laid out anew where they changed, and not for each error that is looked at.
        const as = [compared.test, compared.threshold, this.#scale].join();
        if (!set?.score || as === this.#drawnAs) return;
        this.#offer(set, compared.threshold);
        this.#drawnAs = as;
    }

    /** The layer of a model as it was. */
    #restore() {
        const set = this.#setOf(this.#drawn);
        if (set) this.#offer(set, null);
        this.#drawn = "";
        this.#drawnAs = "";
    }

    /** @param {MarkSet} set @param {number | null} threshold */
    #offer(set, threshold) {
        const by = this.#scale;
        const scaled = { ...set, sample: set.sample.map((at) => Math.round(at * by)), stop: set.stop?.map((at) => Math.round(at * by)) ?? null };
        const layer = modelLayer(scaled, 20 + this.#sets.indexOf(set), threshold);
        const says = MARKS.model(set.source ?? "");
        this.#layers.offer(`set ${set.name}`, { name: set.name, says, count: layer.sample.length, colour: layer.colour, layer });
        this.#drawn = set.name;
    }

    /** @param {string} name */
    #setOf(name) {
        return this.#sets.find((set) => set.name === name);
    }

    /** Put the answer down. @param {Choice} choice */
    async #answer(choice) {
        const [record, compared, found] = [this.#desk.record, this.#compared, this.#chosen];
        if (!record || !compared) return;
        if (!found) {
            this.#desk.ways.notice(AGREEMENT.choose);
            return;
        }
        const mark = answerOf(found, choice, compared);
        try {
            const kept = await putAnswer(record.record, mark, this.#answers.get(found.sample) ?? null);
            this.#answers.set(found.sample, { ...kept, symbol: mark.symbol });
            this.#desk.ways.notice(AGREEMENT.answered(timeOf(found.sample, record.fs), mark.symbol));
            this.#list();
        } catch (error) {
            if (!(error instanceof RequestFailed)) throw error;
            this.#desk.ways.notice(AGREEMENT.failed(error.message));
        }
    }

    /** @param {unknown} error @param {AbortSignal} signal */
    #failed(error, signal) {
        if (signal.aborted) return;
        if (!(error instanceof Error)) throw error;
        // One of them is not there any more, or what is told of both is not: figures of it must not stand.
        if (error instanceof RequestFailed && error.status === 404 && this.#agreement) {
            void this.#anew();
            return;
        }
        this.#trouble(error.message);
        // What is being looked for is there in a moment.
        if (!(error instanceof RequestFailed) || error.status !== 503 || error.retryAfterS === null) return;
        clearTimeout(this.#settling);
        this.#settling = setTimeout(() => {
            if (this.isOpen) this.#compare(this.#compared?.cells ?? []);
        }, error.retryAfterS * 1000);
    }

    /** @param {string} words empty = none */
    #trouble(words) {
        const place = anyPart("agree-trouble");
        place.hidden = !words;
        write(place, words);
        anyPart("agree-parts").hidden = Boolean(words);
    }
}

