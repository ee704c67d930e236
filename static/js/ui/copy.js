// A text to the clipboard, on pages and in browsers that do not give one to it too.

/**
 * Copy `words`. Where nothing copies, they stand selected in `field`, for the person to copy.
 * @param {string} words
 * @param {HTMLTextAreaElement} field hidden until it is needed
 * @returns {Promise<boolean>} whether they were copied
 */
export async function copied(words, field) {
    field.hidden = true;
    try {
        // Not there at all where the page did not come over TLS.
        await navigator.clipboard.writeText(words);
        return true;
    } catch {
        field.value = words;
        field.hidden = false;
        field.focus();
        field.select();
        const done = document.execCommand("copy");
        field.hidden = done;
        return done;
    }
}
