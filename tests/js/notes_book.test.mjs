import assert from "node:assert/strict";
import { test } from "node:test";

import { Book } from "../../static/js/notes/book.js";
import { readNote } from "../../static/js/notes/note.js";

/** One that the server keeps. */
const kept = (id, fields = {}) => readNote({
    id, set: "notes", sample: 100, stop: null, lead: "II", symbol: '"', aux_note: "", tags: [], author: "ann", time: 1, version: 1, ...fields,
});
const bookOf = (...notes) => {
    const book = new Book();
    book.load(notes, book.moment);
    return book;
};
/** What a server that takes everything makes of a request. */
const taken = (request) => {
    const now = request.kind === "add" ? { ...request.note, version: 1 } : { ...kept(request.id), ...request.fields, version: request.version + 1 };
    return { kind: "done", note: { ...now, author: "me", time: 2 } };
};
/** Send all there is to a server that takes everything; return what was sent. */
function flush(book) {
    const sent = [];
    for (let now = book.take(); now.length; now = book.take()) {
        for (const request of now) {
            sent.push(request);
            book.settle(request.id, taken(request));
        }
    }
    return sent;
}
const shown = (book) => book.notes.map(({ id, symbol, sample, pending }) => [id, symbol, sample, pending]);

test("a note is there at once, and confirmed when the server has it", () => {
    const book = bookOf();
    book.add("n1", "notes", { sample: 500, lead: "V1", symbol: "V" });
    assert.deepEqual(shown(book), [["n1", "V", 500, true]]);
    const [request, ...rest] = book.take();
    assert.deepEqual(rest, []);
    assert.equal(request.kind, "add");
    assert.deepEqual([request.note.sample, request.note.lead, request.note.set, request.note.deleted], [500, "V1", "notes", false]);
    // Nothing is sent twice.
    assert.deepEqual(book.take(), []);
    assert.equal(book.settle("n1", taken(request)).kind, "done");
    assert.deepEqual(shown(book), [["n1", "V", 500, false]]);
    assert.equal(book.find("n1").author, "me");
    assert.equal(book.unsaved, 0);
});

test("what is refused is as if it had not been, and says what it was", () => {
    const book = bookOf(kept("a"));
    book.change("a", { symbol: "N" });
    book.add("n1", "notes", { sample: 5, aux_note: "typed" });
    for (const request of book.take()) {
        const news = book.settle(request.id, { kind: "refused", words: "no" });
        assert.equal(news.words, "no");
        assert.equal(news.fresh, request.id === "n1");
        if (news.fresh) assert.equal(news.fields.aux_note, "typed");
    }
    assert.deepEqual(shown(book), [["a", '"', 100, false]]);
    assert.equal(book.canUndo, false);
});

test("changes of a note that waits go on their way together, in order, from the version that was seen", () => {
    const book = bookOf(kept("a", { version: 4 }));
    book.change("a", { sample: 101 });
    const [first] = book.take();
    book.change("a", { sample: 102 });
    book.change("a", { symbol: "V", sample: 103 });
    assert.deepEqual(book.take(), []);
    assert.deepEqual(first, { id: "a", kind: "change", version: 4, fields: { sample: 101 } });
    book.settle("a", taken(first));
    assert.deepEqual(book.take(), [{ id: "a", kind: "change", version: 5, fields: { sample: 103, symbol: "V" } }]);
    assert.equal(book.find("a").sample, 103);
});

test("to delete is a request by itself, and a note that is deleted before it was kept is made first", () => {
    const book = bookOf();
    book.add("n1", "notes", { sample: 5 });
    book.change("n1", { symbol: "V" });
    book.remove("n1");
    assert.deepEqual(shown(book), []);
    assert.deepEqual(flush(book).map(({ kind }) => kind), ["add", "remove"]);
    assert.equal(book.find("n1").deleted, true);
});

