// The page of the viewer: what stands around the picture.

export const VIEWER = Object.freeze({
    title: (/** @type {string} */ patient, /** @type {string} */ record) => `${patient} \u00b7 ${record} \u00b7 ecgstream`,
    play: "Play",
    pause: "Pause",
    times: (/** @type {number | string} */ n) => `${n}\u00d7`,
    mmPerS: (/** @type {number | string} */ mm) => `${mm} mm/s`,
    mmPerMv: (/** @type {number} */ mm) => `${mm} mm/mV`,
    picture: (/** @type {string} */ leads) => `ECG of leads ${leads}`,
    pictureOf: (/** @type {string} */ leads, /** @type {string} */ from, /** @type {string} */ to) =>
        `ECG of leads ${leads}, ${from} to ${to}`,
    noVolts: "No lead in mV is shown",
    noGain: "No lead in mV is shown: there is no gain.",
    noRecord: "No record was asked for",
    chooseOne: "Choose one from the list.",
    noSuchRecord: "There is no such record",
    gone: (/** @type {string} */ record) => `${record} is not here, or you may not see it.`,
    replaced: "The record was replaced: this is its newer version",
    notShown: "The record cannot be shown",
    absent: (/** @type {string} */ leads) => `Not in this record: ${leads}`,
    stray: (/** @type {string} */ parts) => `Not understood in this address, and left out: ${parts}`,
    /** @param {number} at @param {number} length */
    beyond: (at, length) => `Sample ${at} lies beyond the end of the record (${length}): shown from its start`,
    absentLead: (/** @type {string} */ lead) => `${lead} (not in this record)`,
    mixedRates: "Leads of different rates cannot stand together: those of the first one are shown.",
    stopped: "The picture stopped",
    before: (/** @type {string} */ why) => `What lies before this place could not be loaded: ${why}`,
});

/** What the labels say of the scale and of the signal. */
export const FACTS = Object.freeze({
    timeUnknown: "time of day unknown",
    afterEpoch: (/** @type {number} */ seconds, /** @type {string} */ zone) => `${seconds} s after 1970, ${zone}`,
    replay: (/** @type {string} */ speed) => `Replay ${speed}\u00d7`,
    fitted: (/** @type {string} */ speed, /** @type {string} */ span) => `${speed}, fit to ${span}, not calibrated`,
    screenUnknown: (/** @type {string} */ scale) => `${scale} (screen not calibrated)`,
    notCalibrated: (/** @type {string} */ scale) => `${scale}, not calibrated`,
    noScale: "no mV scale",
    units: "units",
    uncalibrated: "NOT CALIBRATED: unit unknown",
    uncalibratedLeads: (/** @type {string} */ gain, /** @type {string} */ leads) => `${gain}; NOT CALIBRATED: ${leads}`,
    ownScales: (/** @type {string} */ uncalibrated) => `${uncalibrated}; each lead to its own scale: heights are not to be compared`,
    sparse: (/** @type {string} */ speed, /** @type {string} */ span, /** @type {string} */ rate) =>
        `No line at ${speed}: the window is ${span} long, and there is ${rate}. Fit shows more.`,
    unplayed: "The beginning of the record: nothing was played yet. Play begins here, the overview leads anywhere.",
    box: (/** @type {string} */ time, /** @type {string} */ mv) => `${time} \u00d7 ${mv} mV`,
    inferred: (/** @type {string} */ rate) => `${rate} (inferred)`,
    assumed: (/** @type {string} */ rate) => `${rate} (assumed)`,
    unscaled: (/** @type {string} */ unit) => `${unit}, no scale`,
    unscaledUnknown: "unit unknown, NOT CALIBRATED",
    rangeIn: (/** @type {string} */ range, /** @type {string} */ unit) => `${range} ${unit}`,
    rangeUnknown: (/** @type {string} */ range) => `${range} units, NOT CALIBRATED`,
    far: (/** @type {string} */ lead, /** @type {string} */ range) => `${lead} goes beyond its row: ${range}`,
    beyond: (/** @type {string} */ range) => `values far beyond, ${range}`,
    kindUnknown: "kind unknown",
    scaleNotHad: "scale not to be had",
});

/** How it stands: a word, and what else is to be said. */
export const STATES = Object.freeze({
    playing: "PLAYING",
    paused: "PAUSED",
    ended: "END",
    loading: "LOADING",
    loadingFor: (/** @type {string} */ seconds) => `LOADING ${seconds} s`,
    stale: (/** @type {string} */ seconds) => `STALE ${seconds} s`,
    offline: "OFFLINE",
    refused: "NOT SHOWN",
    endOfRecord: "End of the record",
    slowLine: "The connection is slower than the signal: it waits, nothing is lost",
    waiting: "Waiting for the data",
    late: "The signal is late",
    noWord: "No word from the server",
    noConnection: "No connection to the server",
    /** What, and why: one sentence where the second is none of its own. @param {string} title @param {string} text */
    trouble: (title, text) => (/^\p{Lu}|^$/u.test(text) ? `${title}. ${text}` : `${title}: ${text}${/[.?!)]$/.test(text) ? "" : "."}`),
    tryingAgain: (/** @type {string} */ trouble, /** @type {string} */ when) => `${trouble} ${when}`,
    nextAttempt: (/** @type {number} */ seconds) => `Next attempt in ${seconds} s.`,
    connecting: "Connecting\u2026",
    triesOn: "The server keeps trying.",
    /** As it is read out, once, by the condition's own name. @type {Readonly<Record<import("../signal/staleness.js").Condition, string>>} */
    spoken: Object.freeze({
        loading: "loading", playing: "playing", paused: "paused", ended: "ended", stale: "stale", offline: "offline",
    }),
    said: (/** @type {string} */ condition, /** @type {string} */ detail) => `${condition}. ${detail}`,
});

/** Why nothing is drawn somewhere, painted on the paper: reasons of the protocol, and of this page. @type {Readonly<Record<string, string>>} */
export const REASONS = Object.freeze({
    missing: "no signal",
    corrupt: "file damaged",
    lead_off: "lead off",
    source_offline: "source offline",
    slow_viewer: "left out: viewer too slow",
    not_recovered: "not recovered",
    not_received: "not received",
    loading: "loading",
    not_loaded: "not loaded",
});
