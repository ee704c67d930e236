// What is said of taking a view away: a link, a page, a picture, samples.

/** @typedef {import("../share/order.js").Format} Format */

/** @param {number} n @param {string} noun */
const counted = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

/** What a file is called on its button. @type {Readonly<Record<Format, string>>} */
export const FORMAT_NAMES = Object.freeze({ pdf: "PDF", png: "PNG", csv: "CSV", parquet: "Parquet", wfdb: "WFDB", edf: "EDF+" });

/** What each is. @type {Readonly<Record<Format, string>>} */
export const FORMAT_WORDS = Object.freeze({
    pdf: "Calibrated ECG paper to print, drawn from every sample.",
    png: "The picture as it stands on this screen, in its theme, with its labels and calipers. Made here.",
    csv: "The samples as text, with time and unit: for spreadsheets.",
    parquet: "The samples in columns, with what they are: for Python, R, DuckDB, and for ecgstream itself.",
    wfdb: "The samples as a zip of a PhysioNet record.",
    edf: "The samples for EDF viewers, with annotations.",
});

export const SHARE = Object.freeze({
    /** @param {string} from @param {string} to @param {string} span */
    interval: (from, to, span) => `${from} to ${to}, ${span}`,
    /** @param {number} start @param {number} stop @param {string} rate */
    samples: (start, stop, rate) => `${counted(stop - start, "sample")} a lead, from ${start} on, at ${rate}`,
    none: "Nothing of the record is in sight.",

    // The link.
    copied: "Copied.",
    byHand: "This browser does not let a page copy: the address is selected, copy it by hand.",
    contains: Object.freeze({
        server: "Server",
        record: "Record",
        leads: "Leads",
        playback: "Playback",
        sight: "In sight",
        scales: "Scales",
        layout: "Layout",
        times: "Lead by lead",
        filter: "Filter",
        calipers: "Calipers",
        worker: "Drawing",
        other: "Also",
    }),
    /** @param {string} sample */
    sample: (sample) => `sample ${sample}`,
    /** @param {string} time @param {string} sample */
    at: (time, sample) => `${time} (sample ${sample})`,
    /** @param {string} speed */
    pace: (speed) => `at ${speed}\u00d7`,
    paused: "paused",
    /** @param {string} where @param {string} span */
    from: (where, span) => `from ${where} on, ${span}`,
    seconds: (/** @type {string} */ s) => `${s} s`,
    fit: "fit to the window",
    calibrated: "calibrated",
    /** @param {string} s */
    window: (s) => `window ${s} s`,
    mmPerS: (/** @type {string | number} */ speed) => `${speed} mm/s`,
    mmPerMv: (/** @type {string | number} */ gain) => `${gain} mm/mV`,
    /** @param {string} name @param {number} by */
    times: (name, by) => `${name} ${[Math.abs(by) === 1 ? "" : `\u00d7${Math.abs(by)}`, by < 0 ? "inverted" : ""].filter(Boolean).join(" ")}`,
    /** @param {number} count @param {string} leads */
    calipers: (count, leads) => (leads ? `${count}, in ${leads}` : String(count)),
    mainThread: "on the page's own thread",
    worker: "beside the page",

    // The file.
    make: (/** @type {Format} */ format) => `Download ${FORMAT_NAMES[format]}`,
    /** @param {string} layout */
    layout: (layout) => `Layout: ${layout}.`,
    /** @param {string} to */
    wholePage: (to) => `A page in columns is always a whole one, or leads that stand here would be missing: the PDF goes on to ${to}.`,
    leadsLayout: "leads one under the other",
    rhythmLayout: (/** @type {string} */ leads) => `rhythm strips of ${leads}`,
    /** @param {number} here @param {number} there */
    otherSpeed: (here, there) => `Here the paper runs at ${here} mm/s; in the PDF at ${there} mm/s.`,
    /** @param {number} there */
    fitSpeed: (there) => `Here the time axis is fit to the window; in the PDF it is ${there} mm/s.`,
    /** @param {number} here @param {number} there */
    otherGain: (here, there) => `Here the gain is ${here} mm/mV; in the PDF ${there} mm/mV.`,
    timesPdf: (/** @type {string} */ leads) =>
        `The PDF draws all leads with one gain and none turned over. Here it is otherwise: ${leads}.`,
    timesPng: (/** @type {string} */ leads) => `In the picture, as here: ${leads}.`,
    timesSamples: (/** @type {string} */ leads) => `The samples are neither larger nor turned over. Here they are drawn so: ${leads}.`,
    filtered: (/** @type {string} */ preset) => `Filtered as here: ${preset}. Each page says so.`,
    filteredThere: (/** @type {string} */ preset) => `Filtered: ${preset}, though what is drawn here is not. Each page says so.`,
    filteredPng: (/** @type {string} */ preset) => `Filtered, and labelled so: ${preset}.`,
    asStored: "The samples leave as they are stored.",
    asStoredThough: (/** @type {string} */ preset) => `The samples leave as they are stored, never filtered: the filter that is on here (${preset}) is not in the file.`,
    unfiltered: "Not filtered.",
    derived: (/** @type {string} */ leads) => `Only leads that were recorded are in it: ${leads} follow from others and are not.`,
    everySample: "Here envelopes are drawn; the PDF draws every sample.",
    envelopePng: "Envelopes are drawn here, not samples: the picture says so.",
    calipersIn: (/** @type {number} */ count) => `${counted(count, "measured interval")} of the calipers ${count === 1 ? "is" : "are"} listed, and drawn where the lead stands.`,
    calipersOut: (/** @type {number} */ count) =>
        `${counted(count, "caliper")} ${count === 1 ? "is" : "are"} not in the PDF: nothing is measured there, it is out of sight, or there are too many.`,
    calipersNot: "Calipers are in the link, the PDF and the PNG alone.",
    set: (/** @type {string} */ name, /** @type {number} */ count) => `${name} (${count.toLocaleString("en")} in sight)`,
    setsFailed: (/** @type {string} */ why) => `Annotations cannot be offered: ${why}.`,
    making: "The server is making the file\u2026",
    /** @param {string} done @param {string | null} of */
    coming: (done, of) => (of ? `${done} of ${of}` : done),
    bytes: (/** @type {number} */ n) => (n < 1e6 ? `${Math.max(1, Math.round(n / 1e3))} kB` : `${(n / 1e6).toFixed(1)} MB`),
    /** @param {string} name @param {string} size */
    done: (name, size) => `${name} was handed to the browser, ${size}.`,
    cancelled: "Cancelled: no file was made.",
    noPicture: "This browser could not make a picture of that size.",
});

