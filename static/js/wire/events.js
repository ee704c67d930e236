// What the server tells us: untyped maps to typed values, or BadMessage (protocol, Events).
// Fields and types that are not known are left alone.

import { BadMessage, isDtype, isIndex } from "./frames.js";

/** @typedef {import("./frames.js").Dtype} Dtype */
/** `physical = (value - baseline) / gain` in `unit`, null where the source does not say.
 * @typedef {{ name: string, unit: string | null, gain: number, baseline: number }} LeadInfo */
/** The playhead at server time t (s) is `sample + (t - time) * rate`.
 * @typedef {{ sample: number, time: number, rate: number }} Clock */
/** @typedef {{ type: "welcome", protocol: number, server: string, boot: string, time: number, utc: number, user: string }} Welcome */
/**
 * @typedef {{
 *   type: "subscribed", id: number | null, sid: number, record: string, fs: number,
 *   leads: LeadInfo[], dtype: Dtype, frame: number, next: number, length: number,
 *   start_time: number | null, zone: string | null, dates_shifted: boolean, playing: boolean, speed: number, clock: Clock,
 *   version: string,
 * }} Subscribed
 */
/**
 * @typedef {{
 *   type: "state", id: number | null, sid: number, why: string | null, next: number,
 *   leads: LeadInfo[], dtype: Dtype, frame: number, speed: number, playing: boolean, clock: Clock,
 * }} State
 */
/** What `sid` waits for cannot be had now, and why; the server tries on. @typedef {{ type: "waiting", sid: number, message: string }} Waiting */
/** @typedef {{ type: "unsubscribed", id: number | null, sid: number }} Unsubscribed */
/** @typedef {{ type: "gap", sid: number, start: number, stop: number, leads: string[] | null, reason: string }} Gap */
/**
 * `value` null = not valid now, for this `reason`; `method`: who found it, and how.
 * @typedef {{
 *   type: "numeric", sid: number, name: string, sample: number, value: number | null, unit: string | null,
 *   method: string | null, reason: string | null,
 * }} Numeric
 */
/** Somebody wrote, changed or deleted an annotation; null = a whole set. @typedef {{ type: "annotation", record: string, change: string, annotation: Fields | null }} AnnotationEvent */
/** The screen is to show its name. @typedef {{ type: "identify", name: string, seconds: number }} Identify */
/** @typedef {{ type: "end", sid: number, sample: number }} End */
/** @typedef {{ type: "heartbeat", time: number }} Heartbeat */
/** @typedef {{ type: "pong", id: number | null, time: number, server_time: number }} Pong */
/**
 * @typedef {{
 *   type: "error", id: number | null, sid: number | null, code: string, message: string,
 *   retryable: boolean, retry_after_ms: number | null, replaced: boolean,
 * }} ErrorEvent
 */
/** @typedef {{ type: "bye", code: number, reason: string, retry_after_ms: number | null }} Bye */
/** @typedef {Welcome | Subscribed | State | Waiting | Unsubscribed | Gap | Numeric | AnnotationEvent | Identify | End | Heartbeat | Pong | ErrorEvent | Bye} ServerEvent */

/** @typedef {Record<string, unknown>} Fields */

/**
 * Return the event that `message` is; null for a type that is not known here.
 * @param {unknown} message
 * @returns {ServerEvent | null}
 */
export function readEvent(message) {
    if (typeof message !== "object" || message === null || Array.isArray(message)) {
        throw new BadMessage("neither an event nor a frame");
    }
    const fields = /** @type {Fields} */ (message);
    const type = text(fields, "type");
    const reader = Object.hasOwn(READERS, type) ? READERS[/** @type {keyof READERS} */ (type)] : null;
    return reader ? reader(fields) : null;
}

