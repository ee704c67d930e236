import assert from "node:assert/strict";
import { test } from "node:test";

import { readLeads, readLink, strayParts, USUAL, writeLink } from "../../static/js/ui/link.js";

test("a link that was written is read back", () => {
    const view = {
        record: "100-pq", leads: ["II", "V 1"], at: 12345, speed: 0.25, paused: true, worker: false,
        looks: { mode: "calibrated", windowS: 15, mmPerS: 12.5, mmPerMv: 20, motion: "scroll", sheet: "3x4+1R" },
        look: { start: 4321, windowS: 7.5 }, times: { II: 2, "V 1": -0.5 }, filter: { name: "monitor", notch: 50 }, calipers: "t_II_36_38",
    };
    const read = readLink(writeLink(view));
    assert.deepEqual(read, { ...view, leads: "II,V 1", looks: { mode: "calibrated", mmPerS: 12.5, mmPerMv: 20, motion: "scroll", sheet: "3x4+1R" } });
});

test("what a link does not say is left to the viewer's last choice", () => {
    assert.deepEqual(readLink("?record=x").looks, {});
    assert.deepEqual({ ...USUAL, ...readLink("?record=x").looks }, USUAL);
    assert.equal(USUAL.mode, "fit");
    assert.equal(USUAL.windowS, 15);
});

test("nonsense in a link is as if it were not there", () => {
    const read = readLink("?record=x&at=-4&speed=99&mode=wrong&window=0.1&paper=26&gain=11&motion=jump&layout=4x3&look=-1&span=x&times=II:3,V1");
    assert.deepEqual(read, { record: "x", leads: "", at: 0, speed: 1, paused: false, worker: true, looks: {}, look: null, times: {}, filter: { name: "none", notch: null }, calipers: "" });
    assert.equal(readLink("?layout=3x4+3R&filter=diagnostic+notch60").looks.sheet, "3x4+3R");
    assert.equal(readLink("?at=1e300").at, 0);
    assert.equal(readLink("?at=abc").at, 0);
});

test("nonsense in a link is told, and nothing that is understood", () => {
    const nonsense = ["at=-4", "speed=99", "window=0.1", "gain=11", "layout=4x3", "look=-1", "span=x", "times=II:3,V1", "filter=loud", "laeds=II", "paused=yes"];
    assert.deepEqual(strayParts(`?record=x&${nonsense.join("&")}`), nonsense);
    const sense = "?record=x&leads=V9&at=007&speed=2.0&window=5&paper=25&gain=10&mode=fit&motion=scroll&layout=3x4+1R" +
        "&look=10&span=2.50&times=II:2,V1:-1&filter=monitor+notch50&paused=0&worker=0&calipers=t_II_36_38";
    assert.deepEqual(strayParts(sense), []);
    assert.deepEqual(strayParts(""), []);
});

test("names with commas are found, doubled ones are one, unknown ones are told", () => {
    const known = ["II", "V1, filtered", "V1"];
    assert.deepEqual(readLeads("V1, filtered,II,II,V9", known), { found: ["V1, filtered", "II"], unknown: ["V9"] });
    assert.deepEqual(readLeads("", known), { found: [], unknown: [] });
});
