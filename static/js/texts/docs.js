// The page of the HTTP API. What it says of each route is in the server's own document.

export const DOCS = Object.freeze({
    title: "API",
    required: "required",
    needsNoLogin: "needs no login",
    parameters: "Parameters",
    body: "Body",
    answers: "Answers",
    members: "Members",
    routes: "Routes",
    schemas: "Schemas",
    noAnswer: "The server does not answer. Load this page again when it does.",
    answered: (/** @type {number} */ status) => `The server answered ${status} for openapi.json.`,

    any: "any",
    or: " or ",
    and: " and ",
    list: "list",
    listOf: (/** @type {string} */ type) => `list of ${type}`,
    object: "object",
    otherwise: "else",
    between: (/** @type {unknown} */ least, /** @type {unknown} */ most) => `${least} to ${most}`,
    orMore: (/** @type {unknown} */ least) => `${least} or more`,
    orLess: (/** @type {unknown} */ most) => `${most} or less`,
    characters: (/** @type {unknown} */ least, /** @type {unknown} */ most) => `${least} to ${most} characters`,
    like: (/** @type {unknown} */ pattern) => `like ${pattern}`,
    byDefault: (/** @type {string} */ value) => `default ${value}`,
});
