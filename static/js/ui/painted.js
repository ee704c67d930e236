// What stands over the picture as elements of the page, painted on a canvas: words and shapes, in the colours and
// at the places that the browser gave them.

/** @typedef {CanvasRenderingContext2D} Ctx */
/** The edges of what is painted from, in CSS pixels of the window. @typedef {{ left: number, top: number }} Origin */

/**
 * Paint the words of an element, its ground under them, as they are broken into lines on the page.
 * @param {Ctx} ctx in CSS pixels
 * @param {HTMLElement} element
 * @param {Origin} origin
 */
export function paintWords(ctx, element, { left, top }) {
    const box = element.getBoundingClientRect();
    const ground = getComputedStyle(element).backgroundColor;
    ctx.save();
    ctx.beginPath();
    // What does not fit is cut off here, as on the page.
    if (getComputedStyle(element).overflow !== "visible") {
        ctx.rect(box.left - left, box.top - top, box.width, box.height);
        ctx.clip();
    }
    ctx.fillStyle = ground;
    ctx.fillRect(box.left - left, box.top - top, box.width, box.height);
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const parent = node.parentElement;
        if (!parent) continue;
        const style = getComputedStyle(parent);
        ctx.font = fontOf(style);
        ctx.fillStyle = style.color;
        ctx.textBaseline = "alphabetic";
        for (const { text, x, y } of runsOf(node)) {
            ctx.fillText(text, x - left, y - top + ctx.measureText(text).fontBoundingBoxAscent);
        }
    }
    ctx.restore();
}

/** Return the lines that a text is broken into, `x` and `y` of each one's upper left corner. @param {Node} node */
function runsOf(node) {
    const range = document.createRange();
    const words = node.textContent ?? "";
    /** @type {{ text: string, x: number, y: number }[]} */
    const runs = [];
    let at = 0;
    for (const letter of words) {
        range.setStart(node, at);
        at += letter.length;
        range.setEnd(node, at);
        const [rect] = range.getClientRects();
        if (!rect) continue;
        const last = runs.at(-1);
        if (last && Math.abs(last.y - rect.top) < 1) last.text += letter;
        else runs.push({ text: letter, x: rect.left, y: rect.top });
    }
    return runs;
}

/** @param {CSSStyleDeclaration} style */
const fontOf = ({ fontStyle, fontWeight, fontSize, fontFamily }) => `${fontStyle} ${fontWeight} ${fontSize} ${fontFamily}`;

/**
 * Paint the lines, circles, rectangles and words of an overlay; what is hidden is left out.
 * @param {Ctx} ctx in CSS pixels, its origin that of the overlay
 * @param {SVGElement} group
 */
export function paintShapes(ctx, group) {
    for (const element of group.querySelectorAll("line, circle, rect, text")) {
        if (!(element instanceof SVGGraphicsElement) || element.closest("[hidden]")) continue;
        const style = getComputedStyle(element);
        if (style.display === "none" || style.visibility === "hidden") continue;
        const matrix = element.getCTM();
        if (!matrix) continue;
        ctx.save();
        ctx.transform(matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f);
        if (element instanceof SVGTextElement) letters(ctx, element, style);
        else outline(ctx, element, style);
        ctx.restore();
    }
}

/** @param {Ctx} ctx @param {SVGGraphicsElement} element @param {CSSStyleDeclaration} style */
function outline(ctx, element, style) {
    /** @param {string} name */
    const number = (name) => Number(element.getAttribute(name) ?? 0);
    ctx.beginPath();
    if (element instanceof SVGLineElement) {
        ctx.moveTo(number("x1"), number("y1"));
        ctx.lineTo(number("x2"), number("y2"));
    } else if (element instanceof SVGCircleElement) {
        ctx.arc(number("cx"), number("cy"), number("r"), 0, 2 * Math.PI);
    } else {
        ctx.roundRect(number("x"), number("y"), number("width"), number("height"), number("rx"));
    }
    if (!(element instanceof SVGLineElement) && style.fill !== "none") {
        ctx.globalAlpha = Number(style.fillOpacity);
        ctx.fillStyle = style.fill;
        ctx.fill();
        ctx.globalAlpha = 1;
    }
    if (style.stroke === "none") return;
    ctx.strokeStyle = style.stroke;
    ctx.lineWidth = Number.parseFloat(style.strokeWidth);
    ctx.setLineDash((style.strokeDasharray.match(/[\d.]+/g) ?? []).map(Number));
    ctx.stroke();
}

/** @param {Ctx} ctx @param {SVGTextElement} element @param {CSSStyleDeclaration} style */
function letters(ctx, element, style) {
    ctx.font = fontOf(style);
    ctx.fillStyle = style.fill;
    ctx.textBaseline = "alphabetic";
    let at = 0;
    for (const line of element.children) {
        const words = line.textContent ?? "";
        if (words) {
            const { x, y } = element.getStartPositionOfChar(at);
            ctx.fillText(words, x, y);
        }
        at += words.length;
    }
}
