import assert from "node:assert/strict";
import { test } from "node:test";

import { Probes } from "../../static/js/ui/probes.js";

test("each answer comes to who asked for it, in whatever order", async () => {
    const asked = [];
    const probes = new Probes((message) => asked.push(message));
    const one = probes.ask("II", 10, 20);
    const other = probes.ask("V1", 30, 40);
    assert.deepEqual(asked[1], { ask: "probe", id: asked[1].id, lead: "V1", start: 30, stop: 40 });
    assert.notEqual(asked[0].id, asked[1].id);
    probes.hear({ say: "probed", id: asked[1].id, start: 30, values: new Float64Array([3]), failure: "" });
    probes.hear({ say: "probed", id: asked[0].id, start: 10, values: new Float64Array([1]), failure: "" });
    assert.deepEqual(await one, { start: 10, values: new Float64Array([1]) });
    assert.deepEqual(await other, { start: 30, values: new Float64Array([3]) });
});

test("what the viewer does not have is refused in its words, and an answer to nobody is nobody's", async () => {
    const asked = [];
    const probes = new Probes((message) => asked.push(message));
    const refused = probes.ask("II", 10, 20);
    probes.hear({ say: "probed", id: asked[0].id, start: 10, values: new Float64Array(), failure: "II is not shown" });
    await assert.rejects(refused, /II is not shown/);
    probes.hear({ say: "probed", id: 99, start: 10, values: new Float64Array(), failure: "" });
});
