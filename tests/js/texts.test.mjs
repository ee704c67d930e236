import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import test from "node:test";

import ts from "typescript";

const JS = new URL("../../static/js/", import.meta.url);
const TEXTS = "texts/";

/** Calls whose words are shown or read out, and which of their arguments those are (from that one on). */
const SINKS = { write: 1, say: 1, notice: 0, element: 2, make: 2, append: 0, prepend: 0, fillText: 0 };
/** Attributes and properties that are. */
const SHOWN = new Set(["aria-label", "aria-valuetext", "aria-description", "aria-roledescription", "title", "alt", "placeholder"]);
const PROPERTIES = new Set(["textContent", "innerText", "title", "alt", "placeholder", "ariaLabel"]);

/** Errors of the protocol and of our own: names of faults, for whoever mends them. */
const FAULTS = new Set(["Error", "TypeError", "RangeError", "BadMessage", "ClockFault"]);

/** What looks like a sentence and is none: margins, media queries, addresses, the name of a state. */
const NO_TEXT = [/^(?:-?\d+px ?)+$/, /^\([a-z-]+: ?[a-z0-9.]+\)$/, /^[/\0][\w/\0]*\?\0$/, /^NO DATA$/];

/** The expression that a literal is a choice of: itself, where it is the only one. @param {ts.Node} literal */
function chosenIn(literal) {
    let node = literal;
    while (ts.isConditionalExpression(node.parent) || ts.isParenthesizedExpression(node.parent)) {
        if (node.parent.condition === node) break;
        node = node.parent;
    }
    return node;
}

/** What makes an element of a tag and classes. */
const ELEMENTS = new Set(["element", "make"]);
/** What takes a selector, or the name of a thing for a fault. */
const TOOLS = new Set(["closest", "matches", "querySelector", "querySelectorAll", "fieldsOf"]);

/** @param {ts.CallExpression} call */
const nameOf = ({ expression }) => (ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText());

/** Classes of a stylesheet. @param {ts.Node} literal */
function isClass(literal) {
    const node = chosenIn(literal);
    const { parent } = node;
    if (ts.isCallExpression(parent)) {
        const called = parent.expression.getText();
        return (ELEMENTS.has(called) && parent.arguments[1] === node) || called.includes("classList");
    }
    return ts.isBinaryExpression(parent) && parent.left.getText().endsWith(".className");
}

/** A font of a canvas: weight, size, family. @param {ts.Node} node */
const isFont = (node) => /^\s*(?:\d{3}|\$\{\w+\}) \$\{.*\}px \$\{.*\}$/.test(node.getText().slice(1, -1));

/** The words that a literal is made of, values left out. @param {ts.Node} node */
function wordsIn(node) {
    if (ts.isStringLiteralLike(node)) return node.text;
    return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join("\0");
}

/** Whether somebody could read it as English. @param {string} words */
const isSentence = (words) => /[A-Za-z]{2,}[,;:.!?]? +[A-Za-z]/.test(words) || /[a-z][.!?] *(?:\0|$)/.test(words);

/** @param {ts.Node} node */
function isFault(node) {
    if (ts.isCallExpression(node.parent) && TOOLS.has(nameOf(node.parent))) return true;
    for (let at = node.parent; at; at = at.parent) {
        if (ts.isNewExpression(at)) return FAULTS.has(at.expression.getText());
        // A fault of a kind of its own words itself.
        if (ts.isCallExpression(at) && at.expression.kind === ts.SyntaxKind.SuperKeyword) {
            for (let of = at.parent; of; of = of.parent) {
                if (ts.isClassLike(of)) return FAULTS.has(of.heritageClauses?.[0].types[0].expression.getText());
            }
        }
        if (ts.isStatement(at)) return false;
    }
    return false;
}

/** Where a literal is shown at once, whatever it says. @param {ts.Node} literal */
function isShown(literal) {
    const node = chosenIn(literal);
    const { parent } = node;
    if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken && parent.right === node) {
        return ts.isPropertyAccessExpression(parent.left) && PROPERTIES.has(parent.left.name.text);
    }
    if (!ts.isCallExpression(parent)) return false;
    const at = parent.arguments.indexOf(node);
    const name = nameOf(parent);
    if (name === "setAttribute") return at === 1 && SHOWN.has(parent.arguments[0].text);
    // An address is written piece by piece too.
    if (name === "append" && parent.expression.expression?.getText() === "query") return false;
    return Object.hasOwn(SINKS, name) && at >= SINKS[name];
}

/** The lines of a file at which words stand that belong into texts/. */
function foundIn(path, source) {
    const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
    const found = [];
    const visit = (node) => {
        if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
        if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
            const words = wordsIn(node);
            const shown = isShown(node) && /\p{L}/u.test(words);
            const sentence = isSentence(words) && !NO_TEXT.some((one) => one.test(words)) && !isFont(node) && !isClass(node);
            if ((shown || sentence) && !isFault(node)) {
                found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${node.getText()}`);
            }
        }
        ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
}

test("every word that a person reads stands in texts/", async () => {
    const files = (await readdir(JS, { recursive: true })).filter((path) => path.endsWith(".js"));
    assert.ok(files.filter((path) => path.startsWith(TEXTS)).length > 5);
    const found = [];
    for (const path of files.filter((one) => !one.startsWith(TEXTS))) {
        found.push(...foundIn(path, await readFile(new URL(path, JS), "utf8")));
    }
    assert.deepEqual(found, []);
});

for (const line of [
    'labels.notice("Stopped");', 'button.textContent = open ? "Less" : x;', 'node.setAttribute("aria-label", `Leads of ${r}`);',
    'const a = "There is no such record";', 'return `${n} of the samples`;', 'throw new Failure("away", "It broke off.");',
    'write(place, `Bed ${n}`);', 'const words = "Reload.";', 'element("dd", "num", "none");',
    'const why = "no lead to show";', 'say("message", "Wait");', 'class Mine extends Failure { constructor() { super("It is gone."); } }',
]) {
    test(`words are found: ${line}`, () => assert.equal(foundIn("x.js", line).length, 1));
}

for (const line of [
    'element("dd", "fact fact--wide num", x);', 'throw new Error(`the page has no #${id}`);', 'throw new BadMessage("not a window");',
    'ctx.font = `600 ${Math.round(11 * dpr)}px ${font}`;', 'if (event.key === "Escape") leave();', 'matchMedia("(prefers-color-scheme: dark)");',
    'node.setAttribute("role", "img");', 'const margin = "0px 200px";', 'import x from "./a b.js";', 'const key = `${a} ${b}`;',
    'class Jump extends BadMessage { constructor(n) { super(`the signal jumped to ${n}`); } }', 'fetch(`/api/v1/records?${query}`);',
    'say("message", words);', 'event.target.closest("button, a");', 'make("i", "mark mark--low");', 'node.classList.add("one two");',
]) {
    test(`no words are found: ${line}`, () => assert.deepEqual(foundIn("x.js", line), []));
}

test("a text is a frozen thing, or a function that makes one", async () => {
    for (const path of (await readdir(new URL(TEXTS, JS))).filter((one) => one.endsWith(".js"))) {
        const texts = await import(new URL(TEXTS + path, JS));
        for (const [name, value] of Object.entries(texts)) {
            assert.ok(Object.isFrozen(value) || typeof value === "function", `${path}: ${name}`);
        }
    }
});
