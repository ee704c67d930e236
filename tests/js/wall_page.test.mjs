import assert from "node:assert/strict";
import { test } from "node:test";

import { readAddress, viewerAddress } from "../../static/js/wall/address.js";
import { readWall } from "../../static/js/wall/definition.js";
import { brightnessAt, minutesOf, shiftAt, SHIFT_PX } from "../../static/js/wall/night.js";
import { nextPlace } from "../../static/js/wall/places.js";
import { Renewal } from "../../static/js/wall/renewal.js";
import { Watchdog } from "../../static/js/wall/watchdog.js";

function store() {
    const kept = new Map();
    return {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => void kept.set(key, value),
        removeItem: (key) => void kept.delete(key),
    };
}

const at = (pathname, search = "", hash = "") => readAddress({ pathname, search, hash });

test("a wall by its name, and its name for the stream", () => {
    const read = at("/wall/icu-2", "?worker=0", "#code=AB-CD");
    assert.equal(read.source, "/api/v1/walls/icu-2");
    assert.equal(read.query, "?wall=icu-2");
    assert.equal(read.worker, false);
    assert.equal(read.code, "AB-CD");
    assert.equal(read.tried, false);
});

test("a wall tried out has no name", () => {
    const read = at("/wall", "?beds=100-pq:MLII,V5;207-pq&title=A%26B");
    assert.equal(read.source, "/api/v1/wall?beds=100-pq%3AMLII%2CV5%3B207-pq&title=A%26B");
    assert.equal(read.query, "");
    assert.ok(read.tried);
    assert.equal(at("/wall").source, null);
});

test("a tile leads to its place in the viewer", () => {
    assert.equal(viewerAddress({ record: "100-pq", leads: ["MLII", "V5"], sample: 12 }, WALL), "/review?record=100-pq&leads=MLII,V5&at=12&mode=calibrated&paper=25&gain=10");
});

const BED = { label: "1", pseudonym: null, missing: null, record: "r", kind: "stored", at: "shared", fs: 100, leads: [{ name: "II", unit: "mV", gain: 200, baseline: 0, kind: "ecg" }] };
const WALL = { name: "w", title: "W", version: "1", mm_per_s: 25, mm_per_mv: 10, privacy: false, dim: null, beds: [BED], toml: "" };

test("a definition is read field by field, and what is none is refused", () => {
    assert.deepEqual(readWall({ ...WALL, mood: 1 }), WALL);
    for (const wrong of [null, {}, { ...WALL, beds: [] }, { ...WALL, beds: Array(37).fill(BED) }, { ...WALL, mm_per_s: 0 },
        { ...WALL, beds: [{ ...BED, leads: [] }] }, { ...WALL, beds: [{ ...BED, fs: "100" }] }]) {
        assert.throws(() => readWall(wrong), TypeError);
    }
    const gone = { ...BED, leads: [], fs: null, missing: "there is no record" };
    assert.equal(readWall({ ...WALL, beds: [gone] }).beds[0].missing, "there is no record");
});

test("night goes through midnight, and a day does not", () => {
    const night = { from: "22:00", to: "06:00", brightness: 0.4 };
    const of = (time) => brightnessAt(night, minutesOf(time));
    assert.deepEqual(["21:59", "22:00", "23:59", "00:00", "05:59", "06:00"].map(of), [1, 0.4, 0.4, 0.4, 0.4, 1]);
    assert.equal(brightnessAt({ from: "12:00", to: "13:00", brightness: 0.5 }, 12 * 60 + 30), 0.5);
    assert.equal(brightnessAt({ from: "12:00", to: "13:00", brightness: 0.5 }, 13 * 60), 1);
    assert.equal(brightnessAt(null, 0), 1);
});

