// Shapes of an overlay. Attributes alone: a `style` would be refused by the page's content security policy.

const SPACE = "http://www.w3.org/2000/svg";

/**
 * Return a new element of SVG.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, string | number>} [attributes]
 * @param {SVGElement} [parent]
 * @returns {SVGElementTagNameMap[K]}
 */
export function shape(name, attributes = {}, parent) {
    const element = document.createElementNS(SPACE, name);
    change(element, attributes);
    parent?.append(element);
    return element;
}

/**
 * Set attributes where they differ: assistive technology hears of every one that is set.
 * @param {Element} element
 * @param {Record<string, string | number>} attributes
 */
export function change(element, attributes) {
    for (const [name, value] of Object.entries(attributes)) {
        if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
    }
}
