// Stands in for main.js in the real page: a picture that stands still, painted here, with the measuring panel over it.
// Served by the tests in its place. `wished` of the address says what stands in the picture.

import { LEAD, millivolts, stored } from "./beat.js";
import { onThemeChange } from "./ui/theme.js";
import { Measuring } from "./ui/measuring.js";

const wished = {
    leads: ["II"], sheet: false, start: 0, windowS: 4, pxPerMvCss: 40, drawn: "samples", moving: false, holes: [], slow: false, times: 1,
    ...JSON.parse(new URLSearchParams(location.search).get("wished") ?? "{}"),
};
const FS = 500;
const paper = document.querySelector("#paper");
const stage = document.querySelector("#stage");

const desk = { notices: [], gone: [], stood: 0, changed: 0, copied: [] };
window.desk = desk;
/** Probes that wait, where they are to be slow. */
const waiting = [];
desk.answer = () => waiting.splice(0).forEach((resolve) => resolve());

const infoOf = (name) =>
    name === "Resp" ? { ...LEAD, name, unit: "mL", gain: 1, kind: "resp" } : { ...LEAD, name };

function layoutOf() {
    const dpr = window.devicePixelRatio;
    const width = Math.round(stage.clientWidth * dpr);
    const height = Math.round(stage.clientHeight * dpr);
    const gutter = Math.round(60 * dpr);
    const columns = width - gutter;
    const { leads } = wished;
    // Two halves, and the first lead once more under them: the classical sheet in small.
    const half = Math.floor(columns / 2);
    const cells = wished.sheet
        ? [
            { lead: 0, row: 0, x: gutter, width: half }, { lead: 1, row: 0, x: gutter + half, width: columns - half },
            { lead: 0, row: 1, x: gutter, width: columns },
        ]
        : leads.map((_, i) => ({ lead: i, row: i, x: gutter, width: columns }));
    const count = wished.sheet ? 2 : leads.length;
    const each = Math.floor(height / count);
    return {
        say: "layout", gutter, cells, drawn: wished.drawn, fs: FS, leads: leads.map((name) => ({ ...infoOf(name), times: wished.times })),
        rows: Array.from({ length: count }, (_, i) => ({ top: i * each, height: each, baseline: Math.round((i + 0.6) * each) })),
        scale: { pxPerMv: wished.pxPerMvCss * dpr },
        look: wished.moving ? null : { start: wished.start, pxPerSample: columns / (wished.windowS * FS) },
    };
}

/** The trace, from the same numbers that the layout tells. */
function paint({ gutter, cells, rows, scale, look }) {
    const dpr = window.devicePixelRatio;
    paper.width = Math.round(stage.clientWidth * dpr);
    paper.height = Math.round(stage.clientHeight * dpr);
    const ctx = paper.getContext("2d");
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    ctx.fillStyle = colour("--paper");
    ctx.fillRect(0, 0, paper.width, paper.height);
    ctx.fillStyle = colour("--grid-major");
    for (let y = 0; y < paper.height; y += 19 * dpr) ctx.fillRect(0, Math.round(y), paper.width, 1);
    if (!look) return;
    for (let x = gutter; x < paper.width; x += look.pxPerSample * 100) ctx.fillRect(Math.round(x), 0, 1, paper.height);
    ctx.strokeStyle = colour("--trace");
    ctx.lineWidth = 1.6 * dpr;
    for (const { row, x, width } of cells) {
        ctx.beginPath();
        const first = Math.ceil(look.start + (x - gutter) / look.pxPerSample);
        const last = Math.floor(look.start + (x + width - gutter) / look.pxPerSample);
        let pen = false;
        for (let sample = first; sample <= last; sample++) {
            const missing = wished.holes.some(([from, to]) => sample >= from && sample < to);
            const at = [gutter + (sample - look.start) * look.pxPerSample, rows[row].baseline - millivolts(sample) * scale.pxPerMv * wished.times];
            if (missing) pen = false;
            else if (pen) ctx.lineTo(...at);
            else ctx.moveTo(...at);
            if (!missing) pen = true;
        }
        ctx.stroke();
    }
}

const measuring = new Measuring({
    probe: async (lead, start, stop) => {
        if (wished.slow) await new Promise((resolve) => waiting.push(resolve));
        return { start, values: stored(start, stop, wished.holes) };
    },
    fsOf: (lead) => (lead === "X" ? null : FS),
    stores: (lead) => wished.leads.includes(lead),
    holds: (lead, sample) => lead !== "gone" && sample < 1e6,
    subject: () => ({ record: "100-pq", patient: "100", startTime: 0, zone: "UTC" }),
    notice: (words) => {
        desk.notices.push(words);
        document.querySelector("#toast").hidden = false;
        document.querySelector("#toast").textContent = words;
    },
    stand: () => desk.stood++,
    go: (sample) => desk.gone.push(sample),
    changed: () => desk.changed++,
});
desk.measure = measuring;

/** Change what stands in the picture, as a pan, a zoom, or another layout does. */
desk.look = (change = {}) => {
    Object.assign(wished, change);
    const layout = layoutOf();
    paint(layout);
    measuring.layout(layout, window.devicePixelRatio);
    desk.layout = layout;
};

/** Where a sample and a height stand in the window, in CSS pixels; `cell` counts from 0. */
desk.at = (sample, mv = 0, cell = 0) => {
    const { look, gutter, rows, cells, scale } = desk.layout;
    const { left, top } = paper.getBoundingClientRect();
    const x = (gutter + (sample - look.start) * look.pxPerSample) / window.devicePixelRatio;
    const y = (rows[cells[cell].row].baseline - mv * scale.pxPerMv * wished.times) / window.devicePixelRatio;
    return { x: left + x, y: top + y };
};

document.querySelector("#patient").textContent = "100";
document.querySelector("#record").textContent = "100-pq";
document.querySelector("#banner").hidden = true;
document.querySelector("#stage").dataset.condition = "paused";
new ResizeObserver(() => desk.look()).observe(stage);
onThemeChange(() => desk.look());
desk.look();
document.documentElement.dataset.desk = "ready";