test("undo takes back the last change, whatever it was, and redo does it again", () => {
    const book = bookOf(kept("a"));
    book.add("n1", "notes", { sample: 5 });
    book.change("a", { sample: 120, symbol: "V" });
    book.remove("n1");
    flush(book);
    assert.equal(book.again("undo").note.id, "n1");
    assert.deepEqual(shown(book).map(([id]) => id), ["n1", "a"]);
    assert.deepEqual(flush(book), [{ id: "n1", kind: "change", version: 2, fields: { deleted: false } }]);
    book.again("undo");
    assert.deepEqual([book.find("a").sample, book.find("a").symbol], [100, '"']);
    book.again("undo");
    assert.deepEqual(shown(book), [["a", '"', 100, true]]);
    assert.equal(book.again("undo"), null);
    for (let i = 0; i < 3; i++) book.again("redo");
    assert.deepEqual([book.canRedo, shown(book)], [false, [["a", "V", 120, true]]]);
    flush(book);
    assert.equal(book.unsaved, 0);
});

test("a move by key or hand is undone as one, and the next move by itself", () => {
    const book = bookOf(kept("a"));
    for (const sample of [101, 102, 103]) book.change("a", { sample }, { gesture: "one" });
    book.change("a", { sample: 110 }, { gesture: "two" });
    book.again("undo");
    assert.equal(book.find("a").sample, 103);
    book.again("undo");
    assert.equal(book.find("a").sample, 100);
    book.again("redo");
    assert.equal(book.find("a").sample, 103);
});

test("something new ends what could be done again", () => {
    const book = bookOf(kept("a"));
    book.change("a", { sample: 101 });
    book.again("undo");
    book.change("a", { symbol: "N" });
    assert.equal(book.canRedo, false);
});

test("what nobody answered waits, and is sent again unchanged; taken the first time, it is done", () => {
    const book = bookOf(kept("a"));
    book.change("a", { symbol: "V" });
    const [request] = book.take();
    book.settle("a", { kind: "away" });
    assert.deepEqual([book.find("a").symbol, book.find("a").away, book.unsaved], ["V", true, 1]);
    assert.deepEqual(book.take(), []);
    book.retry();
    assert.deepEqual(book.take(), [request]);
    const current = { ...kept("a"), symbol: "V", version: 2 };
    assert.equal(book.settle("a", { kind: "conflict", current, by: "me" }).kind, "done");
    assert.deepEqual([book.unsaved, book.find("a").version], [0, 2]);
});

test("a change of what somebody else has changed is turned back, and says what they changed", () => {
    const book = bookOf(kept("a"));
    book.change("a", { sample: 150 });
    book.take();
    const current = kept("a", { symbol: "V", author: "bob", version: 2 });
    const news = book.settle("a", { kind: "conflict", current, by: "bob" });
    assert.equal(news.kind, "conflict");
    assert.deepEqual(news.conflict.differences, [{ field: "symbol", from: '"', to: "V" }]);
    assert.deepEqual(news.conflict.mine, { sample: 150 });
    assert.deepEqual([book.find("a").sample, book.find("a").symbol, book.canUndo], [100, "V", false]);
    // Once more, over theirs.
    book.resolve("a", "mine");
    assert.deepEqual(book.take(), [{ id: "a", kind: "change", version: 2, fields: { sample: 150 } }]);
    assert.deepEqual([book.find("a").sample, book.find("a").symbol, book.find("a").conflict], [150, "V", null]);
});

test("a change of what somebody else has deleted is decided too: left so, or brought back", () => {
    for (const whose of ["theirs", "mine"]) {
        const book = bookOf(kept("a"));
        book.change("a", { symbol: "V" });
        book.take();
        book.settle("a", { kind: "conflict", current: kept("a", { deleted: true, version: 2 }), by: "bob" });
        assert.equal(book.notes.length, 1);
        book.resolve("a", whose);
        assert.equal(book.notes.length, whose === "mine" ? 1 : 0);
        if (whose === "mine") assert.deepEqual(book.take()[0].fields, { deleted: false, symbol: "V" });
    }
});

