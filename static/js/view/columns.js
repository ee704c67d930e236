// Samples to the points of a line: no peak lost at any zoom, and no more points than a screen has.
//
// Of each pixel column the first, lowest, highest and last sample are kept, in their order: drawn as
// a line these leave exactly the pixels that all samples would (Jugel et al., M4, VLDB 2014).

/** Samples in a column up to which all are kept: no choice saves anything. */
const FEW = 4;

/** Points of one or more lines: x in pixels from column 0 of the record, y as stored; NaN lifts the pen. */
export class Points {
    /** @type {number[]} */
    x = [];
    /** @type {number[]} */
    y = [];

    clear() {
        this.x.length = 0;
        this.y.length = 0;
    }

    /** @param {number} x @param {number} y */
    push(x, y) {
        this.x.push(x);
        this.y.push(y);
    }

    lift() {
        if (this.y.length && !Number.isNaN(this.y[this.y.length - 1])) this.push(NaN, NaN);
    }
}

/**
 * Append the points of samples [from, to) of one lead. Columns are counted from sample 0 of the record,
 * so that a sample falls into the same one however the picture was come by.
 * @param {Points} out
 * @param {(sample: number) => number} at stored value, NaN = missing
 * @param {number} from
 * @param {number} to
 * @param {number} pxPerSample
 */
export function addPoints(out, at, from, to, pxPerSample) {
    if (pxPerSample * FEW >= 1) addAll(out, at, from, to, pxPerSample);
    else addColumns(out, at, from, to, pxPerSample);
    out.lift();
}

/** @type {typeof addPoints} */
function addAll(out, at, from, to, pxPerSample) {
    for (let sample = from; sample < to; sample++) {
        const value = at(sample);
        if (Number.isNaN(value)) out.lift();
        else out.push(sample * pxPerSample, value);
    }
}

/** @type {typeof addPoints} */
function addColumns(out, at, from, to, pxPerSample) {
    // The samples of the run at hand: a run ends with its column or at a missing sample.
    let first = -1;
    let last = -1;
    let low = -1;
    let high = -1;
    let lowest = 0;
    let highest = 0;
    const flush = () => {
        if (first < 0) return;
        let before = -1;
        for (const sample of [first, Math.min(low, high), Math.max(low, high), last]) {
            if (sample !== before) out.push(sample * pxPerSample, at(sample));
            before = sample;
        }
        first = -1;
    };
    let column = NaN;
    for (let sample = from; sample < to; sample++) {
        const value = at(sample);
        const here = Math.floor(sample * pxPerSample);
        if (here !== column || Number.isNaN(value)) {
            flush();
            column = here;
        }
        if (Number.isNaN(value)) {
            out.lift();
            continue;
        }
        if (first < 0) {
            first = low = high = sample;
            lowest = highest = value;
        } else if (value < lowest) {
            low = sample;
            lowest = value;
        } else if (value > highest) {
            high = sample;
            highest = value;
        }
        last = sample;
    }
    flush();
}

/**
 * Return the columns [start, stop) that a run of missing samples covers: to scale, never invisible.
 * @param {{ start: number, stop: number }} run
 * @param {number} pxPerSample
 */
export function hatched(run, pxPerSample) {
    const start = Math.floor(run.start * pxPerSample);
    return { start, stop: Math.max(start + 1, Math.ceil(run.stop * pxPerSample)) };
}
