// Stored lead names to the twelve standard ones, and what of the limb leads follows from two of them.
// The same as ecgstream/model/twelve.py: what is seen and what is printed must not differ.

/** The twelve leads, in the order of paper. */
const STANDARD = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];

/**
 * Names that are another one in all but spelling. MLII, the modified lead II of ambulatory recorders, has
 * the place of II in a layout and no more: nothing is computed from it.
 * @type {ReadonlyMap<string, string>}
 */
const MODIFIED = new Map([["mlii", "II"], ["mli", "I"], ["mliii", "III"]]);

/** What recorders put before a name: `ECG lead II`, `lead_II`, `MDC_ECG_LEAD_II`. */
const BEFORE = /^(?:mdc[ _-]*)?(?:e[ck]g[ _-]*)?(?:lead[ _-]*)?/i;

/** The limb leads as other countries write them. @type {ReadonlyMap<string, string>} */
const ELSEWHERE = new Map([["d1", "I"], ["d2", "II"], ["d3", "III"], ["di", "I"], ["dii", "II"], ["diii", "III"]]);

/**
 * Return the standard lead that `name` stands for, null where there is none.
 * @param {string} name as stored
 * @returns {{ lead: string, modified: boolean } | null}
 */
export function standardOf(name) {
    const bare = name.trim().replace(BEFORE, "").toLowerCase();
    const lead = STANDARD.find((one) => one.toLowerCase() === bare) ?? ELSEWHERE.get(bare);
    if (lead) return { lead, modified: false };
    const modified = MODIFIED.get(bare);
    return modified ? { lead: modified, modified: true } : null;
}

/**
 * Limb leads from I and II (Einthoven 1912, Goldberger 1942): `III = II - I`, `aVR = -(I + II) / 2`,
 * `aVL = I - II / 2`, `aVF = II - I / 2`.
 * @type {Readonly<Record<string, { I: number, II: number }>>}
 */
export const DERIVED = {
    III: { I: -1, II: 1 },
    aVR: { I: -0.5, II: -0.5 },
    aVL: { I: 1, II: -0.5 },
    aVF: { I: -0.5, II: 1 },
};
