// Signal frames and windows: bytes to typed arrays (protocol, Frames).

/** @typedef {"i2" | "i4" | "f4" | "f8"} Dtype */

/**
 * One frame: `values[k]` are the samples [start, start + count) of lead k, as stored, missing = NaN.
 * @typedef {{ sid: number, start: number, count: number, values: Float64Array[] }} Frame
 */

const WIDTH = { i2: 2, i4: 4, f4: 4, f8: 8 };

/** The lowest integer stands for a missing sample; the float types have NaN. */
const MISSING = { i2: -32768, i4: -2147483648 };

/** A message that breaks the protocol. */
export class BadMessage extends Error {}

/**
 * Return whether `text` names a sample type of the wire.
 * @param {unknown} text
 * @returns {text is Dtype}
 */
export function isDtype(text) {
    return typeof text === "string" && Object.hasOwn(WIDTH, text);
}

/**
 * Return the samples of each lead, as stored, missing = NaN. `bytes` holds lead after lead,
 * little-endian, an equal number of each.
 * @param {Uint8Array} bytes
 * @param {Dtype} dtype
 * @param {number} leads how many
 * @returns {Float64Array[]}
 */
export function decodeSamples(bytes, dtype, leads) {
    const width = WIDTH[dtype];
    const count = bytes.byteLength / width / leads;
    if (leads < 1 || !Number.isInteger(count)) {
        throw new BadMessage(`${bytes.byteLength} bytes are not ${leads} leads of ${dtype}`);
    }
    // Read byte by byte through a DataView: the payload seldom begins on an even byte, and the
    // order of bytes is the wire's, not the machine's.
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const values = [];
    for (let lead = 0; lead < leads; lead++) {
        const out = new Float64Array(count);
        const from = lead * count * width;
        for (let i = 0; i < count; i++) out[i] = readSample(view, from + i * width, dtype);
        values.push(out);
    }
    return values;
}

/**
 * @param {DataView} view
 * @param {number} offset
 * @param {Dtype} dtype
 */
function readSample(view, offset, dtype) {
    switch (dtype) {
        case "i2": {
            const value = view.getInt16(offset, true);
            return value === MISSING.i2 ? NaN : value;
        }
        case "i4": {
            const value = view.getInt32(offset, true);
            return value === MISSING.i4 ? NaN : value;
        }
        case "f4":
            return finite(view.getFloat32(offset, true));
        default:
            return finite(view.getFloat64(offset, true));
    }
}

/** An infinite value has no place on paper, and a line to it would be drawn across it. @param {number} value */
const finite = (value) => (Number.isFinite(value) ? value : NaN);

/**
 * Return what the array `[sid, start, count, samples]` says.
 * @param {unknown[]} message
 * @param {{ dtype: Dtype, leads: number }} form of the subscription that it belongs to
 * @returns {Frame}
 */
export function decodeFrame(message, { dtype, leads }) {
    const [sid, start, count, samples] = message;
    if (
        message.length !== 4 ||
        !isIndex(sid) ||
        !isIndex(start) ||
        !isIndex(count) ||
        !(samples instanceof Uint8Array)
    ) {
        throw new BadMessage("not a signal frame");
    }
    if (count < 1 || samples.byteLength !== count * leads * WIDTH[dtype]) {
        throw new BadMessage(
            `a frame of ${count} x ${leads} ${dtype} samples with ${samples.byteLength} bytes`,
        );
    }
    return { sid, start, count, values: decodeSamples(samples, dtype, leads) };
}

/**
 * Return whether `value` can be a sample index or an id.
 * @param {unknown} value
 * @returns {value is number}
 */
export function isIndex(value) {
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
