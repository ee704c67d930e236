import assert from "node:assert/strict";
import { test } from "node:test";

import { readAddress, reviewAddress, strayParts, writeAddress } from "../../static/js/disclosure/address.js";
import { deedOf, moved } from "../../static/js/disclosure/keys.js";
import { Ruling } from "../../static/js/disclosure/ruling.js";
import { lineMm, MOST_LINES, PER_PAGE, planOf, printGain, SHEET } from "../../static/js/disclosure/sheets.js";
import { DISCLOSURE } from "../../static/js/texts/disclosure.js";

const HOUR = new Ruling({ fs: 500, length: 500 * 3600, seconds: 60 });

test("an address comes back as it was written", () => {
    const address = { record: "a b", lead: "II, 2", at: 12_345, minutes: 5, mmPerMv: 10 };
    assert.deepEqual(readAddress(writeAddress(address)), address);
});

test("of an address only what there is counts", () => {
    assert.deepEqual(readAddress("?record=r&at=-1&minutes=3&gain=7"), { record: "r", lead: "", at: null, minutes: 1, mmPerMv: null });
    assert.equal(readAddress("?record=r&at=").at, null);
    assert.equal(readAddress("?record=r&at=0").at, 0);
    assert.equal(readAddress("?at=1e99").at, null);
});

test("what of an address is not understood is told, and nothing that is", () => {
    const nonsense = ["at=-1", "minutes=7", "gain=foo", "laed=II"];
    assert.deepEqual(strayParts(`?record=r&lead=V9&${nonsense.join("&")}`), nonsense);
    assert.deepEqual(strayParts("?record=r&lead=V9&at=007&minutes=5&gain=2.50"), []);
    assert.deepEqual(strayParts(writeAddress({ record: "a b", lead: "II, 2", at: 0, minutes: 2, mmPerMv: 40 })), []);
});

test("the viewer is opened paused at the sample, with a lead of another kind alone", () => {
    const ii = { name: "II", kind: "ecg", fs: 500 };
    const resp = { name: "RESP", kind: "resp", fs: 50 };
    const slow = { name: "V", kind: "ecg", fs: 125 };
    const leads = [resp, ii, slow];
    assert.equal(reviewAddress({ record: "r", leads, lead: ii, at: 7 }), "/review?record=r&at=7&paused=1");
    assert.equal(reviewAddress({ record: "r", leads, lead: resp, at: 7 }), "/review?record=r&leads=RESP&at=7&paused=1");
    assert.equal(reviewAddress({ record: "r", leads, lead: slow, at: 7 }), "/review?record=r&leads=V&at=7&paused=1");
});

/** Where a key leads from. */
const from = (cursor, key, small = false) => moved(key, small, { cursor, ruling: HOUR, page: 20 });

test("keys move by a second, a tenth, a line, a window, and to the ends", () => {
    assert.equal(from(100_000, "ArrowRight"), 100_500);
    assert.equal(from(100_000, "ArrowLeft"), 99_500);
    assert.equal(from(100_000, "ArrowRight", true), 100_050);
    assert.equal(from(100_000, "ArrowDown"), 130_000);
    assert.equal(from(100_000, "ArrowUp"), 70_000);
    assert.equal(from(1_000_000, "PageDown"), 1_570_000);
    assert.equal(from(1_000_000, "PageUp"), 430_000);
    assert.equal(from(100_000, "Home"), 0);
    assert.equal(from(100_000, "End"), 1_799_999);
    assert.equal(from(100_000, "x"), null);
});

test("no key leads out of the record, nor out of its column upwards", () => {
    assert.equal(from(100, "ArrowLeft"), 0);
    assert.equal(from(1_799_990, "ArrowRight"), 1_799_999);
    assert.equal(from(10_000, "ArrowUp"), 10_000);
    assert.equal(from(100_000, "PageUp"), 10_000);
    assert.equal(from(1_790_000, "ArrowDown"), 1_799_999);
});