const READERS = {
    /** @param {Fields} m @returns {Welcome} */
    welcome: (m) => ({
        type: "welcome",
        protocol: index(m, "protocol"),
        server: text(m, "server"),
        boot: text(m, "boot"),
        time: number(m, "time"),
        utc: number(m, "utc"),
        user: text(m, "user"),
    }),
    /** @param {Fields} m @returns {Subscribed} */
    subscribed: (m) => ({
        type: "subscribed",
        ...standing(m),
        record: text(m, "record"),
        fs: number(m, "fs"),
        length: index(m, "length"),
        start_time: orNull(m, "start_time", number),
        zone: orNull(m, "zone", text),
        dates_shifted: m["dates_shifted"] === true,
        version: "version" in m ? text(m, "version") : "",
    }),
    /** @param {Fields} m @returns {Waiting} */
    waiting: (m) => ({ type: "waiting", sid: index(m, "sid"), message: text(m, "message") }),
    /** @param {Fields} m @returns {State} */
    state: (m) => ({ type: "state", ...standing(m), why: orNull(m, "why", text) }),
    /** @param {Fields} m @returns {Unsubscribed} */
    unsubscribed: (m) => ({ type: "unsubscribed", id: orNull(m, "id", index), sid: index(m, "sid") }),
    /** @param {Fields} m @returns {Gap} */
    gap: (m) => ({
        type: "gap",
        sid: index(m, "sid"),
        start: index(m, "start"),
        stop: index(m, "stop"),
        leads: orNull(m, "leads", names),
        reason: text(m, "reason"),
    }),
    /** @param {Fields} m @returns {Numeric} */
    numeric: (m) => ({
        type: "numeric",
        sid: index(m, "sid"),
        name: text(m, "name"),
        sample: index(m, "sample"),
        value: orNull(m, "value", number),
        unit: orNull(m, "unit", text),
        method: orNull(m, "method", text),
        reason: orNull(m, "reason", text),
    }),
    /** @param {Fields} m @returns {AnnotationEvent} */
    annotation: (m) => ({ type: "annotation", record: text(m, "record"), change: text(m, "change"), annotation: orNull(m, "annotation", map) }),
    /** @param {Fields} m @returns {Identify} */
    identify: (m) => ({ type: "identify", name: text(m, "name"), seconds: number(m, "seconds") }),
    /** @param {Fields} m @returns {End} */
    end: (m) => ({ type: "end", sid: index(m, "sid"), sample: index(m, "sample") }),
    /** @param {Fields} m @returns {Heartbeat} */
    heartbeat: (m) => ({ type: "heartbeat", time: number(m, "time") }),
    /** @param {Fields} m @returns {Pong} */
    pong: (m) => ({
        type: "pong",
        id: orNull(m, "id", index),
        time: number(m, "time"),
        server_time: number(m, "server_time"),
    }),
    /** @param {Fields} m @returns {ErrorEvent} */
    error: (m) => ({
        type: "error",
        id: orNull(m, "id", index),
        sid: orNull(m, "sid", index),
        code: text(m, "code"),
        message: text(m, "message"),
        retryable: flag(m, "retryable"),
        retry_after_ms: orNull(m, "retry_after_ms", number),
        replaced: m["replaced"] === true,
    }),
    /** @param {Fields} m @returns {Bye} */
    bye: (m) => ({
        type: "bye",
        code: index(m, "code"),
        reason: text(m, "reason"),
        retry_after_ms: orNull(m, "retry_after_ms", number),
    }),
};

/** What `subscribed` and `state` have in common. @param {Fields} m */
function standing(m) {
    const dtype = m["dtype"];
    if (!isDtype(dtype)) throw new BadMessage(`dtype: ${String(dtype)} is no sample type`);
    return {
        id: orNull(m, "id", index),
        sid: index(m, "sid"),
        next: index(m, "next"),
        leads: readLeads(m["leads"]),
        dtype,
        frame: index(m, "frame"),
        speed: number(m, "speed"),
        playing: flag(m, "playing"),
        clock: readClock(m["clock"]),
    };
}

/**
 * @param {unknown} value
 * @returns {LeadInfo[]}
 */
export function readLeads(value) {
    if (!Array.isArray(value) || value.length === 0) throw new BadMessage("leads: not a list");
    return value.map((entry) => {
        const lead = /** @type {Fields} */ (entry);
        const gain = number(lead, "gain");
        if (gain === 0) throw new BadMessage("leads: a gain of 0");
        return {
            name: text(lead, "name"),
            unit: orNull(lead, "unit", text),
            gain,
            baseline: number(lead, "baseline"),
        };
    });
}

/** @param {unknown} value @returns {Clock} */
function readClock(value) {
    if (typeof value !== "object" || value === null) throw new BadMessage("clock: missing");
    const clock = /** @type {Fields} */ (value);
    return {
        sample: index(clock, "sample"),
        time: number(clock, "time"),
        rate: number(clock, "rate"),
    };
}

/** @param {Fields} m @param {string} field */
function number(m, field) {
    const value = m[field];
    if (typeof value !== "number" || !Number.isFinite(value)) {
        throw new BadMessage(`${field}: not a number`);
    }
    return value;
}

/** @param {Fields} m @param {string} field */
function index(m, field) {
    const value = m[field];
    if (!isIndex(value)) throw new BadMessage(`${field}: not a whole number`);
    return value;
}

/** @param {Fields} m @param {string} field */
function text(m, field) {
    const value = m[field];
    if (typeof value !== "string") throw new BadMessage(`${field}: not a text`);
    return value;
}

/** @param {Fields} m @param {string} field */
function map(m, field) {
    const value = m[field];
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new BadMessage(`${field}: not a map`);
    return /** @type {Fields} */ (value);
}

/** @param {Fields} m @param {string} field */
function flag(m, field) {
    const value = m[field];
    if (typeof value !== "boolean") throw new BadMessage(`${field}: neither true nor false`);
    return value;
}

/** @param {Fields} m @param {string} field */
function names(m, field) {
    const value = m[field];
    if (!Array.isArray(value)) throw new BadMessage(`${field}: not a list`);
    return value.map(String);
}

/**
 * @template T
 * @param {Fields} m
 * @param {string} field
 * @param {(m: Fields, field: string) => T} read
 * @returns {T | null}
 */
function orNull(m, field, read) {
    return m[field] === null || m[field] === undefined ? null : read(m, field);
}
