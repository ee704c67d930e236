// A beat made of straight lines, so that every onset is a known sample: 500 Hz, 2 ms a sample.
//
// From the onset of P: P wave 0 to 100 ms, QRS 160 to 250 ms with its R peak at 190 ms, T wave 400 to 560 ms. So
// PR = 160 ms, QRS = 250 - 160 = 90 ms, QT = 560 - 160 = 400 ms; beats every 800 ms: RR = 800 ms, 75 bpm.

export const FS = 500;
export const PERIOD = 400;

/** Corners of the beat: sample from the onset of P, and mV. */
const CORNERS = [
    [0, 0], [25, 0.15], [50, 0], [80, 0], [85, -0.1], [95, 1.2], [112, -0.3], [125, 0],
    [200, 0], [245, 0.3], [280, 0], [PERIOD, 0],
];

/** Samples of one beat from the onset of its P wave. */
export const MARKS = { p: 0, q: 80, r: 95, j: 125, t: 280 };

/** What the corners say at a sample of the record; the first P wave begins at sample 100. */
export function millivolts(sample) {
    const at = (((sample - 100) % PERIOD) + PERIOD) % PERIOD;
    const i = CORNERS.findIndex(([corner]) => corner > at);
    const [[x0, y0], [x1, y1]] = [CORNERS[i - 1], CORNERS[i]];
    return y0 + ((y1 - y0) * (at - x0)) / (x1 - x0);
}

export const LEAD = { name: "II", unit: "mV", gain: 1000, baseline: 20, kind: "ecg", range: null };

/** Stored values of [start, stop), with the samples of `holes` missing. */
export function stored(start, stop, holes = []) {
    return Float64Array.from({ length: stop - start }, (_, i) => {
        const missing = holes.some(([from, to]) => start + i >= from && start + i < to);
        return missing ? NaN : Math.round(millivolts(start + i) * LEAD.gain) + LEAD.baseline;
    });
}

/** The same in mV. */
export const stretch = (start, stop, holes = []) => ({
    start,
    values: stored(start, stop, holes).map((value) => (value - LEAD.baseline) / LEAD.gain),
});

/** A picture that stands still at sample `start`: one lead, one row, 1,000 pixels wide. */
export const picture = (more = {}) => ({
    look: { start: 0, pxPerSample: 0.5 }, drawn: "samples", gutter: 60, fs: FS,
    cells: [{ lead: 0, row: 0, x: 60, width: 1000 }],
    rows: [{ top: 0, height: 300, baseline: 180 }], scale: { pxPerMv: 40 }, leads: [LEAD], ...more,
});

export const mark = (sample, mv = null) => ({ sample, mv });
