import assert from "node:assert/strict";
import { test } from "node:test";

import { movedWords, readComparison, strayParts, writeComparison } from "../../static/js/compare/address.js";
import { within } from "../../static/js/look/moves.js";

test("what of an address is not understood is told, and nothing that is", () => {
    const nonsense = ["start=-1", "start2=foo", "span=x", "gain=11", "locked=yes", "spna=3"];
    assert.deepEqual(strayParts(`?record=r&leads=V9&${nonsense.join("&")}`), nonsense);
    assert.deepEqual(strayParts("?record=r&leads=V9&record2=s&leads2=V8&start=007&start2=0.5&span=2.50&gain=20&locked=0"), []);
    assert.deepEqual(strayParts(writeComparison(readComparison("?record=r&start=3&locked=0"))), []);
});

const HALF_HOUR = { fs: 360, length: 650_000 };

/** What is said of a stretch that is opened as the page does. */
function told(search, id, extent = HALF_HOUR) {
    const { [id]: side, spanS } = readComparison(search);
    return movedWords(search, id, within({ start: side.start, windowS: spanS }, extent), extent.fs);
}

test("a start whose window reaches beyond the end is told, by its own name", () => {
    const moved = (part) => [`${part}: the window would reach beyond the end of the record, moved to 0:29:55.5`];
    assert.deepEqual(told("?record=r&start=99999999", "one"), moved("start=99999999"));
    // Who says nothing of the second begins where the first does.
    assert.deepEqual(told("?record=r&start=99999999", "other"), moved("start=99999999"));
    assert.deepEqual(told("?record=r&start=5&start2=649000&span=10", "other"), moved("start2=649000"));
    assert.deepEqual(told("?record=r&start=5&start2=649000&span=10", "one"), []);
    assert.deepEqual(told("?record=r&start=5&start2=649000&span=1", "other"), []);
});

test("a window that a record does not have is told, where somebody asked for it", () => {
    assert.deepEqual(told("?record=r&span=0.1", "one"), ["span=0.1: no such window in this record, set to 0.2 s"]);
    assert.deepEqual(told("?record=r&span=9000", "one"), ["span=9000: no such window in this record, set to 30.1 min"]);
    assert.deepEqual(told("?record=r", "one", { fs: 360, length: 1800 }), []);
});

test("an address that the page itself wrote is told nothing of, though it is rounded", () => {
    for (const [start, windowS] of [[Infinity, 10.0313], [0, Infinity], [Infinity, 1234.5678]]) {
        const look = within({ start, windowS }, HALF_HOUR);
        const side = { record: "r", leads: "II", start: look.start };
        const search = writeComparison({ one: side, other: side, spanS: look.windowS, gain: 10, locked: true });
        assert.deepEqual([...told(search, "one"), ...told(search, "other")], []);
    }
});
