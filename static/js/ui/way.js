// The ways through a record: the overview, the jumps, and what both have to know of it.

import { RequestFailed } from "../net/api.js";
import { fetchAnnotations, fetchEnvelope, fetchQuality } from "../net/findings.js";
import { fetchOutline } from "../net/tiles.js";
import { checkedRuns } from "../signal/checked.js";
import { anyGaps } from "../signal/gaps.js";
import { Behind } from "./behind.js";
import { Jumps } from "./jumps.js";
import { Overview } from "./overview.js";

/** @typedef {import("../signal/gaps.js").Runs} Runs */
/** @typedef {import("../signal/marks.js").MarkSet} MarkSet */
/** @typedef {import("../signal/checked.js").Checks} Checks */
/** @typedef {import("./jumps.js").FoundRun} FoundRun */
/** @typedef {import("../messages.js").Status} Status */
/** @typedef {import("../view/sheet.js").Look} Look */
/**
 * `length` at `fs`, which is the rate of the leads; `recordFs` is the record's.
 * @typedef {{ record: string, leads: string[], fs: number, recordFs: number, length: number, gaps: Runs[], gapsKnown: boolean,
 *   startTime: number | null, zone: string | null, shifted?: boolean }} Shown
 */
/**
 * `seek`: play on from a sample; `around`, `at`: look at what is around a sample, or begins there, whatever is
 * played; `looking`: whether one looks apart from what is played; `marks`: the sets, at the rate that is shown.
 * @typedef {{
 *   seek: (sample: number) => void, around: (sample: number) => void, at: (start: number) => void,
 *   looking: () => boolean, notice: (text: string) => void, marks: (sets: MarkSet[], fs: number) => void,
 * }} Moves
 */

/** Columns of the outline: those of the widest screens. */
const COLUMNS = 2048;
/** Samples of a lead that are read through for it at any time: some minutes of a reader would be a day. */
const SHORT = 4e6;
/** Milliseconds between two questions whether an outline is built, and how many there are. */
const BUILT_EVERY_MS = 3000;
const BUILT_TRIES = 20;

export class Way {
    #moves;
    #overview;
    #jumps;
    #behind = new Behind();
    /** @type {Shown | null} */
    #shown = null;
    #asking = new AbortController();
    #drawing = new AbortController();
    /** @type {{ at: number, start: number, stop: number }} */
    #place = { at: 0, start: 0, stop: 0 };
    /** At the rate of the record, asked for once. @type {Promise<MarkSet[]> | null} */
    #marks = null;
    /** Those that people write, as they are now; null = as they were read. @type {MarkSet[] | null} */
    #written = null;

    /** Exact findings of the leads shown; null = still asked for. @type {FoundRun[] | null} */
    #found = null;
    /** The verdict on the record, if somebody had it looked over. @type {Checks | null} */
    #checks = null;

