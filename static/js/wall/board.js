// The canvas of a wall and the tiles on it: where each stands, how large its parts are, and what is painted.

import { contextOf } from "../view/stage.js";
import { facesFor, tilesFor, unitFor } from "./layout.js";
import { Tile } from "./tile.js";

/** @typedef {import("../view/stage.js").Canvas} Canvas */
/** @typedef {import("../view/stage.js").Size} Size */
/** @typedef {import("./bed.js").Bed} Bed */
/** @typedef {import("./layout.js").Rect} Rect */
/** @typedef {import("./messages.js").Wall} Wall */
/** @typedef {{ palette: import("./tile.js").WallPalette, cssPxPerMm: number }} BoardLooks */

/** Owns the pixels. */
export class Board {
    #canvas;
    #ctx;
    #makeCanvas;
    /** @type {Tile[]} */
    #tiles = [];
    /** @type {Rect[]} */
    #rects = [];
    /** @type {Size | null} */
    size = null;
    /** @type {BoardLooks | null} */
    looks = null;
    /** Height of a numeral in mm of the glass. */
    numeralMm = 0;
    /** No pulse of 1 mV has room on a tile. */
    cramped = false;

    /**
     * @param {Canvas} canvas
     * @param {(width: number, height: number) => Canvas} makeCanvas
     * @param {() => void} restored called when all has to be laid anew
     */
    constructor(canvas, makeCanvas, restored) {
        this.#canvas = canvas;
        this.#ctx = contextOf(canvas);
        this.#makeCanvas = makeCanvas;
        // The graphics process ended: the canvas comes back empty, and all on it is painted anew.
        canvas.addEventListener?.("contextrestored", restored);
    }

    /** Whether anything can be painted now. */
    get ready() {
        return this.size !== null && this.looks !== null && !this.#ctx.isContextLost?.();
    }

    /** Where tile `i` stands, in device pixels. @param {number} i @returns {Rect} */
    rect(i) {
        return this.#rects[i] ?? { x: 0, y: 0, width: 0, height: 0 };
    }

    /** Lay the tiles of these beds. Returns whether there is where to. @param {Wall} wall @param {Bed[]} beds */
    lay(wall, beds) {
        while (this.#tiles.length < beds.length) this.#tiles.push(new Tile(this.#ctx, this.#makeCanvas));
        this.#tiles.length = beds.length;
        const { size, looks } = this;
        if (!size || !looks) return false;
        const { width, height, dpr } = size;
        if (this.#canvas.width !== width) this.#canvas.width = width;
        if (this.#canvas.height !== height) this.#canvas.height = height;
        this.#ctx.fillStyle = looks.palette.ground;
        this.#ctx.fillRect(0, 0, width, height);
        const most = Math.max(1, ...wall.beds.map((bed) => bed.leads.length));
        const pxPerMm = looks.cssPxPerMm * dpr;
        const unit = unitFor({ height, dpr, pxPerMm });
        this.#rects = tilesFor(beds.length, width, height, most);
        this.#tiles.forEach((tile, i) => {
            const faces = facesFor(this.#rects[i], { beds: beds.length, pxPerMm, dpr: unit });
            const { palette } = looks;
            tile.place(this.#rects[i], faces, { palette, pxPerMm, dpr: unit, mmPerS: wall.mm_per_s, mmPerMv: wall.mm_per_mv });
            beds[i].tape.page(tile.pageS);
            this.numeralMm = faces.numeral / pxPerMm;
            this.cramped = faces.trace.height < wall.mm_per_mv * pxPerMm;
        });
        return true;
    }

    /** @param {number} i @param {Bed} bed @param {import("./tile.js").Face} face */
    draw(i, bed, face) {
        this.#tiles[i].draw(bed, face);
    }

    /** Paint everything anew at the next step. */
    stale() {
        for (const tile of this.#tiles) tile.stale();
    }
}
