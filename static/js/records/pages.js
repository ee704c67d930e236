// @ts-check
/**
 * Where each page of a long list lies, and how high it is before its rows are there. Pure.
 */

/** Records of a page: what is asked for at once. */
export const PAGE = 50;

/** What a row is taken for before one was measured, in CSS pixels. */
const ROW_PX = 180;

/**
 * A page that is higher than the browser lets elements be would end before its end: Firefox lets them be 17,895,697 px (2^30 sixtieths
 * of one), the others twice that. Below that by what rows may turn out to be higher.
 */
const HIGHEST_PX = 16_500_000;

/**
 * @param {number} total
 * @returns {{first: number, count: number}[]} the pages of `total` records, in order
 */
export function pagesOf(total) {
    return Array.from({ length: Math.ceil(total / PAGE) }, (_, number) => ({
        first: number * PAGE,
        count: Math.min(PAGE, total - number * PAGE),
    }));
}

/**
 * How high a page is likely to be that is not there yet.
 * @param {number} count its records
 * @param {number} total the records of all pages
 * @param {{px: number, records: number}} measured pages that were there: their height, and their records
 */
export function likelyHeight(count, total, measured) {
    const row = measured.records ? measured.px / measured.records : ROW_PX;
    return Math.round(count * Math.min(row, HIGHEST_PX / Math.max(1, total)));
}