    /** @param {Moves} moves */
    constructor(moves) {
        this.#moves = moves;
        const go = (/** @type {number} */ sample) => {
            this.#jumps.left();
            if (moves.looking()) moves.around(sample);
            else moves.seek(sample);
        };
        this.#overview = new Overview({ go, slide: moves.at });
        this.#jumps = new Jumps({
            go,
            see: (sample) => this.#see(sample),
            notice: moves.notice,
            place: () => this.#place,
        });
    }

    /** What the keys do. */
    get actions() {
        const jumps = this.#jumps;
        return {
            goTo: () => jumps.time(),
            backGap: () => jumps.gap(-1),
            onGap: () => jumps.gap(1),
            backMark: () => jumps.annotation(-1),
            onMark: () => jumps.annotation(1),
            backFinding: () => jumps.finding(-1),
            onFinding: () => jumps.finding(1),
        };
    }

    /** Other leads, or another record, are shown. @param {Shown} shown */
    show(shown) {
        const before = this.#shown;
        this.#shown = shown;
        const { fs, length, gaps, gapsKnown, startTime, zone, shifted } = shown;
        this.#overview.record(length, fs, gaps, gapsKnown);
        this.#jumps.record({ fs, length, startTime, zone, shifted }, anyGaps(gaps));
        const same = before !== null && before.record === shown.record && before.fs === fs;
        if (same && before.leads.join("\n") === shown.leads.join("\n")) return;
        if (before?.record !== shown.record) this.#marks = this.#written = this.#checks = null;
        this.#asking.abort();
        this.#asking = new AbortController();
        const { signal } = this.#asking;
        if (!same || before.leads[0] !== shown.leads[0]) {
            // Of the first lead alone: the line has better to do than to bring it again with each other choice.
            this.#drawing.abort();
            this.#drawing = new AbortController();
            void this.#outline(shown, this.#drawing.signal);
        }
        void this.#annotations(shown, signal);
        void this.#quality(shown, signal);
    }

    /**
     * @param {Status} status
     * @param {Look | null} sight what is in sight
     */
    at({ shown, aim, fs, playing }, sight) {
        const box = sight && { start: sight.start, stop: sight.start + sight.windowS * fs };
        const looking = this.#moves.looking();
        this.#place = box
            ? { ...box, at: looking ? (box.start + box.stop) / 2 : (aim ?? shown) }
            : { at: shown, start: shown, stop: shown };
        this.#jumps.moved();
        this.#overview.at(shown, box, looking);
        this.#behind.show(
            box && looking ? { shown, lookStart: box.start, lookStop: box.stop, fs, playing } : null,
        );
    }

    /** Say more of a place that is pointed at. @param {(part: number) => string} words of a part of the record */
    also(words) {
        this.#overview.also = words;
    }

    /** @param {import("../view/painter.js").Palette} palette */
    paint(palette) {
        this.#overview.paint(palette);
    }

    /** Bring a sample into the middle of what is in sight. @param {number} sample */
    #see(sample) {
        if (this.#moves.looking()) return this.#moves.around(sample);
        const half = (this.#place.stop - this.#place.start) / 2;
        // Not the end itself, at which there is nothing to play.
        const last = Math.max(0, (this.#shown?.length ?? 1) - 1);
        return this.#moves.seek(Math.min(last, Math.round(sample + half)));
    }

    /** People wrote. @param {MarkSet[]} sets all that they write into, at the rate of the record */
    written(sets) {
        this.#written = sets;
        if (this.#shown) void this.#annotations(this.#shown, this.#asking.signal);
    }

    /** There are other sets now than were read. */
    reread() {
        this.#marks = null;
        if (this.#shown) void this.#annotations(this.#shown, this.#asking.signal);
    }

    // What is asked for.

    /** @param {Shown} shown @param {AbortSignal} signal */
    async #outline({ record, leads, length }, signal) {
        const [lead] = leads;
        if (!lead) return;
        this.#overview.outline(lead, null, "waiting");
        let drawn = false;
        for (let tries = 0; tries < BUILT_TRIES; tries++) {
            const outline = await fetchOutline({ record, leads: [lead], signal }).catch(() => null);
            if (signal.aborted) return;
            const group = outline?.groups.find((one) => one.leads.includes(lead));
            if (group && !drawn) {
                const k = group.leads.indexOf(lead);
                const { edges } = group;
                this.#overview.outline(lead, { edges, low: group.low[k], high: group.high[k] }, "outline");
                drawn = true;
            }
            // Without one, and where it is not built in time, the record is read through.
            if (!outline || outline.built || length <= SHORT) break;
            await new Promise((resolve) => setTimeout(resolve, BUILT_EVERY_MS));
            if (signal.aborted) return;
        }
        try {
            const columns = Math.max(1, Math.min(COLUMNS, length));
            const envelope = await fetchEnvelope({ record, lead, columns, signal });
            this.#overview.outline(lead, envelope, "sharp");
        } catch (error) {
            if (!signal.aborted && !drawn) this.#overview.outline(lead, null, "none");
            else if (!signal.aborted && !(error instanceof RequestFailed)) throw error;
        }
    }

    /** @param {Shown} shown @param {AbortSignal} signal */
    async #annotations({ record, fs, recordFs }, signal) {
        try {
            this.#marks ??= fetchAnnotations({ record });
            const read = await this.#marks;
            if (signal.aborted) return;
            const sets = this.#written ? [...read.filter(({ readOnly }) => readOnly !== false), ...this.#written] : read;
            const by = fs / recordFs;
            const scaled = by === 1 ? sets : sets.map((set) => ({
                ...set, sample: set.sample.map((at) => Math.round(at * by)), stop: set.stop?.map((at) => Math.round(at * by)) ?? null,
            }));
            this.#jumps.annotations(scaled);
            this.#overview.annotations(scaled);
            this.#moves.marks(scaled, fs);
        } catch (error) {
            this.#marks = null;
            if (signal.aborted) return;
            this.#jumps.annotations({ failure: wordsOf(error) });
            this.#overview.annotations(null);
        }
    }

    /** @param {Shown} shown @param {AbortSignal} signal */
    async #quality({ record, leads }, signal) {
        this.#jumps.quality(null);
        this.#overview.quality(null);
        this.#found = null;
        try {
            const found = await fetchQuality({ record, leads, signal });
            if (signal.aborted) return;
            // What is missing is a gap, and shown as one.
            this.#found = Object.entries(found.leads)
                .flatMap(([lead, { findings }]) => findings.filter(({ kind }) => kind !== "missing").map((one) => ({ ...one, lead })));
            this.checked(found.checks ?? this.#checks);
        } catch (error) {
            if (!signal.aborted) this.#jumps.quality({ failure: wordsOf(error) });
        }
    }

    /** The whole record was looked over. @param {Checks | null} checks */
    checked(checks) {
        this.#checks = checks;
        if (!this.#found || !this.#shown) return;
        const { leads, fs } = this.#shown;
        const runs = [...this.#found, ...checkedRuns(checks, leads, fs)].sort((a, b) => a.start - b.start);
        this.#jumps.quality(runs);
        this.#overview.quality(runs);
    }
}

/** @param {unknown} error */
const wordsOf = (error) => (error instanceof Error ? error.message : String(error));
