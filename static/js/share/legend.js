// What stands above and below a picture that leaves: words in lines, as wide as the picture. Pure.

/** A line of words: `y` is its baseline. @typedef {{ text: string, x: number, y: number, bold: boolean }} Line */
/** `above`, `below`: heights in pixels. @typedef {{ above: number, below: number, head: Line[], foot: Line[] }} Legend */

/** Between two facts of a line. */
const BETWEEN = "   ";
/** Of the letters' size: from one baseline to the next, and the ascent of a letter. */
const LEADING = 1.4;
const ASCENT = 1;

/**
 * Put facts one after the other into lines as long as there is room; one that is longer than a line is parted between
 * its words, and a word that is longer is cut into pieces.
 * @param {readonly string[]} facts
 * @param {number} width
 * @param {(text: string) => number} measure
 * @returns {string[]}
 */
export function filled(facts, width, measure) {
    /** @type {string[]} */
    const lines = [];
    let line = "";
    /** @param {string} piece @param {string} joint @param {boolean} whole whether it may not be parted */
    const add = (piece, joint, whole) => {
        const longer = line ? line + joint + piece : piece;
        if (measure(longer) <= width) line = longer;
        else if (measure(piece) <= width) {
            if (line) lines.push(line);
            line = piece;
        } else if (whole) {
            for (const [i, word] of piece.split(" ").entries()) add(word, i ? " " : joint, false);
        } else {
            let rest = piece;
            while (rest) {
                if (line) lines.push(line);
                line = "";
                let count = rest.length;
                while (count > 1 && measure(rest.slice(0, count)) > width) count--;
                line = rest.slice(0, count);
                rest = rest.slice(count);
            }
        }
    };
    for (const fact of facts.filter(Boolean)) add(fact, BETWEEN, true);
    if (line) lines.push(line);
    return lines;
}

/**
 * Return where all words stand. The foot's lines count from the lower edge of the picture.
 * @param {{ title: string, facts: string[], source: string, foot: string }} words
 * @param {{ width: number, size: number }} room pixels; `size` of the letters
 * @param {(text: string, bold: boolean) => number} measure
 * @returns {Legend}
 */
export function legendOf({ title, facts, source, foot }, { width, size }, measure) {
    const pad = Math.round(size * 0.8);
    const inner = Math.max(1, width - 2 * pad);
    /** @param {string[]} texts @param {boolean} bold */
    const lines = (texts, bold) => filled(texts, inner, (text) => measure(text, bold)).map((text) => ({ text, bold }));
    /** @param {{ text: string, bold: boolean }[]} all @returns {Line[]} */
    const placed = (all) =>
        all.map((line, i) => ({ ...line, x: pad, y: Math.round(pad + size * ASCENT + i * size * LEADING) }));
    const head = placed([...lines([title], true), ...lines(facts, false)]);
    const below = placed([...lines([foot], true), ...lines([source], false)]);
    /** @param {Line[]} all */
    const height = (all) => Math.round((all.at(-1)?.y ?? 0) + size * (LEADING - ASCENT) + pad);
    return { above: height(head), below: height(below), head, foot: below };
}