/** What went wrong with a file, and what to do. `why` is the server's own word. */
export const TROUBLE = Object.freeze({
    /** @param {string} why */
    said: (why) => `The server says: ${why}.`,
    offline: "The server does not answer. Look at the connection, then try again.",
    login: "You are not logged in any more. Log in, and come back to this view by its link.",
    forbidden: "You may not take this record away. Ask whoever gave you access.",
    gone: "This record, one of its leads or its annotations are not there any more. Reload the page.",
    large: "It is too much for one file. Zoom in to a shorter stretch, show fewer leads, or ask whoever runs the server: its export command takes more.",
    missing: "Until then, choose another format.",
    /** @param {number | null} seconds */
    busy: (seconds) => `The server is busy. Try again in ${seconds ? counted(seconds, "second") : "a moment"}.`,
    unfit: "It cannot be made so. Choose another layout, gain, format or other leads.",
    broken: "It broke off on the way: no file was made. Try again.",
    server: "The server made a mistake; its log says more. Try again, or choose another format.",
});

/** What stands on a picture. */
export const PICTURE = Object.freeze({
    /** @param {string} patient @param {string} record */
    title: (patient, record) => `Patient ${patient} \u00b7 Record ${record}`,
    /** @param {string} time */
    taken: (time) => `Begins ${time}`,
    samples: (/** @type {number} */ start, /** @type {number} */ stop) => `samples ${start} to ${stop - 1}`,
    leads: (/** @type {string} */ leads) => `Leads ${leads}`,
    box: (/** @type {string} */ box) => `Box ${box}`,
    drawn: (/** @type {string} */ drawn) => `Drawn from ${drawn.slice(0, 1).toLowerCase()}${drawn.slice(1)}`,
    source: (/** @type {string | null} */ source) => `Source: ${source ?? "not stated"}`,
    foot: "Not for diagnosis. Not a medical device, not an alarm system.",
    maker: "ecgstream",
});
