// @ts-check
/**
 * What the server says of a record (GET /api/v1/records), and what follows from it alone.
 *
 * @typedef {object} Lead
 * @property {string} name
 * @property {string | null} unit null: the source does not say
 * @property {number} gain physical = (value - baseline) / gain, in `unit`
 * @property {number} baseline
 * @property {string} kind `ecg`, or what else it is
 * @property {number} fs in Hz
 *
 * @typedef {object} RecordItem
 * @property {string} record
 * @property {string} patient
 * @property {Lead[]} leads
 * @property {number} fs of the first ECG lead, in Hz
 * @property {number} length samples at `fs`
 * @property {number | null} start_time seconds since 1970-01-01T00:00 in `zone`
 * @property {string | null} zone null: the source does not say
 * @property {string} fs_source
 * @property {string | null} source
 * @property {string | null} licence
 * @property {boolean} [dates_shifted] its dates were moved to hide whose they are
 * @property {Record<string, string>} [found] what was not plain, and how it was found
 * @property {string} [dataset] the part of the archive that it belongs to; "": there are none
 *
 * @typedef {object} RecordPage
 * @property {RecordItem[]} records
 * @property {number} total of all pages
 * @property {{done: number, total: number} | null} indexing files looked at, of an archive that is
 *   looked over for the first time; null: these are all records
 *
 * @typedef {[start: number, stop: number][]} Runs half open, in order
 *
 * @typedef {object} Details what GET /api/v1/records/{record} has beyond that
 * @property {Record<string, Runs | null>} gaps by lead; null: its samples cannot be read
 * @property {Record<string, {missing: number} | null>} quality `missing` is a share, 0 to 1
 *
 * @typedef {object} Group
 * @property {string} patient
 * @property {boolean} continued the patient's first records are in an earlier page
 * @property {RecordItem[]} records
 */

const ECG = "ecg";

/** @param {Lead} lead */
export function isEcg(lead) {
    return lead.kind === ECG;
}

/**
 * The lead that a preview shows: the first ECG lead, or the first one where none is an ECG.
 * @param {RecordItem} record
 * @returns {Lead | undefined} undefined where the record has no lead at all
 */
export function firstLead(record) {
    return record.leads.find(isEcg) ?? record.leads[0];
}

/**
 * Put records under their patients. The order is the server's and is never changed; a patient
 * whose records do not stand together appears again, as they stand.
 * @param {readonly RecordItem[]} records
 * @param {string | null} before the patient of the record before these; null: there is none
 * @returns {Group[]}
 */
export function grouped(records, before = null) {
    /** @type {Group[]} */
    const groups = [];
    for (const record of records) {
        const last = groups.at(-1);
        if (last?.patient === record.patient) last.records.push(record);
        else {
            const continued = !last && record.patient === before;
            groups.push({ patient: record.patient, continued, records: [record] });
        }
    }
    return groups;
}

/**
 * Choose or drop a lead. All that are chosen have one rate, as a subscription has: a lead of
 * another rate takes the place of the others.
 * @param {RecordItem} record
 * @param {readonly string[]} chosen
 * @param {string} name
 * @returns {string[]} in the order of the record, whatever the order of choosing
 */
export function toggled(record, chosen, name) {
    const lead = record.leads.find((one) => one.name === name);
    if (!lead) return [...chosen];
    if (chosen.includes(name)) return chosen.filter((one) => one !== name);
    return record.leads
        .filter((one) => one === lead || (one.fs === lead.fs && chosen.includes(one.name)))
        .map((one) => one.name);
}

/**
 * @param {string} record
 * @param {readonly string[]} leads none: the viewer's own choice
 * @returns {string} the address of the viewer
 */
export function reviewUrl(record, leads) {
    // Only the commas between the names stay commas.
    const chosen = leads.length ? `&leads=${leads.map(encodeURIComponent).join(",")}` : "";
    return `/review?record=${encodeURIComponent(record)}${chosen}`;
}
