// @ts-check
/**
 * An OpenAPI document to what a page says of it. Pure: no page, no network.
 *
 * @typedef {{[name: string]: unknown}} Json
 *
 * @typedef {object} Row a parameter, a property or an answer
 * @property {string} name
 * @property {boolean} required
 * @property {string} type
 * @property {string[]} links names of the schemas that `type` speaks of
 * @property {string} words
 *
 * @typedef {object} Operation
 * @property {string} id of its place on the page
 * @property {string} method
 * @property {string} path
 * @property {string} summary
 * @property {string} description
 * @property {boolean} open needs no login
 * @property {Row[]} parameters
 * @property {Row[]} body
 * @property {Row[]} answers
 *
 * @typedef {object} Schema
 * @property {string} name
 * @property {string} description
 * @property {string} type
 * @property {Row[]} properties
 */

import { DOCS } from "../texts/docs.js";

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const COMPONENTS = "#/components/schemas/";
/** Schemas within schemas that are spelled out; beyond it a name must do. */
const DEEPEST = 4;

/** @param {unknown} value @returns {Json} nothing, where it is no object */
function object(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value)
        ? /** @type {Json} */ (value)
        : {};
}

/** @param {unknown} value @returns {unknown[]} */
function array(value) {
    return Array.isArray(value) ? value : [];
}

/** @param {unknown} value */
function text(value) {
    return typeof value === "string" ? value : "";
}

/**
 * Follow a `$ref` within the document.
 * @param {Json} document
 * @param {unknown} value
 * @returns {Json}
 */
