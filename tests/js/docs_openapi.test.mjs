import assert from "node:assert/strict";
import test from "node:test";

import { links, operations, resolved, schemas, typeText } from "../../static/js/docs/openapi.js";

const page = { $ref: "#/components/schemas/Page" };
const spec = {
    security: [{ token: [] }],
    paths: {
        "/a/{id}": {
            parameters: [{ $ref: "#/components/parameters/Id" }],
            get: {
                summary: "Read",
                parameters: [{ name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 9, default: 5 } }],
                responses: {
                    200: { description: "Read", content: { "application/json": { schema: page } } },
                    default: { $ref: "#/components/responses/Problem" },
                },
            },
            delete: { responses: { 204: { description: "Gone" } }, security: [] },
        },
    },
    components: {
        parameters: { Id: { name: "id", in: "path", required: true, description: "Which.", schema: { type: "string" } } },
        responses: { Problem: { description: "Wrong.", content: { "application/problem+json": { schema: { type: "object" } } } } },
        schemas: {
            Head: { type: "object", required: ["fs"], properties: { fs: { type: "number", description: "Hz" } } },
            Page: { allOf: [{ $ref: "#/components/schemas/Head" }, { type: "object", properties: { next: { type: ["string", "null"] } } }] },
        },
    },
};

test("every operation is found, with the parameters of its path and its own", () => {
    const [read, gone] = operations(spec);
    assert.equal(`${read.method} ${read.path}`, "GET /a/{id}");
    assert.deepEqual(
        read.parameters.map(({ name, required, type }) => [name, required, type]),
        [["id", true, "string"], ["limit", false, "integer, 1 to 9, default 5"]],
    );
    assert.equal(gone.method, "DELETE");
    assert.notEqual(read.id, gone.id);
});

test("answers are told by status and media type, references followed", () => {
    const [read, gone] = operations(spec);
    assert.deepEqual(
        read.answers.map(({ name, type, words }) => [name, type, words]),
        [["200 application/json", "Page", ""], ["else application/problem+json", "object", "Wrong."]],
    );
    assert.deepEqual(read.answers[0].links, ["Page"]);
    assert.deepEqual(gone.answers.map(({ name, words }) => [name, words]), [["204", "Gone"]]);
});

test("an operation that needs no login is known", () => {
    assert.deepEqual(operations(spec).map((one) => one.open), [false, true]);
});

test("a schema has the members of what it is put together from", () => {
    const found = schemas(spec).find((one) => one.name === "Page");
    assert.deepEqual(found.properties.map(({ name, required }) => [name, required]), [["fs", true], ["next", false]]);
});

test("types are said in words", () => {
    assert.equal(typeText({ type: ["number", "null"] }), "number or null");
    assert.equal(typeText({ anyOf: [page, { type: "null" }] }), "Page or null");
    assert.equal(typeText({ type: "array", items: page }), "list of Page");
    assert.equal(typeText({ type: "array", prefixItems: [{ type: "integer" }, { type: "integer" }] }), "[integer, integer]");
    assert.equal(typeText({ type: "object", additionalProperties: { type: "number" } }), "{name: number}");
    assert.equal(typeText({ enum: ["i2", "i4"] }), '"i2" or "i4"');
    assert.equal(typeText({}), "any");
    assert.equal(typeText({ type: "integer", minimum: 0 }), "integer, 0 or more");
});

test("a schema within itself ends", () => {
    const ring = { type: "array" };
    ring.items = ring;
    assert.match(typeText(ring), /^list of list/);
    assert.deepEqual(resolved({ a: { $ref: "#/a" } }, { $ref: "#/a" }), { $ref: "#/a" });
});

test("a reference that leads nowhere, and a document that is none, break nothing", () => {
    assert.deepEqual(resolved(spec, { $ref: "#/components/none/x" }), {});
    assert.deepEqual(operations({}), []);
    assert.deepEqual(operations({ paths: { "/a": { get: null } } }).length, 1);
    assert.deepEqual(schemas({}), []);
});

test("every schema that is referred to is linked once", () => {
    assert.deepEqual(links({ a: page, b: [page, { $ref: "#/components/schemas/Head" }] }), ["Page", "Head"]);
});
