import assert from "node:assert/strict";
import { test } from "node:test";

import { decode, encode } from "../../static/vendor/msgpack/index.mjs";
import { BadMessage, decodeFrame, decodeSamples } from "../../static/js/wire/frames.js";

const FORM = { dtype: "i2", leads: 2 };

function bytesOf(array) {
    return new Uint8Array(array.buffer);
}

test("a frame that came as bytes has lead after lead", () => {
    const message = encode([1, 7200, 3, bytesOf(Int16Array.of(1, -2, 3, 4, 5, -6))]);
    const frame = decodeFrame(decode(message), FORM);
    assert.equal(frame.start, 7200);
    assert.deepEqual(frame.values.map((lead) => [...lead]), [[1, -2, 3], [4, 5, -6]]);
});

test("samples may begin on any byte", () => {
    for (const [dtype, kind, width] of [["i2", Int16Array, 2], ["i4", Int32Array, 4], ["f4", Float32Array, 4], ["f8", Float64Array, 8]]) {
        for (let shift = 0; shift < width; shift++) {
            const held = new Uint8Array(shift + 2 * width);
            held.set(bytesOf(kind.of(-5, 1000)), shift);
            assert.deepEqual([...decodeSamples(held.subarray(shift), dtype, 1)[0]], [-5, 1000], `${dtype} at ${shift}`);
        }
    }
});

test("the lowest integer is a missing sample, and only in its own type", () => {
    assert.ok(Number.isNaN(decodeSamples(bytesOf(Int16Array.of(-32768)), "i2", 1)[0][0]));
    assert.ok(Number.isNaN(decodeSamples(bytesOf(Int32Array.of(-2147483648)), "i4", 1)[0][0]));
    assert.equal(decodeSamples(bytesOf(Int32Array.of(-32768)), "i4", 1)[0][0], -32768);
    assert.equal(decodeSamples(bytesOf(Float64Array.of(-32768)), "f8", 1)[0][0], -32768);
});

test("an infinite sample is drawn as little as a missing one", () => {
    for (const [dtype, kind] of [["f4", Float32Array], ["f8", Float64Array]]) {
        const [values] = decodeSamples(bytesOf(kind.of(Infinity, 1, -Infinity, NaN)), dtype, 1);
        assert.deepEqual([...values], [NaN, 1, NaN, NaN]);
    }
});

test("a start above 2^32 is read exactly", () => {
    const start = 2 ** 40 + 1;
    assert.equal(decodeFrame([1, start, 1, bytesOf(Int16Array.of(1, 2))], FORM).start, start);
});

for (const [what, message] of [
    ["too few bytes", [1, 0, 3, new Uint8Array(10)]],
    ["too many bytes", [1, 0, 2, new Uint8Array(10)]],
    ["no samples", [1, 0, 0, new Uint8Array(0)]],
    ["a start that is no whole number", [1, 0.5, 1, new Uint8Array(4)]],
    ["a negative start", [1, -1, 1, new Uint8Array(4)]],
    ["samples that are no bytes", [1, 0, 1, "abcd"]],
    ["a field too many", [1, 0, 1, new Uint8Array(4), 5]],
]) {
    test(`a frame with ${what} is refused`, () => {
        assert.throws(() => decodeFrame(message, FORM), BadMessage);
    });
}
