import assert from "node:assert/strict";
import test from "node:test";

import { gapsIn, sceneOf, sceneWords, Turns } from "../../static/js/ui/spoken.js";

const scene = (change = {}) => ({
    record: "100-pq", leads: ["MLII", "V5"], gaps: [[], []], start: 3600, stop: 9000, fs: 360,
    condition: "paused", still: true, elsewhere: false, ...change,
});

test("the picture is told: record, leads, span, rate, gaps, state", () => {
    assert.equal(
        sceneWords(scene()),
        "100-pq: leads MLII, V5. 0:00:10.0 to 0:00:25.0, 15 s in sight. Sampled at 360 Hz. No gaps in sight. paused.",
    );
    const one = scene({ leads: ["II"], gaps: [[[3000, 3660], [5000, 5372], [9000, 9100]]], elsewhere: true, condition: "playing" });
    assert.match(sceneWords(one), /^100-pq: lead II\. .* 2 gaps in sight, 1\.2 s in all\. playing, looking elsewhere/);
});

test("gaps of several leads that touch are one, and none is counted twice", () => {
    assert.deepEqual(gapsIn([[[0, 10], [20, 30]], [[5, 12], [30, 31]]], 0, 100), { count: 2, samples: 23 });
    assert.deepEqual(gapsIn([[[0, 10], [90, 200]]], 5, 100), { count: 2, samples: 15 });
    assert.deepEqual(gapsIn([[[0, 5], [100, 200]]], 5, 100), { count: 0, samples: 0 });
});

test("gaps that are not known are not said to be none", () => {
    assert.equal(gapsIn([[], null], 0, 100), null);
    assert.match(sceneWords(scene({ gaps: [undefined] })), /Gaps in sight are not known/);
});

/** The seconds at which something is said. */
function saidAt(sceneAt, seconds, every = 0.25) {
    const turns = new Turns();
    const said = [];
    for (let now = 0; now <= seconds; now += every) if (turns.due(sceneAt(now), now)) said.push(now);
    return said;
}

test("a picture that plays without gaps is told once", () => {
    const playing = (now) => scene({ start: 360 * now, stop: 360 * (now + 15), condition: "playing", still: false });
    assert.deepEqual(saidAt(playing, 120), [1]);
});

test("gaps that come in sight are told, at most every 10 seconds", () => {
    const gaps = [Array.from({ length: 60 }, (_, i) => [i * 720, i * 720 + 100])];
    const playing = (now) => scene({ start: 360 * now, stop: 360 * (now + 15), gaps, condition: "playing", still: false });
    const said = saidAt(playing, 60);
    assert.ok(said.length >= 3);
    said.slice(1).forEach((at, i) => assert.ok(at - said[i] >= 10, `${said[i]} then ${at}`));
});

test("a change of state, leads or place is told when it has settled", () => {
    assert.deepEqual(saidAt((now) => scene({ condition: now < 5 ? "playing" : "paused", still: now >= 5 }), 9), [1, 6]);
    assert.deepEqual(saidAt((now) => scene({ leads: now < 2 ? ["I"] : ["I", "II"] }), 9), [1, 3]);
    // Dragged for three seconds: told once, where it came to rest.
    assert.deepEqual(saidAt((now) => scene({ start: 3600 + 100 * Math.min(now, 3) }), 9), [4]);
});

test("there is nothing to tell before there is a picture", () => {
    assert.equal(sceneOf(null, null, null, { sight: null, look: null }), null);
});

test("what is in sight ends where the record does", () => {
    const status = { fs: 100, condition: "paused", length: 1000 };
    const layout = { leads: [{ name: "III" }], stored: ["I", "II"] };
    const wander = { sight: { start: -300, windowS: 20 }, look: null };
    const found = sceneOf({ record: "r", gaps: { I: [[0, 5]], II: [] } }, status, layout, wander);
    assert.deepEqual([found.start, found.stop, found.leads, found.gaps], [0, 1000, ["III"], [[[0, 5]], []]]);
});