test("what was begun from an older state is refused by it, not put over the newer one", () => {
    const book = bookOf(kept("a"));
    const seen = book.find("a");
    book.hear(kept("a", { symbol: "V", version: 2 }));
    book.change("a", { aux_note: "mine" }, { seen });
    assert.equal(book.take()[0].version, 1);
});

test("what was begun before one's own last change was confirmed is not refused by that", () => {
    const book = bookOf();
    book.add("n1", "notes", { sample: 5 });
    const seen = book.find("n1");
    flush(book);
    book.change("n1", { aux_note: "typed meanwhile" }, { seen });
    assert.deepEqual(flush(book), [{ id: "n1", kind: "change", version: 1, fields: { aux_note: "typed meanwhile" } }]);
    const again = book.find("n1");
    book.change("n1", { symbol: "V" });
    flush(book);
    book.hear({ ...kept("n1"), version: 4, author: "bob" });
    book.change("n1", { aux_note: "and more" }, { seen: again });
    assert.equal(book.take()[0].version, 3);
});

test("what others do is heard while a change of one's own is on its way, and neither is lost", () => {
    const book = bookOf(kept("a"));
    book.change("a", { sample: 101 });
    const [request] = book.take();
    book.change("a", { sample: 102 });
    book.hear(kept("a", { sample: 101, version: 2, author: "me" }));
    assert.ok(book.hear(kept("a", { sample: 101, symbol: "V", version: 3, author: "bob" })));
    assert.deepEqual([book.find("a").sample, book.find("a").symbol], [102, "V"]);
    book.settle("a", taken(request));
    assert.equal(book.find("a").symbol, "V");
    // Made upon the second version, not the third: the server says so.
    assert.equal(book.take()[0].version, 2);
});

test("an undo of what somebody else has changed since is refused, and what is older can still be undone", () => {
    const book = bookOf(kept("a"), kept("b"));
    book.change("b", { symbol: "N" });
    book.change("a", { symbol: "N" });
    flush(book);
    book.hear(kept("a", { symbol: "V", version: 3, author: "bob" }));
    assert.equal(book.again("undo").refused.author, "bob");
    assert.equal(book.find("a").symbol, "V");
    assert.equal(book.again("undo").note.id, "b");
});

test("an undo that is refused can be asked for again", () => {
    const book = bookOf(kept("a"));
    book.change("a", { symbol: "N" });
    flush(book);
    book.again("undo");
    for (const { id } of book.take()) book.settle(id, { kind: "refused", words: "no" });
    assert.deepEqual([book.find("a").symbol, book.canUndo, book.canRedo], ["N", true, false]);
});

test("news that is older than what is known is none", () => {
    const book = bookOf(kept("a", { version: 5, symbol: "V" }));
    assert.equal(book.hear(kept("a", { version: 4 })), false);
    assert.equal(book.find("a").symbol, "V");
});

test("read anew, what is gone is gone, but not what came since or is not kept yet", () => {
    const book = bookOf(kept("gone"), kept("stays"), kept("changing"));
    const asked = book.moment;
    book.hear(kept("came"));
    book.add("mine", "notes", { sample: 1 });
    book.change("changing", { symbol: "V" });
    book.load([kept("stays")], asked);
    assert.deepEqual(book.notes.map(({ id }) => id).sort(), ["came", "changing", "mine", "stays"]);
});

test("every change of what is shown is counted, and what changes nothing is none", () => {
    const book = bookOf(kept("a"));
    const before = book.revision;
    assert.equal(book.change("a", { symbol: '"', tags: [] }), null);
    assert.equal(book.change("nobody", { symbol: "V" }), null);
    assert.equal(book.revision, before);
    book.change("a", { tags: ["check"] });
    assert.ok(book.revision > before);
});

test("an annotation that a server tells wrongly is not taken", () => {
    for (const wrong of [null, {}, { ...kept("a"), sample: 1.5 }, { ...kept("a"), stop: "x" }, { ...kept("a"), symbol: 3 }]) {
        assert.throws(() => readNote(wrong, "notes"), /annotation/);
    }
    assert.equal(readNote({ id: "a", sample: 1, symbol: "N", version: 1 }, "mine").set, "mine");
});
