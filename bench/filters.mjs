// What filtering costs: 12 leads at 500 Hz, as the browser does it. Printed as JSON: milliseconds, the
// median of many; `error` in uV against the whole record filtered at once.

import { Causal } from "../static/js/filter/causal.js";
import { designed, padS } from "../static/js/filter/design.js";
import { filteredLead } from "../static/js/filter/job.js";
import { parsed, written } from "../static/js/filter/presets.js";
import { zeroPhase } from "../static/js/filter/zerophase.js";

const FS = 500;
const LEADS = 12;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 25);

/** mV with an offset of 300, a baseline that walks, beats and noise: no two samples alike. */
function trace(seconds, seed) {
    let state = seed;
    let wander = 0;
    const random = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32 - 0.5;
    };
    return Float64Array.from({ length: seconds * FS }, (_, i) => {
        wander += 0.01 * random();
        const phase = (i / FS) % 0.8;
        const beat = Math.exp(-(((phase - 0.3) / 0.012) ** 2)) + 0.3 * Math.exp(-(((phase - 0.55) / 0.05) ** 2));
        return 300 + beat + wander + 0.02 * random();
    });
}

function median(act) {
    const took = [];
    for (let round = 0; round < ROUNDS; round++) {
        const before = performance.now();
        act();
        took.push(performance.now() - before);
    }
    return took.sort((a, b) => a - b)[ROUNDS >> 1];
}

const strips = Array.from({ length: LEADS }, (_, lead) => trace(10, lead + 1));
const record = trace(300, 99);

const figures = ["monitor+notch50", "diagnostic+notch50"].map((text) => {
    const preset = /** @type {import("../static/js/filter/presets.js").Preset} */ (parsed(text));
    const design = designed(preset, FS);
    const pad = Math.ceil(padS(preset) * FS);
    const [start, stop] = [150 * FS, 160 * FS];
    const job = {
        preset,
        fs: FS,
        windows: Array.from({ length: LEADS }, () => record.slice(start - pad, stop + pad)),
        baselines: Array.from({ length: LEADS }, () => 0),
        recordEnds: /** @type {[boolean, boolean]} */ ([false, false]),
        from: pad,
        to: pad + stop - start,
    };
    const whole = zeroPhase(record, design, { recordEnds: [true, true] }).values;
    const block = filteredLead(job, 0).values;
    const live = strips.map(() => new Causal(designed(preset, FS, "causal")));
    return {
        preset: written(preset),
        pad_s: padS(preset),
        settling_s: design.settling / FS,
        strip_ms: median(() => strips.forEach((strip) => zeroPhase(strip, design))),
        block_ms: median(() => strips.forEach((_, lead) => filteredLead(job, lead))),
        slice_ms: median(() => filteredLead(job, 0)),
        frame_ms: median(() => live.forEach((one, lead) => one.feed(strips[lead].subarray(0, FS / 5)))),
        error: 1000 * block.reduce((most, v, i) => Math.max(most, Math.abs(v - whole[start + i])), 0),
    };
});
process.stdout.write(JSON.stringify(figures));
