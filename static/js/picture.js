// The samples at hand and the canvas that they are drawn on: what stands before the place that is played
// is fetched, what is told of the picture is on it.

import { retryDelay } from "./net/backoff.js";
import { History, stripStart } from "./net/history.js";
import { Middles } from "./net/middles.js";
import { Ranges } from "./net/ranges.js";
import { isOn, written } from "./filter/presets.js";
import { scaleOf } from "./signal/calibration.js";
import { baseOf, Channels, lineOf } from "./signal/channels.js";
import { Delay, Shown } from "./signal/playhead.js";
import { Ring } from "./signal/ring.js";
import { stretchOf, WINDOW } from "./view/geometry.js";
import { placesOf } from "./view/laid.js";
import { planOf } from "./view/sheets.js";
import { contextOf, Stage } from "./view/stage.js";
import { MISSING, NET } from "./texts/net.js";
import { VIEWER } from "./texts/viewer.js";

/** @typedef {import("./wire/events.js").LeadInfo} LeadInfo */
/** @typedef {import("./wire/events.js").Clock} Clock */
/** @typedef {import("./messages.js").Layout} Layout */
/** @typedef {import("./messages.js").Known} Known */

/** What is shown. @typedef {{ record: string, known: Known[], leads: LeadInfo[], fs: number, length: number }} Subject */
/** @typedef {import("./view/sheet.js").Look} Look */
/** @typedef {import("./look/looking.js").Looking} Looking */
/** @typedef {import("./look/filtering.js").Filtering} Filtering */

/** Seconds of signal kept beside the window, and of wall time: what comes ahead at any pace, and a frame. */
const SPARE_S = 40;
const SPARE_WALL_S = 5;

/** Seconds of wall time at hand below which what is played comes first, and how long it may. */
const SHORT_S = 1.5;
const GIVE_WAY_S = 10;
/** Seconds until it is looked again whether there is room on the line. */
const LOOK_AGAIN_S = 0.1;

/** Seconds by which what leads a picture may be behind it. */
const HAIR_S = 0.05;

/** Seconds of a window before there is a canvas to tell how long it is. */
const USUAL_S = 15;

/** One record on one canvas. */
export class Picture {
    #canvas;
    #stage;
    #world;
    #tell;
    /** @type {Ring | null} */
    #ring = null;
    /** @type {Subject | null} */
    #subject = null;
    #shown = new Shown();
    #delay = new Delay();
    #history;
    #ranges = new Ranges();
    #middles = new Middles();
    #stepped = 0;
    /** Since when a strip is on its way, null = none is. @type {number | null} */
    #asked = null;
    /** When to ask again for a strip that could not be had. @type {number | null} */
    #again = null;
    #failures = 0;
    /** @type {import("./view/stage.js").Shown[]} */
    #shownLeads = [];
    /** What draws a page that stands still, null until it was wanted and has come. @type {typeof import("./look/still.js") | null} */
    #pages = null;
    /** @type {Promise<typeof import("./look/still.js")> | null} */
    #coming = null;
    /** Whether it did not come: it is asked for again by a reload alone. */
    #lacks = false;
    /** @type {import("./view/sheet.js").Sheet | null} */
    #sheet = null;
    /** @type {Looking | null} */
    #looking = null;
    /** Where the person looks; null = at what is played. @type {Look | null} */
    #look = null;
    /** @type {import("./view/geometry.js").Display | null} */
    #display = null;
    /** What the still page was painted from, null = the picture moves. @type {string | null} */
    #still = null;
    #looked = 0;
    /** @type {import("./view/sheets.js").Plan | null} */
    #plan = null;
    /** @type {{ ring: Ring, channels: Channels } | null} */
    #lines = null;
    /** @type {Filtering | null} */
    #filtering = null;
    /** How often a filter was chosen or left. */
    #filters = 0;
    /** Whether what is drawn is filtered: a page of columns, or of too many samples, is not. */
    #filtered = true;
    /** When the last of a strip came. */
    #filled = 0;
    /** Samples a second of wall time that are played, as far as is known, and whether they come too slowly. */
    #rate = 0;
    #short = false;