export function resolved(document, value) {
    let found = object(value);
    // A chain of references may be a ring.
    for (let step = 0; typeof found.$ref === "string" && step < 10; step++) {
        /** @type {unknown} */
        let at = document;
        for (const part of found.$ref.replace(/^#\//, "").split("/")) {
            at = object(at)[part.replace(/~1/g, "/").replace(/~0/g, "~")];
        }
        found = object(at);
    }
    return found;
}

/**
 * A type in words: `integer, 1 to 1000, default 100`; `Page`; `list of number or null`.
 * @param {unknown} value a schema
 * @param {number} depth
 * @returns {string}
 */
export function typeText(value, depth = 0) {
    const schema = object(value);
    if (typeof schema.$ref === "string") return schema.$ref.replace(COMPONENTS, "");
    const choices = [...array(schema.anyOf), ...array(schema.oneOf)];
    if (choices.length) return choices.map((one) => typeText(one, depth + 1)).join(DOCS.or);
    const parts = array(schema.allOf);
    if (parts.length) return parts.map((one) => typeText(one, depth + 1)).join(DOCS.and);
    if ("const" in schema) return JSON.stringify(schema.const);
    const values = array(schema.enum);
    if (values.length) return values.map((one) => JSON.stringify(one)).join(DOCS.or);
    const types = (Array.isArray(schema.type) ? schema.type : [schema.type ?? DOCS.any]).map((type) => {
        if (type === "array") return arrayText(schema, depth);
        return type === "object" ? objectText(schema, depth) : String(type);
    });
    return [types.join(DOCS.or), ...limits(schema)].join(", ");
}

/** @param {Json} schema @param {number} depth */
function arrayText(schema, depth) {
    const tuple = array(schema.prefixItems);
    if (depth >= DEEPEST) return DOCS.list;
    if (tuple.length) return `[${tuple.map((one) => typeText(one, depth + 1)).join(", ")}]`;
    return schema.items ? DOCS.listOf(typeText(schema.items, depth + 1)) : DOCS.list;
}

/** @param {Json} schema @param {number} depth */
function objectText(schema, depth) {
    if (depth >= DEEPEST) return DOCS.object;
    const members = object(schema.properties);
    const named = Object.entries(members).map(([name, one]) => `${name}: ${typeText(one, depth + 1)}`);
    if (named.length) return `{${named.join(", ")}}`;
    return typeof schema.additionalProperties === "object"
        ? `{name: ${typeText(schema.additionalProperties, depth + 1)}}`
        : DOCS.object;
}

/** @param {Json} schema @returns {string[]} */
function limits(schema) {
    const said = [];
    const { minimum, maximum, minLength, maxLength, pattern } = schema;
    if (minimum !== undefined && maximum !== undefined) said.push(DOCS.between(minimum, maximum));
    else if (minimum !== undefined) said.push(DOCS.orMore(minimum));
    else if (maximum !== undefined) said.push(DOCS.orLess(maximum));
    if (maxLength !== undefined) said.push(DOCS.characters(minLength ?? 0, maxLength));
    if (pattern !== undefined) said.push(DOCS.like(pattern));
    if (schema.default !== undefined && schema.default !== null) said.push(DOCS.byDefault(JSON.stringify(schema.default)));
    return said;
}

/** @param {unknown} value @returns {string[]} the schemas that it refers to, each once */
export function links(value) {
    /** @type {Set<string>} */
    const found = new Set();
    JSON.stringify(value ?? null, (key, one) => {
        if (key === "$ref" && typeof one === "string" && one.startsWith(COMPONENTS)) {
            found.add(one.slice(COMPONENTS.length));
        }
        return one;
    });
    return [...found];
}

/**
 * @param {string} name
 * @param {unknown} schema
 * @param {{required?: boolean, words?: string}} about
 * @returns {Row}
 */
function row(name, schema, { required = false, words = "" } = {}) {
    return { name, required, words, type: schema ? typeText(schema) : "", links: links(schema) };
}

/**
 * What is in a request or an answer, one row a media type.
 * @param {unknown} content
 * @param {(type: string) => string} name
 * @param {{required?: boolean, words?: string}} about
 */
function contents(content, name, about) {
    const types = Object.entries(object(content));
    if (!types.length) return [row(name(""), undefined, about)];
    return types.map(([type, media]) => {
        const schema = object(media).schema;
        const words = [about.words, text(object(schema).description)].filter(Boolean).join(" ");
        return row(name(type), schema, { ...about, words });
    });
}

/**
 * Every operation, in the order of the document.
 * @param {Json} document
 * @returns {Operation[]}
 */
export function operations(document) {
    /** @type {Operation[]} */
    const found = [];
    for (const [path, item] of Object.entries(object(document.paths))) {
        for (const method of METHODS) {
            if (!(method in object(item))) continue;
            found.push(operation(document, { path, method, item: object(item) }));
        }
    }
    return found;
}

/**
 * @param {Json} document
 * @param {{path: string, method: string, item: Json}} where
 * @returns {Operation}
 */
function operation(document, { path, method, item }) {
    const said = object(item[method]);
    const parameters = [...array(item.parameters), ...array(said.parameters)].map((one) => {
        const parameter = resolved(document, one);
        const required = parameter.required === true;
        return row(text(parameter.name), parameter.schema, { required, words: text(parameter.description) });
    });
    const request = resolved(document, said.requestBody);
    const answers = Object.entries(object(said.responses)).flatMap(([status, one]) => {
        const answer = resolved(document, one);
        const code = status === "default" ? DOCS.otherwise : status;
        const words = text(answer.description);
        return contents(answer.content, (type) => `${code} ${type}`.trim(), {
            // What only says again what the operation's own title says is left out.
            words: words === said.summary ? "" : words,
        });
    });
    return {
        id: `${method}-${path}`.replace(/[^a-zA-Z0-9]+/g, "-").replace(/-$/, ""),
        method: method.toUpperCase(),
        path,
        summary: text(said.summary),
        description: text(said.description),
        open: array(said.security ?? document.security ?? []).length === 0,
        parameters,
        body: request.content
            ? contents(request.content, (type) => type, { words: text(request.description) })
            : [],
        answers,
    };
}

/**
 * Every schema that has a name.
 * @param {Json} document
 * @returns {Schema[]}
 */
export function schemas(document) {
    return Object.entries(object(object(document.components).schemas)).map(([name, value]) => {
        const schema = object(value);
        return {
            name,
            description: text(schema.description),
            type: typeText(schema),
            properties: properties(document, schema),
        };
    });
}

/**
 * @param {Json} document
 * @param {Json} schema
 * @returns {Row[]} also of the parts that it is put together from
 */
function properties(document, schema) {
    const inherited = array(schema.allOf).flatMap((one) => properties(document, resolved(document, one)));
    const must = array(schema.required);
    const own = Object.entries(object(schema.properties)).map(([name, one]) =>
        row(name, one, { required: must.includes(name), words: text(object(one).description) }),
    );
    return [...inherited, ...own];
}