test("a time that is none dims nothing, and nothing is dimmed out of sight", () => {
    assert.equal(brightnessAt({ from: "25:00", to: "06:00", brightness: 0.4 }, 0), 1);
    assert.equal(brightnessAt({ from: "22:00", to: "06:00", brightness: 0 }, 0), 1);
    assert.equal(brightnessAt({ from: "22:00", to: "06:00", brightness: NaN }, 0), 1);
    assert.equal(brightnessAt({ from: "22:00", to: "06:00", brightness: 0.001 }, 0), 0.3);
});

test("the picture is shifted by a few pixels at a time, and stays where there is room", () => {
    const seen = new Set();
    for (let minute = 0; minute < 60; minute++) {
        const [a, b] = [shiftAt(minute), shiftAt(minute + 1)];
        assert.ok(Math.abs(a.x) <= SHIFT_PX && Math.abs(a.y) <= SHIFT_PX);
        assert.ok(Math.abs(a.x - b.x) + Math.abs(a.y - b.y) <= SHIFT_PX * 2);
        seen.add(`${a.x} ${a.y}`);
    }
    assert.equal(seen.size, 8);
});

test("arrows lead to the neighbour, and stay at the edge", () => {
    const places = [0, 1, 2, 3, 4].map((i) => ({ x: (i % 2) * 100, y: Math.floor(i / 2) * 50, width: 100, height: 50 }));
    assert.equal(nextPlace(places, 0, "ArrowRight"), 1);
    assert.equal(nextPlace(places, 1, "ArrowDown"), 3);
    assert.equal(nextPlace(places, 2, "ArrowDown"), 4);
    assert.equal(nextPlace(places, 4, "ArrowUp"), 2);
    assert.equal(nextPlace(places, 4, "ArrowRight"), 3);
    assert.equal(nextPlace(places, 3, "ArrowRight"), 3);
    assert.equal(nextPlace(places, 0, "ArrowLeft"), 0);
    assert.equal(nextPlace(places, 0, "x"), 0);
});

/** Look every 250 ms with frames that go on, or stand. */
function watch(dog, from, to, { moving = true, seen = true } = {}) {
    let last;
    for (let now = from; now <= to; now += 0.25) last = dog.look(now, { frames: moving ? String(now) : "9", seen });
    return last;
}

test("a picture that stands is said within 2 s and loaded again after 5", () => {
    const dog = new Watchdog(store(), 0);
    assert.deepEqual(watch(dog, 0, 10), { still: null, reload: null, again: null });
    assert.equal(watch(dog, 10.25, 11.5, { moving: false }).still, null);
    assert.ok(watch(dog, 11.75, 12.25, { moving: false }).still >= 1.5);
    assert.equal(watch(dog, 12.5, 15, { moving: false }).reload, null);
    assert.equal(watch(dog, 15.25, 15.5, { moving: false }).reload, "the picture stood still");
});

test("it is loaded again once, says so, and once more only when it has stood for long", () => {
    const tab = store();
    const before = new Watchdog(tab, 0);
    before.asking();
    before.reloading("the picture stood still");
    const dog = new Watchdog(tab, 0);
    assert.equal(watch(dog, 0, 5).again, "the picture stood still");
    const stood = watch(dog, 5.25, 60, { moving: false });
    assert.equal(stood.reload, null);
    assert.ok(stood.still > 50);
    assert.equal(watch(dog, 60.25, 611, { moving: false }).reload, "the picture stood still");
});

test("after ten good minutes the reload is forgotten", () => {
    const tab = store();
    new Watchdog(tab, 0).reloading("x");
    const dog = new Watchdog(tab, 0);
    assert.equal(watch(dog, 0, 599).again, "x");
    assert.equal(watch(dog, 599.25, 601).again, null);
});

test("a hidden page, and one that was held up itself, is not taken for a picture that stands", () => {
    const dog = new Watchdog(store(), 0);
    watch(dog, 0, 5);
    assert.equal(watch(dog, 5.25, 100, { moving: false, seen: false }).still, null);
    assert.equal(watch(dog, 100.25, 101, { moving: false }).still, null);
    assert.equal(dog.look(110, { frames: "9", seen: true }).still, null);
});

