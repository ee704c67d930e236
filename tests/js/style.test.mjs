import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

import { COLOURS } from "../../static/js/view/layers.js";

const css = await readFile(new URL("../../static/style.css", import.meta.url), "utf8");

/** The custom properties of the first rule behind `selector`. */
function tokens(selector) {
    const from = css.indexOf(selector);
    assert.ok(from >= 0, `style.css has no ${selector}`);
    const body = css.slice(from, css.indexOf("}", from));
    return Object.fromEntries([...body.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value]));
}

const light = tokens(":root {");
const dark = tokens(':root[data-theme="dark"] {');

test("dark is the same whether it was chosen or is the system's wish", () => {
    assert.deepEqual(tokens(':root:not([data-theme="light"]) {'), dark);
    assert.ok(Object.keys(dark).length > 20);
});

test("dark gives every colour that light gives, and no other", () => {
    const colours = Object.keys(light).filter((name) => /^(#|rgb|0 \d)/.test(light[name]));
    assert.deepEqual(Object.keys(dark).sort(), colours.sort());
});

/** Relative luminance of #rrggbb (WCAG 2.1). */
function luminance(colour) {
    const [r, g, b] = [1, 3, 5].map((at) => {
        const channel = parseInt(colour.slice(at, at + 2), 16) / 255;
        return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
    const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
}

for (const [name, theme] of Object.entries({ light, dark })) {
    test(`words can be read on every ground of the ${name} theme`, () => {
        const pairs = ["--bg", "--surface", "--raised", "--sunken"].flatMap((ground) =>
            ["--ink", "--ink-2", "--ink-3", "--accent", "--warn", "--danger"].map((ink) => [ink, ground]),
        );
        pairs.push(
            ["--accent-ink", "--accent"], ["--accent-ink", "--accent-hover"], ["--warn", "--warn-soft"],
            ["--danger", "--danger-soft"], ["--accent", "--accent-soft"], ["--trace-label", "--paper"],
            ["--calibration", "--paper"], ["--trace", "--paper"],
            ...COLOURS.map((mark) => [`--mark-${mark}`, "--paper"]),
        );
        for (const [ink, ground] of pairs) {
            const found = contrast(theme[ink], theme[ground]);
            assert.ok(found >= 4.5, `${ink} on ${ground}: ${found.toFixed(2)}`);
        }
    });

    test(`edges of controls and the focus ring can be seen in the ${name} theme`, () => {
        for (const ground of ["--bg", "--surface", "--raised"]) {
            for (const edge of ["--line-strong", "--focus"]) {
                const found = contrast(theme[edge], theme[ground]);
                assert.ok(found >= 3, `${edge} on ${ground}: ${found.toFixed(2)}`);
            }
        }
    });

    test(`the trace stands out from its grid in the ${name} theme`, () => {
        for (const grid of ["--grid-minor", "--grid-major", "--gap"]) {
            assert.ok(contrast(theme["--trace"], theme[grid]) >= 4.5, grid);
        }
    });
}
