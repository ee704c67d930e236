// @ts-check
/** The page of the HTTP API: /openapi.json, to be read by people. No code but our own. */

import { operations, schemas } from "./docs/openapi.js";
import { element } from "./records/row.js";
import { toLogin } from "./session.js";
import { DOCS } from "./texts/docs.js";

/**
 * @typedef {import("./docs/openapi.js").Json} Json
 * @typedef {import("./docs/openapi.js").Row} Row
 * @typedef {import("./docs/openapi.js").Operation} Operation
 * @typedef {import("./docs/openapi.js").Schema} Schema
 */

/** @param {string} id */
function byId(id) {
    const found = document.getElementById(id);
    if (!found) throw new Error(`the page has no #${id}`);
    return found;
}

/** @param {string} href @param {string} className @param {(Node | string)[]} children */
function link(href, className, ...children) {
    const made = element("a", className, ...children);
    made.href = href;
    return made;
}

/** @param {string} method */
function badge(method) {
    return element("span", `method method--${method.toLowerCase()}`, method);
}

/**
 * A type with the names of schemas in it made links.
 * @param {Row} row
 */
function typeOf(row) {
    const cell = element("span", "rows__type");
    let rest = row.type;
    for (const name of row.links) {
        const at = rest.indexOf(name);
        if (at < 0) continue;
        cell.append(rest.slice(0, at), link(`#schema-${name}`, "", name));
        rest = rest.slice(at + name.length);
    }
    cell.append(rest);
    return cell;
}

/** @param {string} words with `code` in backticks @returns {(Node | string)[]} */
function prose(words) {
    return words.split("`").map((part, i) => (i % 2 ? element("code", "", part) : part));
}

/** @param {string} title @param {Row[]} list */
function rows(title, list) {
    const table = element("div", "rows");
    for (const one of list) {
        const name = element("span", "rows__name", one.name);
        if (one.required) name.append(" ", element("span", "rows__must", DOCS.required));
        table.append(
            element("div", "rows__row", name, typeOf(one), element("span", "rows__words", ...prose(one.words))),
        );
    }
    return element("div", "", element("h4", "", title), table);
}

/** @param {Operation} said */
function operationCard(said) {
    const head = element("div", "operation__head", badge(said.method));
    head.append(element("h3", "operation__path", said.path));
    if (said.open) head.append(element("span", "operation__open", DOCS.needsNoLogin));
    const card = element("section", "card operation", head);
    card.id = said.id;
    if (said.summary) card.append(element("p", "", ...prose(said.summary)));
    if (said.description) card.append(element("p", "docs__lead", ...prose(said.description)));
    if (said.parameters.length) card.append(rows(DOCS.parameters, said.parameters));
    if (said.body.length) card.append(rows(DOCS.body, said.body));
    card.append(rows(DOCS.answers, said.answers));
    return card;
}

/** @param {Schema} said */
function schemaCard(said) {
    const card = element("section", "card schema", element("h3", "operation__path", said.name));
    card.id = `schema-${said.name}`;
    if (said.description) card.append(element("p", "docs__lead", ...prose(said.description)));
    if (said.properties.length) card.append(rows(DOCS.members, said.properties));
    else card.append(element("p", "rows__type", said.type));
    return card;
}

/** @param {Json} spec */
function show(spec) {
    const info = /** @type {{title?: string, version?: string, description?: string}} */ (spec.info ?? {});
    const routes = operations(spec);
    const named = schemas(spec);
    byId("nav").replaceChildren(
        element("h2", "label", DOCS.routes),
        ...routes.map((one) => link(`#${one.id}`, "", badge(one.method), element("span", "mono", one.path))),
        element("h2", "label", DOCS.schemas),
        ...named.map((one) => link(`#schema-${one.name}`, "mono", one.name)),
    );
    const title = element("h1", "", `${info.title ?? DOCS.title} ${info.version ?? ""}`);
    byId("content").replaceChildren(
        element("div", "", title, element("p", "docs__lead", ...prose(info.description ?? ""))),
        ...routes.map(operationCard),
        element("h2", "", DOCS.schemas),
        ...named.map(schemaCard),
    );
    // The address may name a place that is there only now.
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

async function start() {
    let response;
    try {
        response = await fetch("/openapi.json", { headers: { accept: "application/json" } });
    } catch {
        byId("status").textContent = DOCS.noAnswer;
        return;
    }
    if (response.status === 401) toLogin();
    else if (response.ok) show(/** @type {Json} */ (await response.json()));
    else byId("status").textContent = DOCS.answered(response.status);
}

void start();
