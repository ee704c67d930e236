import assert from "node:assert/strict";
import { test } from "node:test";

import { Book } from "../../static/js/notes/book.js";
import { Sender } from "../../static/js/notes/sender.js";

/** A server that answers when a test says how. */
function worldOf() {
    const world = { sent: [], waits: [], news: [], random: () => 0.5 };
    world.send = (request) => new Promise((answer) => world.sent.push({ request, answer }));
    world.after = (seconds, then) => world.waits.push({ seconds, then });
    world.told = (news) => world.news.push(news);
    return world;
}
const turn = () => new Promise((then) => setImmediate(then));
const done = ({ request }) => ({ kind: "done", note: { ...request.note, ...request.fields, id: request.id, version: (request.version ?? 0) + 1 } });

test("of one note one request is on its way, of several notes several", async () => {
    const [book, world] = [new Book(), worldOf()];
    const sender = new Sender(book, world);
    book.add("a", "notes", { sample: 1 });
    sender.kick();
    book.change("a", { symbol: "V" });
    book.add("b", "notes", { sample: 2 });
    sender.kick();
    assert.deepEqual(world.sent.map(({ request }) => request.id), ["a", "b"]);
    world.sent[0].answer(done(world.sent[0]));
    await turn();
    assert.deepEqual(world.sent[2].request, { id: "a", kind: "change", version: 1, fields: { symbol: "V" } });
    assert.equal(world.news[0].kind, "done");
});

test("where nobody answers it is tried again, later each time, and at once when the line is up", async () => {
    const [book, world] = [new Book(), worldOf()];
    const sender = new Sender(book, world);
    book.add("a", "notes", { sample: 1 });
    sender.kick();
    for (let i = 0; i < 8; i++) {
        world.sent[i].answer({ kind: "away" });
        await turn();
        assert.equal(world.waits.length, i + 1);
        world.waits[i].then();
    }
    const waited = world.waits.map(({ seconds }) => seconds);
    assert.deepEqual(waited, [0.25, 0.5, 1, 2, 4, 5, 5, 5]);
    world.sent[8].answer({ kind: "away", retryAfterS: 7 });
    await turn();
    assert.equal(world.waits.at(-1).seconds, 7);
    sender.again();
    assert.equal(world.sent.length, 10);
    assert.equal(book.unsaved, 1);
    world.sent[9].answer(done(world.sent[9]));
    await turn();
    assert.equal(book.unsaved, 0);
});

test("two that nobody answers wait for one try", async () => {
    const [book, world] = [new Book(), worldOf()];
    const sender = new Sender(book, world);
    book.add("a", "notes", { sample: 1 });
    book.add("b", "notes", { sample: 2 });
    sender.kick();
    for (const { answer } of world.sent.slice()) answer({ kind: "away" });
    await turn();
    assert.equal(world.waits.length, 1);
    world.waits[0].then();
    assert.equal(world.sent.length, 4);
});
