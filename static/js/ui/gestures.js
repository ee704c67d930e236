// Wheel, drag and pinch over the picture, as moves along it: fractions of its length, factors of its window.

/** CSS pixels that a pointer moves before it is a drag, and not a click. */
const SLACK = 4;

/** How much a notch of the wheel zooms: e to the power of this, for each pixel it says. */
const WHEEL = 0.0022;

/** CSS pixels of a line and a page of a wheel that counts in those. */
const LINE = 18;
const PAGE = 400;

/**
 * @typedef {{
 *   span: () => { left: number, width: number },
 *   pan: (fraction: number) => void,
 *   zoom: (factor: number, anchor: number) => void,
 * }} Moves
 * `span`: where in the element the signal lies, in CSS pixels. `pan` to later times by a part of it.
 */

/**
 * Read the gestures over `element`.
 * @param {HTMLElement} element
 * @param {Moves} moves
 */
export function readGestures(element, { span, pan, zoom }) {
    /** @type {Map<number, { x: number, y: number }>} */
    const down = new Map();
    let begun = { x: 0, y: 0 };
    let dragging = false;
    let apart = 0;

    /** @param {number} clientX */
    const anchorOf = (clientX) => {
        const { left, width } = span();
        const at = clientX - element.getBoundingClientRect().left - left;
        return Math.min(1, Math.max(0, at / Math.max(1, width)));
    };
    const middle = () => {
        const xs = [...down.values()].map(({ x }) => x);
        return xs.reduce((sum, x) => sum + x, 0) / xs.length;
    };
    const spread = () => {
        const [one, two] = [...down.values()];
        return Math.max(10, Math.hypot(one.x - two.x, one.y - two.y));
    };

    element.addEventListener(
        "wheel",
        (event) => {
            event.preventDefault();
            const unit = event.deltaMode === 1 ? LINE : event.deltaMode === 2 ? PAGE : 1;
            const [x, y] = [event.deltaX * unit, event.deltaY * unit];
            // Sideways, or with Shift, the paper is moved; else it is zoomed, as a pinch on a touchpad is.
            if (event.shiftKey && !x) pan(y / Math.max(1, span().width));
            else if (Math.abs(x) > Math.abs(y)) pan(x / Math.max(1, span().width));
            else zoom(Math.exp(y * WHEEL * (event.ctrlKey ? 4 : 1)), anchorOf(event.clientX));
        },
        { passive: false },
    );
    element.addEventListener("pointerdown", (event) => {
        if (event.pointerType === "mouse" && event.button !== 0) return;
        down.set(event.pointerId, { x: event.clientX, y: event.clientY });
        element.setPointerCapture(event.pointerId);
        begun = { x: event.clientX, y: event.clientY };
        if (down.size === 2) {
            apart = spread();
            dragging = true;
        }
    });
    element.addEventListener("pointermove", (event) => {
        const last = down.get(event.pointerId);
        if (!last) return;
        const before = middle();
        down.set(event.pointerId, { x: event.clientX, y: event.clientY });
        if (!dragging && Math.hypot(event.clientX - begun.x, event.clientY - begun.y) < SLACK) return;
        if (!dragging) element.dataset["dragging"] = "true";
        dragging = true;
        const way = middle() - before;
        if (way) pan(-way / Math.max(1, span().width));
        if (down.size === 2) {
            const now = spread();
            if (now !== apart) zoom(apart / now, anchorOf(middle()));
            apart = now;
        }
    });
    /** @param {PointerEvent} event */
    const up = (event) => {
        if (!down.delete(event.pointerId)) return;
        if (down.size === 0) {
            dragging = false;
            delete element.dataset["dragging"];
        }
    };
    element.addEventListener("pointerup", up);
    element.addEventListener("pointercancel", up);
}