test("a page that is always held up has no excuse for a picture that stands", () => {
    const dog = new Watchdog(store(), 0);
    watch(dog, 0, 5);
    let said = null;
    for (let now = 7; now <= 14; now += 1.4) said = dog.look(now, { frames: "9", seen: true });
    assert.equal(said.reload, "the picture stood still");
});

test("a page that says why it has no wall has not failed", () => {
    const dog = new Watchdog(store(), 0);
    let said = null;
    for (let now = 0; now <= 100; now += 0.25) said = dog.look(now, { frames: "", seen: true, waits: String(Math.floor(now / 3)) });
    assert.deepEqual(said, { still: null, reload: null, again: null });
});

test("a script that failed, or never began, is a reason too", () => {
    const dog = new Watchdog(store(), 0);
    dog.failed("x is not defined", 3);
    assert.equal(watch(dog, 0, 7).reload, null);
    assert.equal(watch(dog, 7.25, 8).reload, "the page failed: x is not defined");
    const other = new Watchdog(store(), 0);
    let said = null;
    for (let now = 0; now <= 20; now += 0.25) said = other.look(now, { frames: "", seen: true });
    assert.equal(said.reload, "the wall did not begin");
});

test("while the server does not answer it is not loaded again, and asked later", () => {
    const dog = new Watchdog(store(), 0);
    watch(dog, 0, 1);
    assert.ok(watch(dog, 1.25, 8, { moving: false }).reload);
    dog.asking();
    assert.equal(watch(dog, 8.25, 9, { moving: false }).reload, null);
    dog.notNow();
    assert.ok(watch(dog, 9.25, 10, { moving: false }).reload);
});

const QUIET = { up: true, healthy: 31 };

test("a newer version is loaded once, at a quiet moment", () => {
    const tab = store();
    const page = new Renewal(tab);
    assert.equal(page.due("ecgstream 1", QUIET, 0), null);
    assert.equal(page.due("ecgstream 2", { up: true, healthy: 29 }, 0), null);
    assert.equal(page.due("ecgstream 2", { up: false, healthy: 31 }, 0), null);
    assert.equal(page.due("ecgstream 2", QUIET, 0), "ecgstream 2");
    page.renewing("ecgstream 2");
    assert.equal(page.due("ecgstream 2", QUIET, 0), null);
    const next = new Renewal(tab);
    assert.equal(next.due("ecgstream 2", QUIET, 0), null);
    // A fleet of two versions: once for each, then never again.
    assert.equal(next.due("ecgstream 1", QUIET, 0), "ecgstream 1");
    next.renewing("ecgstream 1");
    const last = new Renewal(tab);
    last.due("ecgstream 1", QUIET, 0);
    assert.equal(last.due("ecgstream 2", QUIET, 0), null);
});

test("a version that comes again, after another stood for long, is newer once more", () => {
    const tab = store();
    const page = new Renewal(tab);
    page.due("ecgstream 1", QUIET, 0);
    page.renewing("ecgstream 2");
    const next = new Renewal(tab);
    next.due("ecgstream 2", QUIET, 0);
    next.renewing("ecgstream 1");
    const back = new Renewal(tab);
    assert.equal(back.due("ecgstream 1", QUIET, 0), null);
    assert.equal(back.due("ecgstream 2", QUIET, 100), null);
    assert.equal(back.due("ecgstream 1", { up: true, healthy: 600 }, 800), null);
    assert.equal(back.due("ecgstream 2", QUIET, 900), "ecgstream 2");
});

test("where no moment is quiet, a newer version is loaded after ten minutes all the same", () => {
    const page = new Renewal(store());
    const restless = { up: true, healthy: 5 };
    page.due("ecgstream 1", restless, 0);
    assert.equal(page.due("ecgstream 2", restless, 100), null);
    assert.equal(page.due("ecgstream 2", restless, 699), null);
    assert.equal(page.due("ecgstream 2", { up: false, healthy: 5 }, 701), null);
    assert.equal(page.due("ecgstream 2", restless, 701), "ecgstream 2");
});
