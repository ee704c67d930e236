// One tile on the wall's canvas: its words where they changed, its trace where it moved.

import { scaleOf } from "../signal/calibration.js";
import { PULSE_S } from "../view/geometry.js";
import { rowsFor } from "../view/layouts.js";
import { Painter } from "../view/painter.js";
import { contextOf } from "../view/stage.js";
import { stripFor, sweepTo, touched } from "../view/strokes.js";
import { advance } from "../view/sweep.js";
import { baseFor, basesWords, LOOK_BACK_S, signed } from "./base.js";
import { CAP, write } from "./lettering.js";
import { WALL } from "../texts/wall.js";

/** @typedef {import("../view/painter.js").Context} Context */
/** @typedef {import("../view/painter.js").Palette} Palette */
/** @typedef {import("./layout.js").Rect} Rect */
/** @typedef {import("./layout.js").Faces} Faces */

/** Colours of a wall beside those of the paper. @typedef {Palette & { ground: string, ink: string, quiet: string, line: string, dimmed: string }} WallPalette */

/**
 * How all tiles look.
 * @typedef {{ palette: WallPalette, pxPerMm: number, dpr: number, mmPerS: number, mmPerMv: number }} Looks
 */

/**
 * What stands on a tile beside its trace. `since` in words, empty where the age is in the banner.
 * @typedef {{
 *   label: string, under: string, word: string, since: string, bad: boolean, dim: boolean,
 *   banner: string, detail: string, rate: string, pause: string, paper: string[], source: string[],
 * }} Face
 */

/** Seconds between two looks at where the traces stand, and samples that are looked at. */
const LOOK_EVERY_S = 0.5;
const LOOKED_AT = 400;

/** CSS pixels beside a pulse, and of the least strip for it. */
const BESIDE = 5;

/** Draws one tile. */
export class Tile {
    #ctx;
    #makeCanvas;
    /** @type {Rect} */
    #at = { x: 0, y: 0, width: 1, height: 1 };
    /** @type {Faces | null} */
    #faces = null;
    /** @type {Looks | null} */
    #looks = null;
    /** @type {import("../view/strokes.js").Rows & { dimmed: Painter } | null} */
    #rows = null;
    #rowsKey = "";
    /** The leads that are drawn. */
    #subject = "";
    /** @type {{ head: number, upTo: number, stop: number, revision: number, dim: boolean, ring: import("../signal/ring.js").Ring } | null} */
    #painted = null;
    /** What stands in each part, so that only what changed is painted. @type {Map<string, string>} */
    #stands = new Map();
    /** The pseudonym, where it has no room beside the bed's name. */
    #below = "";
    /** What the base line of each lead stands for, in mV. @type {number[]} */
    #bases = [];
    /** The places at which that was looked at, and changed, last. */
    #looked = -Infinity;
    #rebasedAt = -Infinity;
    /** Of which signal. @type {import("../signal/ring.js").Ring | null} */
    #ring = null;
    /** Where the words over the trace stand. @type {Rect | null} */
    #box = null;

    /** @param {Context} ctx @param {(width: number, height: number) => import("../view/stage.js").Canvas} makeCanvas */
    constructor(ctx, makeCanvas) {
        this.#ctx = ctx;
        this.#makeCanvas = makeCanvas;
    }

    /** @param {Rect} at @param {Faces} faces @param {Looks} looks */
    place(at, faces, looks) {
        this.#at = at;
        this.#faces = faces;
        this.#looks = looks;
        this.#rowsKey = "";
        this.#rows = null;
        this.stale();
    }

    /** Paint everything anew at the next step. */
    stale() {
        this.#painted = null;
        this.#stands.clear();
    }

