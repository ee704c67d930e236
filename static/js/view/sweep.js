// The erase-bar sweep and the scroll: which columns to paint anew, and where they stand.
//
// Columns are counted from sample 0 of the record. A page is one length of the row. In the sweep,
// column k stands at k mod page, and the newest one wipes out the oldest, behind a blank bar.

/** The blank bar's part of the row. */
const BAR = 0.03;

/** @typedef {{ from: number, to: number }} Span columns [from, to) */

/**
 * Return the columns of the erase bar.
 * @param {number} page
 * @param {boolean} [ended] nothing follows: nothing has to make room
 */
export function barOf(page, ended = false) {
    if (ended) return 0;
    return Math.max(2, Math.round(page * BAR));
}

/**
 * Cut columns [from, to) where pages end; nothing lies before column 0.
 * @param {number} from
 * @param {number} to
 * @param {number} page
 * @returns {Span[]}
 */
export function byPage(from, to, page) {
    const spans = [];
    let at = Math.max(0, from);
    while (at < to) {
        const end = Math.min(to, (Math.floor(at / page) + 1) * page);
        spans.push({ from: at, to: end });
        at = end;
    }
    return spans;
}

/**
 * Return the columns that hold the picture whose newest column is `head`.
 * @param {number} head
 * @param {number} page
 * @param {number} bar columns of the erase bar, 0 in the scroll
 * @returns {Span}
 */
export function visible(head, page, bar) {
    return { from: Math.max(0, head + 1 + bar - page), to: head + 1 };
}

/**
 * Return the column, with its fraction, that stands at place `x` of a row whose newest column is `head`; null where
 * there is none: in the erase bar, and before the beginning.
 * @param {number} x in [0, page)
 * @param {number} head
 * @param {number} page
 * @param {number} bar columns of the erase bar, 0 in the scroll
 * @param {boolean} scrolls
 */
export function columnAt(x, head, page, bar, scrolls) {
    if (x < 0 || x >= page) return null;
    const swept = Math.floor(head / page) * page + x;
    const column = scrolls ? head + 1 - page + x : Math.floor(swept) > head ? swept - page : swept;
    return column < visible(head, page, bar).from || column < 0 ? null : column;
}

/**
 * Return the columns to paint when the newest becomes `head`, those from `touched` on being changed by
 * what is new; null = paint everything.
 * @param {number | null} before the newest column painted
 * @param {number} head
 * @param {number} page
 * @param {number} touched
 * @returns {Span | null}
 */
export function advance(before, head, page, touched) {
    if (before === null || head < before) return null;
    const from = Math.max(0, Math.min(before, touched));
    return head - from >= page / 2 ? null : { from, to: head + 1 };
}

/**
 * Return the pieces of a ring of `page` columns that, side by side from x = `x`, show the page ending
 * with column `head`: what is at slot `slot`, `width` wide, goes to `x`.
 * @param {number} head
 * @param {number} page
 * @returns {{ slot: number, x: number, width: number }[]}
 */
export function unrolled(head, page) {
    const first = (((head + 1) % page) + page) % page;
    const pieces = [{ slot: first, x: 0, width: page - first }];
    if (first > 0) pieces.push({ slot: 0, x: page - first, width: first });
    return pieces;
}