test("a signal of one sample a minute moves by its samples", () => {
    const slow = new Ruling({ fs: 1 / 60, length: 60, seconds: 60 });
    assert.equal(moved("ArrowRight", false, { cursor: 5, ruling: slow, page: 20 }), 6);
    assert.equal(moved("ArrowDown", false, { cursor: 5, ruling: slow, page: 20 }), 6);
});

test("letters are taken in both cases, and no other name of a key for one", () => {
    assert.equal(deedOf("P"), "print");
    assert.equal(deedOf("p"), "print");
    assert.equal(deedOf("Enter"), "open");
    assert.equal(deedOf("?"), "help");
    assert.equal(deedOf("Escape"), null);
});

test("a print has whole lines, each once, page by page", () => {
    const plan = planOf(HOUR, { from: "0:00:30", to: "0:41:00.5", perPage: 30 });
    assert.deepEqual(plan, { first: 0, stop: 42, pages: [{ first: 0, stop: 30 }, { first: 30, stop: 42 }] });
    assert.deepEqual(planOf(HOUR, { from: "10:00", to: "11:00", perPage: 60 }), { first: 10, stop: 11, pages: [{ first: 10, stop: 11 }] });
    assert.deepEqual(planOf(HOUR, { from: "0", to: "99:00:00", perPage: 60 }), { first: 0, stop: 60, pages: [{ first: 0, stop: 60 }] });
});

test("a print that cannot be says why", () => {
    assert.equal(planOf(HOUR, { from: "x", to: "1:00", perPage: 60 }), "bad");
    assert.equal(planOf(HOUR, { from: "2:00", to: "1:00", perPage: 60 }), "order");
    assert.equal(planOf(HOUR, { from: "1:00:00", to: "2:00:00", perPage: 60 }), "order");
    const week = new Ruling({ fs: 500, length: 500 * 604_800, seconds: 60 });
    assert.deepEqual(planOf(week, { from: "0", to: "168:00:00", perPage: 60 }), { tooMany: 10_080 });
    assert.equal(planOf(week, { from: "0", to: "24:00:00", perPage: 60 }).pages.length, MOST_LINES / 60);
});

test("the lines of a page fit both papers, with room for a usual peak", () => {
    for (const perPage of PER_PAGE) {
        assert.ok(perPage * lineMm(perPage) + SHEET.head + SHEET.axis + SHEET.foot <= SHEET.height);
        assert.ok(printGain(perPage) >= 2 && printGain(perPage) * 1.15 <= lineMm(perPage));
    }
    // Letter is lower, A4 narrower.
    assert.ok(SHEET.height <= 279.4 - 20 && SHEET.width <= 210 - 20);
});

test("the clock is the recording's own, and what is not known of it is said", () => {
    const start = Date.UTC(2704, 4, 4, 23, 59, 18) / 1000;
    assert.deepEqual(DISCLOSURE.clockOf({ start_time: start, zone: null }, 60), { clock: "2704-05-05 00:00:18", zone: "zone unknown" });
    assert.deepEqual(DISCLOSURE.clockOf({ start_time: start, zone: "+02:00" }, 0), { clock: "2704-05-04 23:59:18", zone: "+02:00" });
    assert.deepEqual(DISCLOSURE.clockOf({ start_time: start, zone: "Europe/Berlin" }, 0), { clock: "2704-05-04 23:59:18", zone: "Europe/Berlin" });
    assert.deepEqual(DISCLOSURE.clockOf({ start_time: null, zone: "UTC" }, 0), { clock: "time of day unknown", zone: "" });
    assert.deepEqual(DISCLOSURE.clockOf({ start_time: 1e15, zone: "UTC" }, 0), { clock: "1000000000000000 s after 1970", zone: "UTC" });
    const shifted = DISCLOSURE.clockOf({ start_time: start, zone: null, dates_shifted: true }, 0);
    assert.deepEqual(shifted, { clock: "2704-05-04 23:59:18", zone: "zone unknown, dates shifted" });
});
