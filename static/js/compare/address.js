// The address of a comparison, read and written; times as a person types them.

/** @typedef {{ record: string, leads: string, start: number }} Side `start` in samples of those leads */
/** @typedef {{ one: Side, other: Side, spanS: number, gain: number, locked: boolean }} Comparison */

/** @param {URLSearchParams} query @param {string} name @param {number} otherwise */
function number(query, name, otherwise) {
    const said = Number(query.get(name) ?? NaN);
    return Number.isFinite(said) && said >= 0 ? said : otherwise;
}

/**
 * @param {string} search `location.search`
 * @returns {Comparison}
 */
export function readComparison(search) {
    const query = new URLSearchParams(search);
    const one = { record: query.get("record") ?? "", leads: query.get("leads") ?? "", start: number(query, "start", 0) };
    return {
        one,
        other: {
            record: query.get("record2") ?? one.record,
            leads: query.get("leads2") ?? one.leads,
            start: number(query, "start2", one.start),
        },
        spanS: Math.max(0.2, number(query, "span", 10)),
        gain: number(query, "gain", 10) || 10,
        locked: query.get("locked") !== "0",
    };
}

/** @param {Comparison} comparison */
export function writeComparison({ one, other, spanS, gain, locked }) {
    const query = new URLSearchParams({
        record: one.record, leads: one.leads, start: String(Math.round(one.start)),
        record2: other.record, leads2: other.leads, start2: String(Math.round(other.start)),
        span: String(Number(spanS.toPrecision(6))), gain: String(gain),
    });
    if (!locked) query.set("locked", "0");
    return `?${query.toString().replaceAll("%2C", ",")}`;
}

/**
 * Return the seconds that `text` says: `1:02:03.4`, `2:03` or `123.4`; null for anything else.
 * @param {string} text
 */
export function readTime(text) {
    const parts = text.trim().split(":");
    if (parts.length > 3 || !parts.every((part) => /^\d+(?:\.\d*)?$/.test(part))) return null;
    if (parts.slice(0, -1).some((part) => part.includes("."))) return null;
    return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}
