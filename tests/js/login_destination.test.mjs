import assert from "node:assert/strict";
import test from "node:test";

import { destination, refusal } from "../../static/js/login/destination.js";

const HERE = "http://127.0.0.1:8000";

test("a page of this server is gone back to, with its query and fragment", () => {
    assert.equal(destination("/", HERE), "/");
    assert.equal(destination("/review?record=100-pq&leads=I,II#x", HERE), "/review?record=100-pq&leads=I,II#x");
});

test("whatever leads to another server leads to the records instead", () => {
    for (const next of [
        null, "", "https://evil.example/", "//evil.example", "//evil.example/review", "/\\evil.example", "\\\\evil.example",
        "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", " //evil.example",
        "/.//evil.example", "/a/..//evil.example", "records", "http://127.0.0.1:8000.evil.example/",
    ]) {
        assert.equal(destination(next, HERE), "/", String(next));
    }
});

test("the login page does not lead to itself", () => {
    assert.equal(destination("/login?next=/login", HERE), "/");
});

test("every refusal says what is wrong", () => {
    const said = [0, 401, 403, 404, 429, 500].map((status) => refusal(status, null));
    assert.equal(new Set(said).size, said.length);
    assert.match(refusal(429, 7), /7 s/);
    assert.match(refusal(500, null), /500/);
});
