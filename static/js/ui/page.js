// Finding the parts of the page.

/**
 * Return the element of that id, of the class asked for.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function part(id, kind) {
    const found = document.getElementById(id);
    if (!(found instanceof kind)) throw new Error(`the page has no #${id}`);
    return found;
}

/** @param {string} id */
export const anyPart = (id) => part(id, HTMLElement);

/**
 * Set a text, where it differs: a screen reader, and the browser's layout, hear of changes only.
 * @param {HTMLElement} element
 * @param {string} words
 */
export function write(element, words) {
    if (element.textContent !== words) element.textContent = words;
}

/**
 * @param {HTMLSelectElement} select
 * @param {number[]} values
 * @param {(value: number) => string} words
 */
export function fillSelect(select, values, words) {
    select.replaceChildren(
        ...values.map((value) => {
            const option = document.createElement("option");
            option.value = String(value);
            option.textContent = words(value);
            return option;
        }),
    );
}

/**
 * Return whether the list of a select is open, as far as the browser tells.
 * @param {HTMLSelectElement} select
 */
export function isOpen(select) {
    return window.CSS.supports("selector(:open)") && select.matches(":open");
}