    /**
     * @param {import("./view/stage.js").Canvas} canvas
     * @param {Pick<import("./viewer.js").ViewerWorld, "canvas" | "now" | "random" | "after">} world
     * @param {(message: Layout | import("./messages.js").Notice) => void} tell
     */
    constructor(canvas, world, tell) {
        this.#canvas = canvas;
        this.#stage = new Stage(canvas, world.canvas);
        this.#world = world;
        this.#tell = tell;
        this.#history = new History(world.now);
    }

    /** The first sample not on the screen, with a fraction. */
    get shown() {
        return this.#shown.sample;
    }

    /** The first sample neither received nor declared a gap. */
    get stop() {
        return this.#ring?.declared ?? 0;
    }

    /** The first sample that the picture was painted from; null before there is one. */
    get oldest() {
        return this.#stage.oldest;
    }

    /** Seconds that what stands before has been awaited. @param {number} now */
    waiting(now) {
        return this.#asked === null ? 0 : now - this.#asked;
    }

    /** Seconds of wall time by which it is behind the playhead. */
    get delay() {
        return this.#delay.seconds;
    }

    /**
     * Whether a tiling of these leads that begins at `next` goes on with what is at hand.
     * @param {LeadInfo[]} leads
     * @param {number} fs
     * @param {number} next
     */
    goesOn(leads, fs, next) {
        const ring = this.#ring;
        const subject = this.#subject;
        if (!ring || !subject || subject.fs !== fs || next < ring.start || next > ring.declared) return false;
        return JSON.stringify(subject.leads) === JSON.stringify(leads);
    }

    /** Forget what lies behind sample `next`. @param {number} next */
    truncate(next) {
        this.#ring?.truncate(next);
    }

