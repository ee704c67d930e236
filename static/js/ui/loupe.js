// What lies under a finger, twice as large, in a corner of the picture that the finger is not in.

/** CSS pixels of its side, and how much larger it shows. */
const SIDE = 112;
const LARGER = 2;

export class Loupe {
    #canvas;
    #paper;

    /**
     * @param {HTMLElement} host
     * @param {HTMLCanvasElement | null} paper what it shows; null = there is nothing to show
     */
    constructor(host, paper) {
        this.#paper = paper;
        this.#canvas = document.createElement("canvas");
        this.#canvas.className = "loupe";
        this.#canvas.hidden = true;
        this.#canvas.setAttribute("aria-hidden", "true");
        host.append(this.#canvas);
    }

    /**
     * @param {{ x: number, y: number }} at in CSS pixels of the picture
     * @param {{ width: number, dpr: number }} screen
     */
    show({ x, y }, { width, dpr }) {
        const paper = this.#paper;
        const ctx = this.#canvas.getContext("2d");
        if (!paper || !ctx) return;
        const side = Math.round(SIDE * dpr);
        this.#canvas.width = this.#canvas.height = side;
        const part = side / LARGER;
        ctx.imageSmoothingEnabled = false;
        ctx.drawImage(paper, x * dpr - part / 2, y * dpr - part / 2, part, part, 0, 0, side, side);
        ctx.fillStyle = getComputedStyle(this.#canvas).color;
        ctx.fillRect(Math.round(side / 2), 0, Math.max(1, Math.round(dpr)), side);
        this.#canvas.dataset["corner"] = x < width / 2 ? "right" : "left";
        this.#canvas.hidden = false;
    }

    hide() {
        this.#canvas.hidden = true;
    }
}
