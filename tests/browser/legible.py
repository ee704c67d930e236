"""What of a page cannot be read or reached: words cut off, words over words, controls out of reach."""

from playwright.async_api import Page

LOOK = """() => {
    const hides = style => [style.overflowX, style.overflowY].some(one => one === 'hidden' || one === 'clip');
    const top = document.querySelector('dialog[open]') ?? document.body;
    const texts = [];
    const walker = document.createTreeWalker(top, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode()); ) {
        const of = node.parentElement;
        if (!node.data.trim() || of.closest('noscript, option, script, .visually-hidden, .skip')) continue;
        if (!of.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const boxes = [...range.getClientRects()].filter(box => box.width > 1 && box.height > 1);
        texts.push({ node, of, boxes, words: node.data.trim().slice(0, 40) });
    }
    const name = of => of.id ? '#' + of.id : of.className ? '.' + of.className.split(' ')[0] : of.tagName;
    const cut = [];
    const scrolls = one => one === 'auto' || one === 'scroll';
    for (const { of, boxes: all, words } of texts) {
        let boxes = all;
        for (let at = of; at && at !== document.documentElement; at = at.parentElement) {
            const style = getComputedStyle(at);
            if (style.clipPath !== 'none') break;
            // A dialog lies above what holds it, and is cut off by none of that.
            const last = at.tagName === 'DIALOG';
            const within = at.getBoundingClientRect();
            // What is scrolled out of sight is there to be scrolled to, whatever is around.
            if (scrolls(style.overflowY)) boxes = boxes.filter(box => box.top >= within.top && box.bottom <= within.bottom);
            if (scrolls(style.overflowX)) boxes = boxes.filter(box => box.left >= within.left && box.right <= within.right);
            if (!hides(style) && last) break;
            if (!hides(style)) continue;
            const out = boxes.find(box =>
                (!scrolls(style.overflowX) && (box.left < within.left - 1.5 || box.right > within.right + 1.5)) ||
                // Feet and heads of letters have room that may be cut.
                (!scrolls(style.overflowY) && (box.top < within.top - 4 || box.bottom > within.bottom + 4)));
            if (out) cut.push(`${name(of)} "${words}" in ${name(at)}`);
            if (out || last) break;
        }
    }
    const over = [];
    // What stays while the rest scrolls lies over that, until one scrolls on.
    const stays = of => {
        for (let at = of; at; at = at.parentElement) if (/sticky|fixed/.test(getComputedStyle(at).position)) return at;
        return null;
    };
    for (const text of texts) text.stays = stays(text.of);
    // What is scrolled out of a list lies over nothing.
    const seen = (of, { left, top, right, bottom }) => {
        for (let at = of.parentElement; at && at !== document.body; at = at.parentElement) {
            if (getComputedStyle(at).overflowY === 'visible') continue;
            const box = at.getBoundingClientRect();
            [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
            [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
        }
        return { left, top, right, bottom, height: bottom - top };
    };
    const flat = texts
        .flatMap(text => text.boxes.map(box => ({ ...text, box: seen(text.of, box) })))
        .filter(({ box }) => box.height > 1 && box.right > box.left);
    for (let i = 0; i < flat.length; i++) {
        for (let k = i + 1; k < flat.length; k++) {
            const [a, b] = [flat[i], flat[k]];
            if (a.node === b.node || a.stays !== b.stays) continue;
            const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
            const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
            // Lines that stand close share the room of their feet and heads.
            if (wide > 2 && high > 0.35 * Math.min(a.box.height, b.box.height)) {
                over.push(`${name(a.of)} "${a.words}" over ${name(b.of)} "${b.words}"`);
            }
        }
    }
    const away = [];
    for (const one of top.querySelectorAll('a[href], button, input, select, summary')) {
        if (!one.checkVisibility({ visibilityProperty: true }) || one.closest('.skip, .tile') || one.tabIndex < 0) continue;
        // The keyboard's alone: a picture of its own lies over it for the pointer.
        if (getComputedStyle(one).pointerEvents === 'none') continue;
        one.scrollIntoView({ block: 'nearest', inline: 'nearest' });
        const box = one.getBoundingClientRect();
        const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
        const hit = document.elementFromPoint(x, y);
        if (!hit || !(one.contains(hit) || hit.contains(one) || one.labels?.[0]?.contains(hit))) {
            away.push(`${name(one)} under ${hit ? name(hit) : 'nothing'}`);
        }
    }
    const { scrollWidth, clientWidth } = document.documentElement;
    const wider = scrollWidth > clientWidth ? [`the page, by ${scrollWidth - clientWidth} px`] : [];
    return { cut: [...cut, ...wider], over, away };
}"""


FRAMES = """async () => {
    for (let i = 0; i < 12; i++) await new Promise(requestAnimationFrame);
    scrollTo(0, 0);
}"""
TRIES = 15


async def illegible(page: Page) -> dict[str, list[str]]:
    """Return what is cut off, what lies over each other, and which controls cannot be reached.

    What only a picture on its way to its place makes so is passed over.
    """
    found: dict[str, list[str]] = {}
    for _ in range(TRIES):
        found = {kind: ones for kind, ones in (await page.evaluate(LOOK)).items() if ones}
        if not found:
            break
        await page.evaluate(FRAMES)
    return found
