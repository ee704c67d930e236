// What of an address was not understood: what it says beside what was read. Pure.

/**
 * Return the parts of an address that say something else than what they were read as.
 * @param {string} search `location.search`
 * @param {readonly string[]} free parts that may say anything here: what they name is known later
 * @param {Readonly<Record<string, unknown>>} read what each other part was read as; a switch as a boolean
 * @returns {string[]} each as it stands there
 */
export const strayIn = (search, free, read) =>
    [...new URLSearchParams(search)]
        .filter(([name, said]) => {
            if (free.includes(name)) return false;
            const is = read[name];
            if (typeof is === "boolean") return said !== "0" && said !== "1";
            return typeof is === "number" ? Number(said) !== is : plus(said) !== is;
        })
        .map(([name, said]) => `${name}=${said}`);

/** Who types a plus into an address means one, and not a space. @param {string | null} said */
export const plus = (said) => (said ?? "").replaceAll(" ", "+");