    /**
     * Begin anew at sample `at`: nothing joins what comes to what was there.
     * @param {Subject} subject
     * @param {number} at
     */
    begin(subject, at) {
        const was = this.#subject;
        this.#subject = subject;
        const same = was?.record === subject.record && JSON.stringify(was.leads) === JSON.stringify(subject.leads);
        if (!same || was.fs !== subject.fs) {
            this.#looking?.drop();
            this.#looking = null;
            this.#still = null;
            if (this.#display) this.#filter(this.#display.filter);
        }
        // Laid out first: how long the picture is says how much it has to hold.
        this.#staged();
        this.#ring = new Ring(this.#capacity(), subject.leads.length, at);
        this.#lines = null;
        this.#shown.reset(at);
        this.#failures = 0;
        this.#short = false;
        this.#asked = null;
        void this.#fill();
    }

    /**
     * Take a frame, come at `now` when the playhead was at `playhead`.
     * @param {import("./wire/frames.js").Frame} frame
     * @param {{ playhead: number, rate: number, now: number }} when
     */
    append({ start, values }, { playhead, rate, now }) {
        if (rate > 0 && rate !== this.#rate) {
            this.#rate = rate;
            this.#grow();
        }
        this.#ring?.append(start, values);
        this.#delay.arrived(start, playhead, rate, now);
    }

    /** @param {import("./wire/events.js").Gap} gap */
    gap({ start, stop, leads, reason }) {
        if (reason !== "missing") this.#ring?.remark({ start, stop, leads, reason });
        if (leads === null) this.#ring?.declare(stop);
    }

    /** The clock changed: frames catch up with it. @param {number} now */
    changed(now) {
        this.#delay.changed(now);
    }

    /**
     * Draw what is to be seen with the playhead there.
     * @param {number} now
     * @param {{
     *   playhead: number, clock: Clock, playing: boolean, led?: { sample: number, rate: number } | null,
     * } | null} place null = nothing yet; `led`: where it is to stand, whatever the clock says
     */
    step(now, place) {
        const elapsed = Math.min(1, Math.max(0, now - this.#stepped));
        this.#stepped = now;
        const ring = this.#ring;
        if (!ring || !place) {
            this.#stage.clear();
            return;
        }
        this.#delay.settle(elapsed);
        const { playhead, clock, playing, led } = place;
        // What stands still stands where the server says, to the sample: a link leads back there.
        if (led) this.#lead(led, ring.declared);
        else if (!playing) this.#shown.reset(Math.min(clock.sample, ring.declared));
        else this.#shown.advance(playhead, this.#delay.seconds * clock.rate, ring.declared);
        // The clock of one who waits for the line stands.
        this.#short = playing && ring.declared - this.#shown.sample < SHORT_S * this.#rate;
        ring.reach(Math.ceil(this.#shown.sample) + Math.floor(this.#spare() / 2));
        if (this.#again !== null && now >= this.#again) void this.#fill();
        this.#draw(ring);
    }

    /** @param {{ sample: number, rate: number }} led @param {number} stop */
    #lead({ sample, rate }, stop) {
        const back = this.#shown.sample - sample;
        // A trace that is played does not go back for a hair: all of it would be painted anew.
        if (back > 0 && back < HAIR_S * rate) return;
        this.#shown.reset(Math.min(sample, stop));
    }

    /** @param {Ring} ring */
    #draw(ring) {
        const look = this.#lacks ? null : (this.#look ?? this.#paged());
        if (look && !this.#pages) void this.#come();
        // Until that has come the picture goes on; what would begin with a page begins when it is there.
        const begins = !this.#look || this.#stage.oldest === null;
        if (look && (this.#pages || begins)) {
            this.#drawStill(look, ring);
            return;
        }
        if (this.#still !== null) {
            this.#still = null;
            this.#looking?.rest();
            this.#stage.forget();
            this.#told();
        }
        const shown = this.#shown.sample;
        this.#nowFiltered(this.#filtering?.want(shown - this.#windowS() * (this.#subject?.fs ?? 1), shown) ?? true);
        // What is not at hand must not look like an empty record.
        this.#stage.draw(this.#channels(ring), shown, this.#failures > 0 ? "not_loaded" : "loading", shown > 0 && shown === this.#subject?.length);
    }

    /** A window too long to follow the pen is a page that is turned. @returns {Look | null} */
    #paged() {
        const display = this.#display;
        if (!display || display.mode !== "fit" || display.windowS <= WINDOW.most || !this.#subject) return null;
        const windowS = display.windowS * stretchOf(this.#subject.fs);
        const page = windowS * this.#subject.fs;
        return { start: Math.floor(this.#shown.sample / page) * page, windowS };
    }

    /** Have what draws still pages come. */
    async #come() {
        try {
            this.#pages = await (this.#coming ??= import("./look/still.js"));
        } catch {
            if (!this.#lacks) this.#missing();
            this.#lacks = true;
        }
    }

    #missing() {
        this.#tell({ say: "notice", text: MISSING });
    }

    /** What is looked at, of the leads that are shown; null = what draws it has not come. */
    #lookingAt() {
        if (this.#subject && this.#pages) this.#looking ??= new this.#pages.Looking(this.#subject, this.#world, () => this.#looked++);
        return this.#looking;
    }

    /** @param {Look} look @param {Ring} ring */
    #drawStill(look, ring) {
        const { wish } = this.#stage;
        const subject = this.#subject;
        const plan = this.#plan;
        const looking = this.#lookingAt();
        if (!wish || !subject || !plan || !this.#pages || !looking) return;
        this.#sheet ??= new this.#pages.Sheet(contextOf(this.#canvas), this.#world.canvas);
        const playhead = this.#shown.sample;
        const now = `${look.start} ${look.windowS} ${this.#looked} ${this.#stage.revision} ${Math.floor(playhead)} ${ring.stop}`;
        if (now === this.#still) return;
        this.#still = now;
        const page = this.#sheet.open(wish, look, subject.length);
        const { leads } = subject;
        const { pxPerSample } = page.laid;
        const absent = looking.failure ? "not_loaded" : "loading";
        const parts = looking.cover(page.start, page.stop, 1 / pxPerSample, ring);
        const few = parts.every((part) => part.samples);
        const filtered = few && (this.#filtering?.want(page.start, page.stop) ?? true);
        if (filtered !== this.#filtered) {
            // Where 0 mV stands may be another place now.
            this.#filtered = filtered;
            this.#staged();
            this.#still = null;
            return;
        }
        const over = filtered ? this.#filtering : null;
        const sources = parts.map((part) => (over && part.samples ? { ...part, samples: over.over(part.samples) } : part));
        const { drawn, column } = this.#sheet.paint(page, { parts: sources, leads, plan, playhead, absent });
        const lacking = over !== null && !over.whole(page.start, page.stop);
        const place = { start: page.start, pxPerSample, stop: page.end };
        this.#told({ laid: page.laid, look: place, drawn: lacking ? "nothing" : drawn, column });
    }

    /** What is drawn is filtered, or it is not. @param {boolean} filtered */
    #nowFiltered(filtered) {
        if (filtered === this.#filtered) return;
        this.#filtered = filtered;
        this.#staged();
    }

    /** The filter that is wished for, over the leads that are shown. @param {import("./filter/presets.js").Preset} preset */
    #filter(preset) {
        const subject = this.#subject;
        this.#filtering?.close();
        this.#filtering = null;
        this.#filters++;
        if (subject && isOn(preset)) void this.#filterBy(subject, preset);
    }

    /** Until what filters has come, what is drawn is as stored, and said to be. @param {Subject} subject @param {import("./filter/presets.js").Preset} preset */
    async #filterBy(subject, preset) {
        const asked = ++this.#filters;
        const loaded = await import("./look/filtering.js").catch(() => this.#missing());
        // Other leads, or another filter: that one comes by itself.
        if (!loaded || asked !== this.#filters) return;
        const leads = subject.leads.map((lead) => ({ ...lead, kind: this.#kindOf(lead.name) }));
        this.#filtering = new loaded.Filtering({ ...subject, leads }, preset, this.#world, () => this.#looked++);
        this.#still = null;
        this.#staged();
        this.#laidOut();
    }

    /** @param {string} lead */
    #kindOf(lead) {
        return this.#subject?.known.find((known) => known.name === lead)?.kind ?? "";
    }

    /** The lines that are drawn, out of what plays. @param {Ring} ring */
    #channels(ring) {
        if (this.#lines?.ring !== ring) {
            const { channels } = /** @type {import("./view/sheets.js").Plan} */ (this.#plan);
            const source = this.#filtered && this.#filtering ? this.#filtering.over(ring) : ring;
            this.#lines = { ring, channels: new Channels(source, this.#subject?.leads ?? [], channels) };
        }
        return this.#lines.channels;
    }

    /**
     * Look elsewhere; null = at what is played again. Drawn with the next frame: a wheel says more than a
     * screen shows.
     * @param {Look | null} look
     */
    lookAt(look) {
        this.#look = look;
    }

    /**
     * Return samples [start, stop) of a line as it is drawn.
     * @param {string} name the stored one of a lead, or the one that it is shown under
     * @param {number} start
     * @param {number} stop
     */
    async probe(name, start, stop) {
        await this.#come();
        const looking = this.#lookingAt();
        const line = lineOf(name, this.#plan?.channels ?? []);
        if (!looking || !this.#plan || !this.#subject || line < 0) throw new Error(`${name} is not shown`);
        const { channels } = this.#plan;
        const { leads } = this.#subject;
        const stored = await looking.samples(start, stop);
        if (this.#filtered) await this.#filtering?.ready(stored.start, stored.stop);
        const samples = new Channels(this.#filtered ? (this.#filtering?.over(stored) ?? stored) : stored, leads, channels);
        const first = Math.max(samples.start, Math.floor(start));
        const count = Math.max(0, Math.min(samples.stop, Math.ceil(stop)) - first);
        return { start: first, values: Float64Array.from({ length: count }, (_, i) => samples.at(line, first + i)) };
    }

    // How it looks.

    /** @param {import("./view/stage.js").Size} size */
    resize(size) {
        this.#stage.resize(size);
        this.#laidOut();
    }

    /** @param {import("./view/geometry.js").Display} display */
    show(display) {
        const was = this.#display;
        this.#display = display;
        if (!was || written(was.filter) !== written(display.filter)) this.#filter(display.filter);
        this.#stage.show(display);
        this.#staged();
        this.#laidOut();
    }

    /** The sample that is drawn at a place of a picture that moves; null = none is. @param {number | null} x device pixels, null = the newest */
    sampleAt(x) {
        if (x === null) return this.#ring ? Math.max(0, Math.ceil(this.#shown.sample) - 1) : null;
        return this.#still === null ? this.#stage.sampleAt(x) : null;
    }

    /** Set or take away a layer of marks: it is there with the next frame. @param {string} id @param {import("./view/layers.js").Layer | null} layer */
    mark(id, layer) {
        this.#stage.mark(id, layer);
    }

    /** @param {import("./view/painter.js").Palette} palette */
    paint(palette) {
        this.#stage.paint(palette);
        this.#laidOut();
    }

    /** The stage changed: it may want more of what lies before. */
    #laidOut() {
        const ring = this.#ring;
        if (!ring) return;
        this.#grow();
        if (this.#asked === null && this.#again === null) void this.#fill();
        // What is told is on the canvas.
        this.#draw(this.#ring ?? ring);
        if (this.#still === null) this.#told();
    }

    /** Have room for what is seen and what comes ahead. */
    #grow() {
        const capacity = this.#capacity();
        if (this.#ring && capacity > this.#ring.capacity) this.#ring = this.#ring.resized(capacity);
    }

    /** Hand the leads to the stage, and ask for the ranges of those that have no paper scale. */
    #staged() {
        const subject = this.#subject;
        const display = this.#display;
        if (!subject || !display) return;
        const stored = subject.leads.map((lead) => ({ ...lead, kind: this.#kindOf(lead.name) }));
        this.#plan = planOf(display.sheet, stored);
        this.#lines = null;
        const shown = this.#plan.channels.map((channel) => ({
            ...channel,
            range: this.#ranges.of(channel.alias ?? channel.name),
            times: display.times[channel.alias ?? channel.name] ?? 1,
            filter: this.#filtering?.label(channel.terms[0].lead) ?? "",
            base: this.#baseOf(channel, stored),
        }));
        this.#shownLeads = shown;
        this.#stage.lead(shown, this.#plan, subject.fs);
        const without = shown.filter((lead) => !(lead.kind === "ecg" && scaleOf(lead).volts));
        void this.#measure(subject.record, without.map((lead) => lead.alias ?? lead.name));
        void this.#middle(subject.record, stored.filter((lead) => lead.kind === "ecg" && scaleOf(lead).volts));
        if (this.#still === null) this.#told();
    }

    /**
     * What a high pass leaves lies around 0, wherever the lead was.
     * @param {import("./signal/channels.js").Channel} channel
     * @param {LeadInfo[]} stored
     */
    #baseOf(channel, stored) {
        const { name } = this.#display?.filter ?? { name: "none" };
        if (name !== "none" && this.#filtered && this.#filtering) return 0;
        return baseOf(channel, (lead) => this.#middles.of(stored[lead].name));
    }

    /** @param {string} record @param {LeadInfo[]} leads */
    async #middle(record, leads) {
        if (await this.#middles.ask(record, leads)) this.#staged();
    }

    /**
     * Tell the page where everything stands.
     * @param {{ laid: import("./view/laid.js").Laid, look: Layout["look"], drawn: Layout["drawn"], column: number } | null} still
     */
    #told(still = null) {
        const { scale, layout } = still ? { scale: still.laid.scale, layout: placesOf(still.laid) } : this.#stage;
        const subject = this.#subject;
        if (!scale || !layout || !subject) return;
        this.#tell({
            say: "layout", scale, ...layout, leads: this.#shownLeads, fs: subject.fs, unscaled: this.#ranges.failure,
            stored: subject.leads.map((lead) => lead.name),
            look: still?.look ?? null, drawn: still?.drawn ?? "samples", column: still?.column ?? 1,
            failure: (still && this.#looking?.failure) || (this.#filtering?.failure ?? ""),
            filtered: this.#filtering !== null && this.#filtered,
        });
    }

    /** @param {string} record @param {string[]} leads */
    async #measure(record, leads) {
        if (await this.#ranges.ask(record, leads)) this.#staged();
    }

    // What stands before.

    /** Of a page that is turned nothing comes from the ring: it holds what is played now. */
    #windowS() {
        return Math.min(this.#stage.scale?.windowS ?? USUAL_S, this.#stretched());
    }

    /** The longest window that follows the pen; slower signals have longer ones. */
    #stretched() {
        return WINDOW.most * stretchOf(this.#subject?.fs ?? 1);
    }

    #capacity() {
        return Math.ceil(this.#windowS() * (this.#subject?.fs ?? 1)) + this.#spare();
    }

    /** Samples kept beside the window. */
    #spare() {
        // Half of it lies ahead.
        const samples = Math.max(SPARE_S * (this.#subject?.fs ?? 1), 2 * SPARE_WALL_S * this.#rate);
        return Math.ceil(samples) + 64;
    }

    /**
     * Return the strip that ends before `stop`, with the picture's end at `head`.
     * @param {Subject} subject
     * @param {number} head
     * @param {number} stop
     */
    #strip({ record, leads, fs }, head, stop) {
        const start = stripStart(head, this.#windowS() * fs + 2, leads.length);
        return { record, leads: leads.map((lead) => lead.name), start, stop };
    }

    /** Ask for what stands before a place, while the server is asked to go there. @param {number} at */
    prefetch(at) {
        if (this.#subject) this.#history.prefetch(this.#strip(this.#subject, at, at));
    }

    /**
     * The line was seen to bring no more than so much: what was measured of it before is not true any more.
     * @param {number} rate samples a second, of all leads together
     */
    limit(rate) {
        this.#history.limit(rate);
    }

    /** Fill in what the picture has room for before the first sample at hand. */
    async #fill() {
        this.#history.drop();
        const asked = this.#asked;
        this.#asked = this.#again = null;
        const ring = this.#ring;
        if (!ring || !this.#subject) return;
        const head = Math.max(ring.start, Math.floor(this.#shown.sample));
        const strip = this.#strip(this.#subject, head, ring.start);
        strip.start = Math.max(strip.start, ring.stop - ring.capacity);
        if (strip.start >= strip.stop) return;
        const now = this.#world.now();
        // Of a strip in portions it is one wait.
        this.#asked = asked ?? now;
        if (asked !== null && this.#short && !this.#history.quick(strip) && now - this.#filled < GIVE_WAY_S) {
            // What is played comes first.
            this.#again = now + LOOK_AGAIN_S;
            return;
        }
        try {
            const window = await this.#history.ask(strip);
            // Called off: somebody else asks now.
            if (!window) return;
            this.#put(window);
        } catch (error) {
            const why = error instanceof Error ? error.message : String(error);
            this.#asked = null;
            this.#again = this.#world.now() + retryDelay(this.#failures, null, this.#world.random());
            // Said once: the picture goes on saying it.
            if (this.#failures++ > 0) return;
            this.#tell({ say: "notice", text: VIEWER.before(why) });
            return;
        }
        this.#failures = 0;
        this.#filled = this.#world.now();
        // The window may have grown meanwhile, or what was asked for early was for a shorter one.
        await this.#fill();
    }

    /** @param {import("./net/history.js").Window} window */
    #put({ start, stop, values }) {
        const ring = this.#ring;
        if (!ring || stop !== ring.start || values.length !== ring.leads || start >= stop) {
            throw new Error(NET.otherStrip);
        }
        ring.prepend(start, values);
    }
}
