import assert from "node:assert/strict";
import { test } from "node:test";

import { closingOf, retryDelay } from "../../static/js/net/backoff.js";

test("full jitter: anything from at once to a bound that doubles up to 30 s", () => {
    assert.equal(retryDelay(0, null, 0), 0);
    assert.equal(retryDelay(0, null, 0.5), 0.25);
    assert.equal(retryDelay(3, null, 0.5), 2);
    assert.equal(retryDelay(6, null, 1), 30);
    assert.equal(retryDelay(5000, null, 1), 30);
});

test("what the server asks for is done", () => {
    assert.equal(retryDelay(7, 1500, 0.9), 1.5);
});

test("every code of the protocol is worded, and only those come back that may", () => {
    const comeBack = { 1000: false, 1001: true, 1012: true, 1009: false, 1011: true, 4400: false, 4401: false, 4403: false, 4408: true, 4409: false, 4429: true, 1006: true };
    for (const [code, comes] of Object.entries(comeBack)) {
        const closing = closingOf(Number(code));
        assert.equal(closing.comesBack, comes, code);
        assert.ok(closing.title && closing.text);
    }
    assert.equal(closingOf(4401).login, true);
    assert.match(closingOf(4999).text, /4999/);
});