    /** Seconds that the trace is long. */
    get pageS() {
        if (!this.#faces || !this.#looks) return 10;
        return this.#faces.trace.width / (this.#looks.mmPerS * this.#looks.pxPerMm);
    }

    /**
     * @param {import("./bed.js").Bed} bed
     * @param {Face} face
     */
    draw(bed, face) {
        const faces = this.#faces;
        const looks = this.#looks;
        if (!faces || !looks) return;
        const ctx = this.#ctx;
        ctx.save();
        ctx.translate(this.#at.x, this.#at.y);
        if (!this.#stands.size) this.#frame(looks);
        this.#head(faces, looks, face);
        this.#side(faces, looks, face);
        this.#foot(faces, looks, face, bed);
        this.#trace(faces, looks, face, bed);
        ctx.restore();
    }

    /** @param {Looks} looks */
    #frame({ palette, dpr }) {
        const { width, height } = this.#at;
        const thick = Math.max(1, Math.round(dpr));
        this.#ctx.fillStyle = palette.ground;
        this.#ctx.fillRect(0, 0, width, height);
        this.#ctx.fillStyle = palette.line;
        this.#ctx.fillRect(width - thick, 0, thick, height);
        this.#ctx.fillRect(0, height - thick, width, thick);
    }

    /**
     * Return whether a part has to be painted, its ground laid.
     * @param {string} part @param {Rect} rect @param {string} says
     */
    #anew(part, { x, y, width, height }, says) {
        if (this.#stands.get(part) === says) return false;
        this.#stands.set(part, says);
        const looks = /** @type {Looks} */ (this.#looks);
        const edge = Math.max(1, Math.round(looks.dpr));
        this.#ctx.fillStyle = looks.palette.ground;
        // Not the line that parts it from the next tile.
        const right = Math.min(x + width, this.#at.width - edge);
        const low = Math.min(y + height, this.#at.height - edge);
        this.#ctx.fillRect(x, y, right - x, low - y);
        return true;
    }

    /**
     * Write in the wall's face. Returns the width.
     * @param {string} text
     * @param {Omit<Parameters<typeof write>[2], "font">} how
     */
    #write(text, how) {
        const { font } = /** @type {Looks} */ (this.#looks).palette;
        return write(this.#ctx, text, { ...how, font });
    }

    /** @param {Faces} faces @param {Looks} looks @param {Face} face */
    #head({ head, label, word, small, pad }, { palette }, face) {
        if (!this.#anew("head", head, `${face.label}\n${face.under}\n${face.word}\n${face.since}\n${face.bad}`)) return;
        const feet = head.y + pad + label;
        let right = head.width - pad * 1.5;
        const ink = face.bad ? palette.warn : palette.quiet;
        const state = this.#write(face.word, { x: right, y: feet, cap: word, weight: 700, ink, most: head.width * 0.4, align: "right" });
        right -= state + pad;
        if (face.since) {
            // As wide as it may become, so that what stands beside it does not move.
            right -= this.#write(face.since, { x: right, y: feet, cap: small, weight: 500, ink: palette.quiet, most: head.width * 0.3, align: "right" });
        }
        const room = right - 2 * pad;
        // Names become smaller before they are cut, and then in their middle: those that begin alike end differently.
        const named = this.#write(face.label, { x: pad, y: feet, cap: label, weight: 700, ink: palette.ink, most: room, least: word, tailed: 0.5 });
        const left = room - named - pad;
        this.#below = face.under;
        if (face.under && left > small * 3) {
            this.#below = "";
            this.#write(face.under, { x: pad + named + pad, y: feet, cap: word, weight: 500, ink: palette.quiet, most: left, least: small, tailed: 0.5 });
        }
    }

    /** @param {Faces} faces @param {Looks} looks @param {Face} face */
    #side({ side, numeral, small, pad }, { palette }, face) {
        if (!this.#anew("side", side, `${face.rate}\n${face.pause}`)) return;
        const right = side.x + side.width - pad * 1.5;
        const room = side.height - small - pad * 2;
        const feet = Math.round(side.y + small + pad + (room + numeral) / 2);
        // From the edge that the trace ends at.
        const most = side.width - 2 * pad;
        const none = face.rate === "---";
        const over = { x: right, y: feet - numeral - pad, cap: small, most, align: /** @type {"right"} */ ("right"), whole: true };
        // In the place of what the numeral is: there is none meanwhile.
        if (face.pause) this.#write(face.pause, { ...over, weight: 700, ink: palette.warn });
        else this.#write(WALL.heartRate, { ...over, weight: 600, ink: palette.quiet });
        this.#write(face.rate, { x: right, y: feet, cap: numeral, weight: 600, ink: none ? palette.quiet : palette.ink, most, align: "right", whole: true });
    }

    /** @param {Faces} faces @param {Looks} looks @param {Face} face @param {import("./bed.js").Bed} bed */
    #foot({ foot, small, pad }, { palette, dpr }, face, { tape }) {
        const moved = basesWords(tape.leads, this.#bases);
        const who = this.#below ? [this.#below] : [];
        const words = [...who, ...face.paper, ...moved, ...face.source].join("  \u00b7  ");
        if (!this.#anew("foot", foot, words)) return;
        // A little higher than the middle: a g reaches below its feet, and the next tile begins there.
        const y = foot.y + Math.round((foot.height + small) / 2 - dpr);
        this.#write(words, { x: pad, y, cap: small, weight: 500, ink: moved.length ? palette.ink : palette.quiet, most: foot.width - 2 * pad, least: small * 0.8 });
    }

    /** @param {Faces} faces @param {Looks} looks @param {Face} face @param {import("./bed.js").Bed} bed */
    #trace(faces, looks, face, bed) {
        const { trace } = faces;
        const { ring, fs, leads } = bed.tape;
        if (!ring) {
            if (this.#anew("trace", trace, `${face.banner}\n${face.detail}`)) this.#say(faces, looks, face, trace);
            return;
        }
        let rows = this.#lay(faces, looks, bed, leads, fs);
        if (this.#rebased(bed, rows, looks)) rows = this.#lay(faces, looks, bed, leads, fs);
        const banner = `${face.banner}\n${face.detail}`;
        const head = Math.floor(bed.shown * rows.pxPerSample);
        const upTo = Math.floor(bed.shown) + 1;
        const was = this.#painted;
        const same = was !== null && was.ring === ring && was.revision === ring.revision && was.dim === face.dim;
        const kept = this.#stands.get("trace") === banner;
        if (same && kept && was.head === head && was.upTo === upTo && was.stop === ring.stop) return;
        this.#stands.set("trace", banner);
        const span = same && kept ? advance(was.head, head, rows.page, touched(was, ring, rows)) : null;
        // The sweep goes around the words; all is painted when they change.
        const box = span ? this.#box : null;
        this.#ctx.save();
        this.#ctx.translate(trace.x, trace.y);
        this.#ctx.beginPath();
        this.#ctx.rect(0, 0, trace.width, trace.height);
        if (box) this.#ctx.rect(box.x - trace.x, box.y - trace.y, box.width, box.height);
        this.#ctx.clip("evenodd");
        const painter = face.dim ? rows.dimmed : rows.painter;
        if (!span) this.#gutter({ ...rows, painter }, looks, faces);
        sweepTo({ ...rows, painter }, ring, { head, upTo, absent: "" }, span, bed.tape.rails);
        this.#ctx.restore();
        if (!box) this.#say(faces, looks, face, { ...trace, x: trace.x + rows.gutter, width: rows.page });
        this.#painted = { head, upTo, stop: ring.stop, revision: ring.revision, dim: face.dim, ring };
    }

    /**
     * Look now and then whether the middle of a signal has left its row, and move its base line where it has:
     * a tile without a trace would look as if all were well. Returns whether one was moved.
     * @param {import("./bed.js").Bed} bed @param {import("../view/strokes.js").Rows} rows @param {Looks} looks
     */
    #rebased({ shown, tape }, { strips }, { mmPerMv, pxPerMm }) {
        const { ring, fs } = tape;
        if (!ring || Math.abs(shown - this.#looked) < LOOK_EVERY_S * fs) return false;
        this.#looked = shown;
        // What was moved stays for as long as it takes to read it.
        if (Math.abs(shown - this.#rebasedAt) < LOOK_BACK_S * fs) return false;
        const pxPerMv = mmPerMv * pxPerMm;
        const to = Math.min(Math.floor(shown), ring.stop);
        const step = Math.max(1, Math.floor((LOOK_BACK_S * fs) / LOOKED_AT));
        const { rails } = tape;
        const before = this.#bases.join();
        strips.forEach(({ row, height, volts }, lead) => {
            if (!volts || !height) return;
            const mv = [];
            for (let sample = to - 1; sample >= to - LOOK_BACK_S * fs; sample -= step) {
                // At the rail there is no signal that could have a middle.
                const railed = rails[lead].some((run) => run.start <= sample && sample < run.stop);
                const y = ring.at(lead, sample) * height.slope + height.offset;
                mv.push(railed ? NaN : this.#bases[lead] + (row.baseline - y) / pxPerMv);
            }
            const room = { above: (row.baseline - row.top) / pxPerMv, below: (row.top + row.height - row.baseline) / pxPerMv };
            this.#bases[lead] = baseFor(mv, room, this.#bases[lead]);
        });
        if (this.#bases.join() === before) return false;
        this.#rebasedAt = shown;
        return true;
    }

    /** @param {Faces} faces @param {Looks} looks @param {Face} face @param {Rect} trace */
    #say({ label, word, small, pad }, { palette }, face, trace) {
        this.#box = null;
        if (!face.banner) return;
        const ctx = this.#ctx;
        // As large as a bed's name, smaller only where it has no room.
        let cap = Math.min(label, trace.height * 0.34);
        ctx.font = `700 ${Math.round(cap / CAP)}px ${palette.font}`;
        const { width } = ctx.measureText(face.banner);
        const most = trace.width - 4 * pad;
        if (width > most) cap *= most / width;
        ctx.font = `700 ${Math.round(cap / CAP)}px ${palette.font}`;
        const wide = ctx.measureText(face.banner).width;
        let under = Math.min(word, Math.max(small, cap * 0.5));
        const detailed = face.detail !== "" && trace.height > cap + under + 4 * pad;
        ctx.font = `500 ${Math.round(under / CAP)}px ${palette.font}`;
        const needs = ctx.measureText(face.detail).width;
        if (needs > most) under = Math.max(small, (under * most) / needs);
        const high = Math.round(cap + 2 * pad + (detailed ? under + pad : 0));
        ctx.font = `500 ${Math.round(under / CAP)}px ${palette.font}`;
        const box = Math.round(Math.min(trace.width - pad, Math.max(wide, detailed ? ctx.measureText(face.detail).width : 0) + 3 * pad));
        const left = Math.round(trace.x + (trace.width - box) / 2);
        const top = Math.round(trace.y + (trace.height - high) / 2);
        const rim = Math.ceil(pad / 2);
        this.#box = { x: left - rim, y: top - rim, width: box + 2 * rim, height: high + 2 * rim };
        ctx.fillStyle = palette.ground;
        ctx.fillRect(this.#box.x, this.#box.y, this.#box.width, this.#box.height);
        ctx.strokeStyle = face.bad ? palette.warn : palette.line;
        ctx.lineWidth = Math.max(1, Math.round(pad / 4));
        ctx.strokeRect(left + 0.5, top + 0.5, box - 1, high - 1);
        const ink = face.bad ? palette.warn : palette.quiet;
        this.#write(face.banner, { x: left + (box - wide) / 2, y: top + pad + cap, cap, weight: 700, ink, most: box });
        if (!detailed) return;
        ctx.font = `500 ${Math.round(under / CAP)}px ${palette.font}`;
        const said = Math.min(box - pad, ctx.measureText(face.detail).width);
        this.#write(face.detail, { x: left + (box - said) / 2, y: top + 2 * pad + cap + under, cap: under, weight: 500, ink: palette.ink, most: box - pad });
    }

    /** Paint the strip of names and pulses. @param {import("../view/strokes.js").Rows} rows @param {Looks} looks @param {Faces} faces */
    #gutter({ gutter, strips, painter }, looks, { small, trace }) {
        const { palette, dpr, mmPerS, mmPerMv, pxPerMm } = looks;
        const pulsePx = Math.min(gutter - 2 * BESIDE * dpr, PULSE_S * mmPerS * pxPerMm);
        const pxPerMv = mmPerMv * pxPerMm;
        // All rows have one scale: where pulses and names would lie on each other, one pulse says it, whole.
        const room = Math.min(...strips.map(({ row }) => row.height));
        const whole = strips.slice(0, 1).map((strip) => {
            return { ...strip, row: { ...strip.row, baseline: Math.max(strip.row.baseline, Math.ceil(pxPerMv) + 2) } };
        });
        const pulsed = room >= pxPerMv + small * 1.5 ? strips : whole;
        painter.gutter(pulsed, { name: 0, width: gutter, pulsePx, pxPerMv });
        strips.forEach(({ row, name, volts }, i) => {
            // Under the pulse where there is room, else over it.
            const low = Math.min(row.baseline + small + 5 * dpr, row.top + row.height - 2 * dpr, trace.height - 2 * dpr);
            this.#write(name, { x: 2 * dpr, y: low, cap: small, weight: 700, ink: palette.label, most: gutter - 4 * dpr });
            if (!volts) {
                this.#write(WALL.noMv, { x: 2 * dpr, y: low - small * 2, cap: small * 0.9, weight: 500, ink: palette.quiet, most: gutter - 4 * dpr });
            }
            // The pulse stands on it.
            const under = low + small * 1.5;
            if (this.#bases[i]) {
                const high = under < row.top + row.height ? under : row.baseline - small * 0.4;
                this.#write(signed(this.#bases[i]), { x: 2 * dpr, y: high, cap: small * 0.9, weight: 600, ink: palette.warn, most: gutter - 4 * dpr, least: small * 0.5 });
            }
        });
    }

    /**
     * @param {Faces} faces @param {Looks} looks @param {import("./bed.js").Bed} bed
     * @param {import("../wire/events.js").LeadInfo[]} leads @param {number} fs
     */
    #lay({ trace, small }, looks, bed, leads, fs) {
        const subject = JSON.stringify([leads, fs]);
        if (subject !== this.#subject || bed.tape.ring !== this.#ring) {
            // Of another bed, perhaps: one patient's base is not the next one's.
            this.#subject = subject;
            this.#ring = bed.tape.ring;
            this.#bases = leads.map(() => 0);
            this.#looked = this.#rebasedAt = -Infinity;
        }
        const key = `${subject}${this.#bases.join()}`;
        if (this.#rows && key === this.#rowsKey) return this.#rows;
        const { palette, dpr, mmPerS, mmPerMv, pxPerMm } = looks;
        const longest = Math.max(0, ...leads.map((lead) => lead.name.length));
        const names = longest * (small / CAP) * 0.72 + 6 * dpr;
        const pulse = PULSE_S * mmPerS * pxPerMm + 2 * BESIDE * dpr + 8 * dpr;
        const gutter = Math.round(Math.min(trace.width / 4, Math.max(names, pulse)));
        const page = Math.max(1, trace.width - gutter);
        const mm5 = 5 * pxPerMm;
        // Large boxes alone: the small ones are a grey from across the ward.
        const grid = { x: { minor: 0, major: mm5 }, y: { minor: 0, major: mm5 }, majorS: 5 / mmPerS, majorMm: 5 };
        const rows = rowsFor(leads.length, trace.height, { minor: pxPerMm, major: mm5 });
        const strips = leads.map((lead, i) => {
            const kind = bed.plan.leads.find(({ name }) => name === lead.name)?.kind ?? (scaleOf(lead).volts ? "ecg" : "");
            const whole = { lead: i, from: 0, to: Infinity };
            const strip = stripFor({ ...lead, kind, range: null }, rows[i], { pxPerMv: mmPerMv * pxPerMm }, whole);
            if (strip.volts && strip.height) strip.height.offset += this.#bases[i] * mmPerMv * pxPerMm;
            return strip;
        });
        /** @param {number} size @param {(ctx: Context) => void} draw */
        const pattern = (size, draw) => {
            const piece = this.#makeCanvas(size, size);
            draw(contextOf(piece));
            return this.#ctx.createPattern(piece, "repeat");
        };
        const painting = { height: trace.height, dpr, grid, pattern };
        this.#rows = {
            page, gutter, dpr, strips,
            pxPerSample: (mmPerS * pxPerMm) / fs,
            painter: new Painter(this.#ctx, { ...painting, palette }),
            // Over what is dim stands why, and half hidden it would stand there twice.
            dimmed: new Painter(this.#ctx, { ...painting, wordless: true, palette: { ...palette, trace: palette.dimmed, other: palette.dimmed } }),
        };
        this.#rowsKey = key;
        this.#painted = null;
        return this.#rows;
    }
}
