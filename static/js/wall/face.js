// What stands on a tile, in words. Pure.

import { wordsOf } from "../view/painter.js";
import { ageWords, numberWords } from "./truth.js";
import { UNITS } from "../texts/units.js";
import { WALL } from "../texts/wall.js";

/** @typedef {import("./bed.js").Bed} Bed */

/**
 * @param {Bed} bed
 * @param {ReturnType<Bed["truth"]>} truth
 * @param {{ wall: import("./messages.js").Wall, privacy: boolean, now: number, trouble: string | null }} around
 *   `trouble` of the line, null where there is none
 * @returns {import("./tile.js").Face}
 */
export function faceOf(bed, truth, { wall, privacy, now, trouble }) {
    const { plan } = bed;
    const bad = truth.word === "STALE" || truth.word === "NO DATA";
    const age = ageWords(truth.age);
    const paper = [WALL.speed(wall.mm_per_s), WALL.gain(wall.mm_per_mv)];
    return {
        label: plan.label,
        under: privacy ? "" : (plan.pseudonym ?? ""),
        word: WALL.words[truth.word],
        since: bad || !truth.pictured ? "" : WALL.age(age),
        bad,
        dim: truth.dim,
        banner: bannerOf(truth.word, truth.aged ? ` ${age}` : ""),
        detail: bad ? detailOf(bed, truth, { trouble, privacy }) : "",
        rate: numberWords(bed.heartRate, truth, now),
        pause: pauseWords(bed.pause(now), truth),
        paper,
        source: [...(privacy ? [] : [plan.record]), ...(bed.shifted ? [UNITS.datesShifted] : [])],
    };
}

/** @param {number | null} seconds @param {ReturnType<Bed["truth"]>} truth */
function pauseWords(seconds, truth) {
    // Rounded down: it is no longer than it is said to be.
    return truth.valid && seconds !== null ? WALL.pause((Math.floor(seconds * 10) / 10).toFixed(1)) : "";
}

/** @param {import("./truth.js").Word} word @param {string} age empty where there never was data */
function bannerOf(word, age) {
    if (word === "NO DATA" || word === "STALE") return WALL.words[word] + age;
    return word === "LOADING" ? WALL.words[word] : "";
}

/** @param {Bed} bed @param {ReturnType<Bed["truth"]>} truth @param {{ trouble: string | null, privacy: boolean }} around */
function detailOf(bed, truth, { trouble, privacy }) {
    if (bed.trouble) return bed.plan.missing && !privacy ? bed.plan.missing : bed.trouble.title;
    if (trouble) return trouble;
    if (!truth.declared) return bed.standing ? WALL.signalNotComing : WALL.noWord;
    const { ring, end } = bed.tape;
    const remark = ring?.remarks.findLast((one) => one.start < end && one.stop >= end - 1);
    return wordsOf(remark?.reason ?? "missing");
}
