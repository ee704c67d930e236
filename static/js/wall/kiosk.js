// A screen that nobody sits at: full, awake, without a cursor, shifted and dimmed.

import { brightnessAt, shiftAt } from "./night.js";

/** @typedef {import("./night.js").Dim} Dim */

/** Milliseconds. */
const CURSOR_FOR = 3000;
const TEND_EVERY = 10_000;

/** Keeps the screen as it has to be. */
export class Kiosk {
    #root = document.documentElement;
    #screen;
    /** @type {WakeLockSentinel | null} */
    #lock = null;
    #locking = false;
    /** @type {Dim | null} */
    #dim = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #cursor;

    /** @param {HTMLElement} screen what is shifted and dimmed */
    constructor(screen) {
        this.#screen = screen;
        document.addEventListener("pointermove", () => this.#pointed());
        document.addEventListener("visibilitychange", () => void this.#stayAwake());
        this.#pointed();
        void this.#stayAwake();
        setInterval(() => this.#tend(), TEND_EVERY);
        this.#tend();
    }

    /** @param {Dim | null} dim */
    dim(dim) {
        this.#dim = dim;
        this.#tend();
    }

    fullScreen() {
        if (document.fullscreenElement) return;
        // Refused: the browser's own key still does it.
        this.#root.requestFullscreen?.().catch(() => undefined);
    }

    toggleFullScreen() {
        if (document.fullscreenElement) void document.exitFullscreen();
        else this.fullScreen();
    }

    #pointed() {
        delete this.#root.dataset["idle"];
        clearTimeout(this.#cursor);
        this.#cursor = setTimeout(() => {
            this.#root.dataset["idle"] = "";
        }, CURSOR_FOR);
    }

    async #stayAwake() {
        // The browser takes the lock back whenever the page is hidden.
        if (document.visibilityState !== "visible" || this.#locking || (this.#lock && !this.#lock.released)) return;
        if (!("wakeLock" in navigator)) return;
        this.#locking = true;
        try {
            this.#lock = await navigator.wakeLock.request("screen");
            this.#root.dataset["awake"] = String(Number(this.#root.dataset["awake"] ?? 0) + 1);
        } catch {
            // Not allowed now, or the battery is low: asked again with the next look.
        } finally {
            this.#locking = false;
        }
    }

    #tend() {
        void this.#stayAwake();
        const { x, y } = shiftAt(performance.now() / 60_000);
        this.#screen.style.setProperty("transform", `translate(${x}px, ${y}px)`);
        // The one thing that goes by the clock on the wall.
        const now = new Date();
        const bright = brightnessAt(this.#dim, now.getHours() * 60 + now.getMinutes());
        this.#screen.style.setProperty("opacity", String(bright));
        this.#root.dataset["brightness"] = String(bright);
    }
}
