// One of the stretches: a canvas, what it is drawn from, and where it looks.

import { Looking } from "../look/looking.js";
import { scaleOf } from "../signal/calibration.js";
import { Middles } from "../net/middles.js";
import { Ranges } from "../net/ranges.js";
import { baseOf } from "../signal/channels.js";
import { Sheet, placesOf } from "../view/sheet.js";
import { planOf } from "../view/sheets.js";
import { contextOf } from "../view/stage.js";
import { browserWorld } from "../world.js";

/** @typedef {import("../view/sheet.js").Look} Look */
/** @typedef {import("../ui/opening.js").RecordLead} RecordLead */
/** @typedef {{ record: string, patient: string, leads: RecordLead[], length: number, fs: number, start_time: number | null, zone: string | null, dates_shifted?: boolean }} RecordInfo */

const world = browserWorld();

/** Draws a stretch of a record; `drawn` hears what stands there after each picture. */
export class Pane {
    #canvas;
    #sheet;
    #drawn;
    #ranges = new Ranges();
    #middles = new Middles();
    /** @type {RecordInfo | null} */
    #info = null;
    /** @type {RecordLead[]} */
    #leads = [];
    /** @type {Looking | null} */
    #looking = null;
    /** @type {Look} */
    look = { start: 0, windowS: 10 };
    /** @type {import("../view/geometry.js").Display | null} */
    #display = null;
    /** @type {import("../view/painter.js").Palette | null} */
    #palette = null;
    /** @type {import("../view/stage.js").Size | null} */
    #size = null;
    #asked = false;
    /** Names of the leads of the other stretch: both begin at one place. @type {string[]} */
    alike = [];

    /**
     * @param {HTMLCanvasElement} canvas
     * @param {(page: import("../messages.js").Layout) => void} drawn
     */
    constructor(canvas, drawn) {
        this.#canvas = canvas;
        this.#sheet = new Sheet(contextOf(canvas), (width, height) => new OffscreenCanvas(width, height));
        this.#drawn = drawn;
    }

    get info() {
        return this.#info;
    }

    /** Of the leads that are shown. */
    get names() {
        return this.#leads.map(({ name }) => name);
    }

    /** The rate and the length of what is shown, in its samples. */
    get extent() {
        const fs = this.#leads[0]?.fs ?? 1;
        const { length = 1, fs: base = fs } = this.#info ?? {};
        return { fs, length: fs === base ? length : Math.ceil((length / base) * fs) };
    }

    /** @param {RecordInfo} info @param {string[]} names of one rate */
    open(info, names) {
        this.#info = info;
        this.#leads = info.leads.filter((lead) => names.includes(lead.name));
        this.#looking?.drop();
        const { fs, length } = this.extent;
        this.#looking = new Looking({ record: info.record, leads: this.#leads, fs, length }, world, () => this.paint());
        const without = this.#leads.filter((lead) => !(lead.kind === "ecg" && scaleOf(lead).volts));
        const volts = this.#leads.filter((lead) => !without.includes(lead));
        void this.#middles.ask(info.record, volts).then(() => this.paint());
        void this.#ranges.ask(info.record, without.map((lead) => lead.name)).then(() => this.paint());
        this.paint();
    }

    /** @param {{ display?: import("../view/geometry.js").Display, palette?: import("../view/painter.js").Palette, size?: import("../view/stage.js").Size }} looks */
    dress({ display, palette, size }) {
        if (display) this.#display = display;
        if (palette) this.#palette = palette;
        if (size) {
            this.#size = size;
            this.#canvas.width = size.width;
            this.#canvas.height = size.height;
        }
        this.paint();
    }

    /** Paint with the next frame. */
    paint() {
        if (this.#asked) return;
        this.#asked = true;
        requestAnimationFrame(() => {
            this.#asked = false;
            this.#now();
        });
    }

    #now() {
        const [display, palette, size, looking] = [this.#display, this.#palette, this.#size, this.#looking];
        if (!display || !palette || !size || !looking || !this.#leads.length) return;
        const { fs, length } = this.extent;
        const plan = planOf("rows", this.#leads);
        const shown = plan.channels.map((channel) => ({
            ...channel,
            range: this.#ranges.of(channel.name),
            base: baseOf(channel, (lead) => this.#middles.of(this.#leads[lead].name)),
        }));
        const page = this.#sheet.open({ display, palette, size, shown, plan, fs, alike: this.alike }, this.look, length);
        const { pxPerSample, scale } = page.laid;
        const absent = looking.failure ? "not_loaded" : "loading";
        const parts = looking.cover(page.start, page.stop, 1 / pxPerSample, null);
        const { drawn, column } = this.#sheet.paint(page, { parts, leads: this.#leads, plan, playhead: -1, absent });
        this.#drawn({
            say: "layout", scale, ...placesOf(page.laid), leads: shown, fs, unscaled: this.#ranges.failure,
            stored: this.#leads.map((lead) => lead.name),
            look: { start: page.start, pxPerSample, stop: page.end }, drawn, column, failure: looking.failure, filtered: false,
        });
    }
}
