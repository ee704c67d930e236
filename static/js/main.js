// The viewer page: joins the viewer, the controls and the address.

import { NONE, parsed } from "./filter/presets.js";
import { hostViewer } from "./host.js";
import { channelFor } from "./signal/channels.js";
import { lengthAt } from "./signal/lengths.js";
import { Annotating } from "./ui/annotating.js";
import { Agreeing } from "./ui/agreeing.js";
import { Beats } from "./ui/beats.js";
import { Checking } from "./ui/checking.js";
import { palette, screenHere, watchSize } from "./ui/canvas.js";
import { readGestures } from "./ui/gestures.js";
import { Controls } from "./ui/controls.js";
import { Desk } from "./ui/desk.js";
import { HeartRateView } from "./ui/heartrate.js";
import { Imported } from "./ui/imported.js";
import { listen } from "./ui/keyboard.js";
import { Labels } from "./ui/labels.js";
import { Late } from "./ui/late.js";
import { LineView } from "./ui/line.js";
import { readLink, USUAL, writeLink } from "./ui/link.js";
import { forgetScreen, keepLooks, keepScreen, recallLooks, recallScreen } from "./ui/memory.js";
import { MarkLayers } from "./ui/marklayers.js";
import { Measuring } from "./ui/measuring.js";
import { loadRecord, openingOf, refusedStatus, strayNotices } from "./ui/opening.js";
import { anyPart, part, write } from "./ui/page.js";
import { Probes } from "./ui/probes.js";
import { showsVolts, uncalibrated } from "./ui/rownames.js";
import { Sessions } from "./ui/sessions.js";
import { Sharing } from "./ui/sharing.js";
import { RateTrend } from "./ui/ratetrend.js";
import { Rhythm } from "./ui/rhythm.js";
import { sceneOf, Spoken } from "./ui/spoken.js";
import { localStore } from "./ui/store.js";
import { currentTheme, onThemeChange, setTheme } from "./ui/theme.js";
import { stepped, Wander } from "./ui/wander.js";
import { Way } from "./ui/way.js";
import { Wished } from "./ui/wished.js";
import { gainWords, isRefused, momentOf, positionWords, spanWords, unplayedWords } from "./ui/words.js";
import { NET } from "./texts/net.js";
import { VIEW } from "./texts/view.js";
import { VIEWER } from "./texts/viewer.js";
import { GAINS, PAPER_SPEEDS, roomyGain, SPEEDS, WINDOW } from "./view/geometry.js";
import { hasColumns, leadsFor, PAGE_S, planOf } from "./view/sheets.js";

/** @typedef {import("./messages.js").Status} Status */
/** @typedef {import("./messages.js").Layout} Layout */
/** @typedef {import("./view/geometry.js").Display} Display */
/** @typedef {import("./ui/opening.js").RecordInfo} RecordInfo */

/** Seconds between two writings of the address while it plays: browsers allow few. */
const ADDRESS_EVERY_MS = 3000;
/** Milliseconds after the last move of the paper at which the address is written. */
const ADDRESS_AFTER_MS = 400;
/** Milliseconds after the record was replaced within which that is said, once. */
const ANEW_MS = 10_000;
/** Milliseconds without a word from the viewer after which this page says so itself. */
const SILENT_MS = 1800;

const root = document.documentElement;
const link = readLink(location.search);
const labels = new Labels();
const spoken = new Spoken();

/** The one place of what the viewer chose. @type {Display} */
const display = {
    ...USUAL,
    ...recallLooks(localStore()),
    ...link.looks,
    ...recallScreen(localStore(), screenHere()),
    times: link.times,
    filter: link.filter,
};

/** Whether somebody chose the gain: the person, now or last time, or the link. */
let gainChosen =
    link.looks.mmPerMv !== undefined || recallLooks(localStore()).mmPerMv !== undefined;

/** @type {RecordInfo | null} */
let info = null;
/** @type {Status | null} */
let status = null;
/** @type {Layout | null} */
let layout = null;
/** @type {string[]} */
let chosen = [];
/** @type {string[]} */
let absent = [];
let dpr = window.devicePixelRatio || 1;
let heard = performance.now();
let wroteAddress = 0;
/** How often the page was told of its picture. */
let looks = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let writing;
/** Where the last seek went, and how many there were: a key pressed again goes on from there. */
let aim = 0;
let seeks = 0;
const wishedSpeed = new Wished();
/** @type {import("./host.js").Host | null} */
let host = null;

/** The look that the address asks for, until the record is at hand. @type {import("./view/sheet.js").Look | null} */
let pendingLook = null;
/** The leads that were shown before a layout chose its own. @type {string[] | null} */
let rowLeads = null;
const wander = new Wander({
    display: () => display,
    told: (place) => {
        host?.ask({ ask: "look", look: place });
        showLook();
    },
});
const ways = new Way({
    seek: (sample) => seek(sample),
    around: (sample) => wander.around(sample),
    at: (sample) => wander.at(sample),
    looking: () => wander.look !== null,
    notice: (text) => labels.notice(text),
    marks: (sets, fs) => {
        imported.show(sets, fs);
        annotating.found(sets);
    },
});
const desk = new Desk(
    {
        ask: (message) => host?.ask(message),
        sight: () => wander.sight,
        see: (sample) => wander.around(sample),
        look: (place) => wander.at(place.start, place.windowS),
        stand: () => wander.stay(),
        seek: (sample) => seek(sample),
        notice: (text) => labels.notice(text),
        changed: () => writeAddress(true),
        stands: () => ({ display, look: wander.look, calipers: measuring.text }),
        take: {
            display: (change) => wear({ ...change.looks, times: change.times, filter: parsed(change.filter) ?? NONE }),
            look: (place) => (place ? wander.at(place.start, place.windowS) : wander.back()),
            calipers: (text) => void measuring.take(text),
        },
    },
    location.search,
);
const markLayers = new MarkLayers(desk);
const imported = new Imported(markLayers);
const sessions = new Sessions(desk);
const annotating = new Annotating(desk, markLayers, ways);
const agreeing = new Agreeing(desk, markLayers);
const checking = new Checking(desk, ways);
const beats = new Beats(desk, markLayers);
new HeartRateView(desk, beats);
const trend = new RateTrend(desk, beats);
ways.also((at) => trend.words(at));
const rhythm = new Rhythm(desk, beats);
const probes = new Probes((message) => host?.ask(message));
const measuring = new Measuring({
    probe: (...what) => probes.ask(...what),
    fsOf: (lead) => info?.leads.find(({ name }) => name === lead)?.fs ?? status?.fs ?? null,
    stores: (lead) => info?.leads.some(({ name }) => name === lead) ?? true,
    holds: (lead, sample) => {
        if (!info) return true;
        const stored = info.leads.find(({ name }) => name === lead) ?? info.leads[channelFor(lead, info.leads)?.terms[0].lead ?? -1];
        return stored !== undefined && sample <= lengthAt(info, stored.fs);
    },
    notice: (words) => labels.notice(words),
    subject: () => ({
        record: info?.record ?? "",
        patient: info?.patient ?? null,
        startTime: info?.start_time ?? null,
        zone: info?.zone ?? null,
        shifted: info?.dates_shifted ?? false,
    }),
    stand: () => wander.stay(),
    go: (sample) => wander.around(sample),
    opens: () => desk.opens("measure"),
    changed: () => writeAddress(true),
});
desk.panel("measure", () => measuring.close());
const sharing = new Sharing({
    view: () => {
        const { sight } = wander;
        return info && status?.fs && layout && sight ? { info, status, layout, display, sight, measured: measuring.measured } : null;
    },
    address: () => {
        writeAddress(true);
        return location.origin + location.pathname + location.search;
    },
    stand: () => wander.stay(),
    back: () => wander.back(),
    notice: (words) => labels.notice(words),
});
const leadChoice = new Late(
    () => import("./ui/leads.js").then(({ LeadChoice }) => new LeadChoice({
        choose: (leads) => {
            // Who chooses leads wants these, and not those of a layout.
            rowLeads = null;
            if (display.sheet !== "rows") look({ sheet: "rows" });
            chooseLeads(leads);
        },
        times: (lead, by) => look({ times: { ...display.times, [lead]: by } }),
    })),
    (words) => labels.notice(words),
);
const lineView = new LineView({
    take: (leads) => chooseLeads(leads),
    later: () => host?.ask({ ask: "later" }),
});
const help = new Late(() => import("./ui/keyhelp.js"), (words) => labels.notice(words));
const card = new Late(
    () => import("./ui/card.js").then(({ CardMeasure }) => new CardMeasure({
        keep: (cssPxPerMm) => {
            keepScreen(localStore(), screenHere(), cssPxPerMm);
            look({ ...recallScreen(localStore(), screenHere()) });
        },
        forget: () => {
            forgetScreen(localStore());
            look({ ...recallScreen(localStore(), screenHere()) });
        },
    })),
    (words) => labels.notice(words),
);

// What the viewer tells.

/** @param {import("./messages.js").Say} message */
function hear(message) {
    heard = performance.now();
    if (message.say === "status") showStatus(message);
    else if (message.say === "layout") showLayout(message);
    else if (message.say === "line") lineView.show(message);
    else if (message.say === "probed") probes.hear(message);
    else if (message.say === "notice") labels.notice(message.text);
    else if (message.say === "replaced") void import("./ui/replaced.js").then(({ beginAnew }) => beginAnew(() => writeAddress(true)));
    desk.tell("said", message);
}

/** @param {Status} now */
function showStatus(now) {
    const fsBefore = status?.fs;
    status = now;
    wander.status(now);
    labels.status(now);
    showUnplayed();
    // What will not come by itself does not play, whatever was wished.
    const plays = now.playing && !isRefused(now);
    anyPart("play-word").textContent = plays ? VIEWER.pause : VIEWER.play;
    part("play", HTMLButtonElement).disabled = isRefused(now);
    root.dataset["playing"] = String(plays);
    // What stands on the screen, for those who cannot look at it: assistive technology and tests.
    root.dataset["state"] = now.condition;
    root.dataset["playhead"] = String(Math.max(-1, Math.ceil(now.shown) - 1));
    root.dataset["oldest"] = String(now.oldest ?? "");
    root.dataset["newest"] = String(now.stop - 1);
    root.dataset["age"] = now.age.toFixed(2);
    root.dataset["boot"] = now.boot;
    root.dataset["told"] = String(now.at);
    controls.speed(speedNow());
    if (now.fs > 0) {
        if (now.fs !== fsBefore) {
            showGaps();
            showControls();
        }
        ways.at(now, wander.sight);
        if (pendingLook) wander.at(pendingLook.start, pendingLook.windowS);
        pendingLook = null;
    }
    desk.tell("status", now);
    tellSight();
    const scene = sceneOf(info, now, layout, wander);
    if (scene) spoken.tell(scene, performance.now() / 1000);
    writeAddress(!now.playing);
}

/** @param {Layout} now */
function showLayout(now) {
    layout = now;
    wander.layout(now);
    root.dataset["paper"] = `${now.size.width} ${now.size.height}`;
    root.dataset["drawn"] = now.drawn;
    root.dataset["look"] = now.look ? String(now.look.start) : "";
    root.dataset["looks"] = String(++looks);
    root.dataset["pxPerS"] = String(now.scale.pxPerS);
    root.dataset["pxPerMv"] = String(now.scale.pxPerMv);
    root.dataset["gutter"] = String(now.gutter);
    root.dataset["baselines"] = now.rows.map((row) => row.baseline).join(" ");
    root.dataset["leads"] = now.leads.map((lead) => lead.name).join(",");
    const before = chosen.join("\n");
    chosen = now.stored;
    if (info) leadChoice.here?.show(info.leads, chosen, display.times);
    if (before !== chosen.join("\n")) showGaps();
    labelLayout();
    measuring.layout(now, dpr);
    sharing.layout();
    desk.tell("layout", now);
    tellSight();
}

function tellSight() {
    const { sight } = wander;
    if (sight) desk.tell("sight", sight);
}

function labelLayout() {
    if (!layout || !info) return;
    // What the record says of its rate is said of its ECG leads.
    const fsSource = layout.fs === info.fs ? info.fs_source : "";
    labels.layout(layout, display, { fsSource, dpr, absent });
    const gain = part("gain", HTMLSelectElement);
    gain.disabled = !showsVolts(layout.leads);
    gain.title = gain.disabled ? VIEWER.noVolts : "";
    anyPart("paper").setAttribute("aria-label", VIEWER.picture(layout.leads.map((lead) => lead.name).join(", ")));
    showSight();
}

/** What stands on the screen, where it is not what is played. */
function showSight() {
    const { sight } = wander;
    const still = layout?.look ?? null;
    anyPart("in-sight").hidden = !still || !sight;
    if (!still || !sight || !status?.fs) return;
    const [from, to] = [sight.start, sight.start + sight.windowS * status.fs].map((sample) =>
        positionWords(momentOf(sample, status?.fs ?? 1), true),
    );
    write(anyPart("fact-sight"), VIEW.sight(from, to, spanWords(sight.windowS)));
}

/** Blank paper says why it is. */
function showUnplayed() {
    const words = status ? unplayedWords(status, wander.look !== null) : "";
    anyPart("unplayed").hidden = words === "";
    write(anyPart("unplayed"), words);
}

/** The look changed: the controls say so, and the address leads back there. */
function showLook() {
    root.dataset["looking"] = String(wander.look !== null);
    showControls();
    showSight();
    showUnplayed();
    if (status?.fs) ways.at(status, wander.sight);
    tellSight();
    clearTimeout(writing);
    writing = setTimeout(() => writeAddress(true), ADDRESS_AFTER_MS);
}

function showGaps() {
    if (!info || !status?.length) return;
    const gaps = chosen.map((name) => info?.gaps?.[name] ?? []);
    const { length, fs, startTime, zone, shifted } = status;
    const gapsKnown = chosen.every((name) => info?.gaps?.[name]);
    ways.show({ record: info.record, leads: chosen, length, fs, recordFs: info.fs, gaps, gapsKnown, startTime, zone, shifted });
    ways.paint(palette());
}

// What the person does.

/** @param {Partial<Display>} change */
function look(change) {
    keepLooks(localStore(), change);
    wear(change);
}

/** @param {Partial<Display>} change */
function wear(change) {
    Object.assign(display, change);
    if (change.mmPerMv !== undefined) gainChosen = true;
    if (change.mode !== undefined || change.sheet !== undefined) chooseGain();
    host?.ask({ ask: "display", display: { ...display } });
    showControls();
    labelLayout();
    writeAddress(true);
}

/**
 * Choose a gain, where nobody did: that of an electrocardiograph on calibrated paper, else the one that
 * the rows have room for. Only when the view is opened or its mode changes: nothing scales by itself.
 */
function chooseGain() {
    if (gainChosen || !info) return;
    const { clientHeight } = anyPart("stage");
    const rate = status?.fs || info.fs;
    const leads = info.leads.filter(({ name, kind, fs }) =>
        fs === rate && (chosen.length ? chosen.includes(name) : kind === "ecg"),
    );
    const { rows } = planOf(display.sheet, leads);
    const roomy = display.mode === "fit" ? roomyGain(clientHeight / rows, display.cssPxPerMm) : USUAL.mmPerMv;
    // A page in columns is read as those of paper are: never larger than on it.
    display.mmPerMv = hasColumns(display.sheet) ? Math.min(roomy, USUAL.mmPerMv) : roomy;
}

/** @param {number} sample */
function seek(sample) {
    aim = Math.min(status?.length ?? sample, Math.max(0, sample));
    seeks++;
    host?.ask({ ask: "seek", sample });
}

/** @param {number} seconds */
function seekBy(seconds) {
    if (!status?.fs) return;
    const answered = status.seeks >= seeks && status.aim === null;
    seek(Math.round((answered ? status.shown : aim) + seconds * status.fs));
}

function playPause() {
    host?.ask({ ask: status?.playing ? "pause" : "play" });
}

/** The pace that is wished, or else so. */
const speedNow = () => wishedSpeed.from(status?.speed ?? link.speed, performance.now());

/** @param {number} speed */
function setSpeed(speed) {
    wishedSpeed.ask(speed, performance.now());
    host?.ask({ ask: "speed", speed });
}

/** @param {string[]} leads */
function chooseLeads(leads) {
    if (!info || !leads.length) return;
    absent = [];
    const rate = info.leads.find((lead) => lead.name === leads[0])?.fs ?? info.fs;
    // Another rate is another subscription: it goes on at the same moment, counted in its samples.
    const sample = status?.fs && status.fs !== rate ? Math.round((status.shown / status.fs) * rate) : null;
    host?.ask({ ask: "leads", leads, sample });
}

/**
 * Return the next of `steps` up or down from `value`.
 * @param {number[]} steps ascending
 * @param {number} value
 * @param {1 | -1} way
 */
function step(steps, value, way) {
    const next = way > 0 ? steps.find((one) => one > value) : steps.findLast((one) => one < value);
    return next ?? value;
}

/** How long the record is; until that is known, as long as the longest window that follows the pen. */
const extent = () => {
    const fs = status?.fs || info?.fs || 1000;
    return { fs, length: status?.length || info?.length || WINDOW.most * fs };
};

/** @param {1 | -1} way 1 = more seconds */
function zoom(way) {
    if (display.mode === "calibrated") {
        look({ mmPerS: step(PAPER_SPEEDS, display.mmPerS, way > 0 ? -1 : 1) });
    } else if (wander.look) {
        wander.step(way);
    } else {
        look({ windowS: stepped(display.windowS, way, extent()) });
    }
}

/**
 * Zoom by a gesture. On calibrated paper there are no scales between: then it is calibrated no more.
 * @param {number} factor
 * @param {number} anchor
 */
function zoomBy(factor, anchor) {
    if (display.mode === "calibrated") {
        const { sight } = wander;
        look({ mode: "fit", windowS: sight?.windowS ?? display.windowS });
        labels.notice(VIEW.uncalibrated);
    }
    wander.zoom(factor, anchor);
}

/** @param {import("./view/sheets.js").SheetName} sheet */
function chooseSheet(sheet) {
    if (!info) return;
    const leads = leadsFor(sheet, info.leads, status?.fs || info.fs);
    if (sheet !== "rows" && !leads) {
        labels.notice(VIEW.noLeadsFor);
        showControls();
        return;
    }
    if (display.sheet === "rows") rowLeads = chosen;
    const wanted = sheet === "rows" ? (rowLeads ?? chosen) : leads;
    look(hasColumns(sheet) ? { sheet, windowS: PAGE_S } : { sheet });
    if (wanted && wanted.join("\n") !== chosen.join("\n")) chooseLeads(wanted);
}

async function chooseFromList() {
    const choice = await leadChoice.want();
    if (!choice || !info) return;
    choice.show(info.leads, chosen, display.times);
    choice.open();
}

/** @param {1 | -1} way */
function stepGain(way) {
    if (part("gain", HTMLSelectElement).disabled) labels.notice(VIEWER.noGain);
    else look({ mmPerMv: step(GAINS, display.mmPerMv, way) });
}

const windowSeconds = () => layout?.scale.windowS ?? display.windowS;

/** Move what is looked at, or else what is played. @param {number} seconds */
const moveBy = (seconds) => (wander.look ? wander.panBy(seconds) : seekBy(seconds));

/** @type {Record<import("./ui/keys.js").Action, () => void>} */
const ACTIONS = {
    ...ways.actions,
    playPause,
    back: () => moveBy(-1),
    on: () => moveBy(1),
    backFar: () => moveBy(-10),
    onFar: () => moveBy(10),
    backWindow: () => moveBy(-windowSeconds()),
    onWindow: () => moveBy(windowSeconds()),
    start: () => (wander.look ? wander.at(0) : seek(0)),
    end: () => (wander.look ? wander.at(Infinity) : seek(status?.length ?? 0)),
    stay: () => wander.stay(),
    follow: () => {
        if (!measuring.leave()) wander.back();
    },
    whole: () => zoomBy(Infinity, 0),
    sheet: () => part("sheet", HTMLSelectElement).focus(),
    filter: () => part("filter", HTMLSelectElement).focus(),
    measure: () => void measuring.toggle(),
    annotate: () => void annotating.toggle(),
    compareSets: () => void agreeing.toggle(),
    checks: () => void checking.toggle(),
    onError: () => void agreeing.step(1),
    backError: () => void agreeing.step(-1),
    share: () => sharing.open(),
    sessions: () => sessions.toggle(),
    slower: () => setSpeed(step(SPEEDS, speedNow(), -1)),
    faster: () => setSpeed(step(SPEEDS, speedNow(), 1)),
    realPace: () => setSpeed(1),
    higher: () => stepGain(1),
    lower: () => stepGain(-1),
    wider: () => zoom(1),
    narrower: () => zoom(-1),
    mode: () => look({ mode: display.mode === "fit" ? "calibrated" : "fit" }),
    motion: () => look({ motion: display.motion === "sweep" ? "scroll" : "sweep" }),
    leads: () => void chooseFromList(),
    marks: () => markLayers.open(),
    rhythm: () => void rhythm.toggle(),
    card: () => void card.want().then((dialog) => dialog?.open(display.cssPxPerMm)),
    fullScreen,
    theme: () => setTheme(currentTheme() === "dark" ? "light" : "dark"),
    help: () => void help.want().then((loaded) => loaded?.showHelp()),
};

const controls = new Controls({
    act: {
        play: playPause,
        back: ACTIONS.backWindow,
        on: ACTIONS.onWindow,
        leads: ACTIONS.leads,
        marks: ACTIONS.marks,
        card: ACTIONS.card,
        "full-screen": fullScreen,
        help: ACTIONS.help,
        follow: () => wander.back(),
        again: () => host?.ask({ ask: "retry" }),
    },
    speed: setSpeed,
    look,
    sheet: chooseSheet,
    window: (windowS) => {
        if (wander.look) wander.zoom(windowS / wander.look.windowS, 0.5);
        else look({ windowS });
    },
});

function fullScreen() {
    if (document.fullscreenElement) void document.exitFullscreen();
    else {
        root.requestFullscreen().catch(() => labels.notice(VIEW.noFullScreen));
    }
}

function wire() {
    readGestures(anyPart("paper"), {
        span: () => ({ left: (layout?.gutter ?? 0) / dpr, width: (layout?.scale.columns ?? 1) / dpr }),
        pan: (fraction) => wander.pan(fraction),
        zoom: zoomBy,
    });
    listen(ACTIONS);
}

const showControls = () => controls.show(display, { looking: wander.look, extent: extent() });

/** Keep the address such that it reproduces the view. @param {boolean} now */
function writeAddress(now) {
    if (!info || !status?.fs) return;
    if (!now && performance.now() - wroteAddress < ADDRESS_EVERY_MS) return;
    const search = writeLink({
        record: info.record,
        leads: chosen,
        at: Math.floor(status.shown),
        speed: status.speed,
        paused: !status.playing,
        worker: link.worker,
        looks: display,
        look: wander.look,
        times: display.times,
        filter: display.filter,
        calipers: measuring.text,
        carried: desk.carried,
    });
    if (search === location.search) return;
    wroteAddress = performance.now();
    history.replaceState(history.state, "", search);
}

// The beginning.

async function start() {
    wire();
    showControls();
    root.dataset["playing"] = String(!link.paused);
    root.dataset["state"] = "loading";
    info = await loadRecord(link.record, (trouble) => showStatus(refusedStatus(link.speed, trouble)));
    if (!info) return;
    labels.record(info);
    desk.tell("record", info);
    const canvas = part("paper", HTMLCanvasElement);
    host = await hostViewer(canvas, { worker: link.worker, hear });
    root.dataset["where"] = host.where;
    const { ask } = host;
    ask({ ask: "palette", palette: palette() });
    ask({ ask: "display", display: { ...display } });
    let opened = false;
    watchSize(canvas, (size) => {
        dpr = size.dpr;
        // Zoomed or moved to another screen: a millimetre has other pixels there.
        Object.assign(display, recallScreen(localStore(), screenHere()));
        ask({ ask: "display", display: { ...display } });
        ask({ ask: "size", size });
        ways.paint(palette());
        if (!opened) open();
        opened = true;
    });
    onThemeChange(() => {
        ask({ ask: "palette", palette: palette() });
        ways.paint(palette());
        desk.tell("theme", undefined);
    });
    setInterval(watchViewer, 250);
}

function open() {
    if (!info || !host) return;
    const opening = openingOf(info, link, display.sheet);
    ({ absent, chosen } = opening);
    const { fitting, sample } = opening;
    const usual = info.leads.filter((lead) => lead.kind === "ecg" && lead.fs === info?.fs).map(({ name }) => name);
    const leads = fitting.length ? fitting : usual;
    const first = info.leads.find(({ name }) => name === leads[0]) ?? info;
    const shown = info.leads.filter(({ name }) => leads.includes(name)).map((lead) => ({ ...lead, range: null }));
    const gain = gainWords(display, showsVolts(shown), uncalibrated(shown));
    labels.begins(info, { leads, absent, sample, fs: first.fs, speed: link.speed, gain });
    chooseGain();
    showControls();
    host.ask({ ask: "display", display: { ...display } });
    const anew = Date.now() - (history.state?.replaced ?? 0) < ANEW_MS ? [VIEWER.replaced] : [];
    const notices = [...anew, ...opening.notices, ...strayNotices(location.search)];
    if (notices.length) labels.notice(notices.join(" \u00b7 "));
    host.ask({
        ask: "open",
        record: info.record,
        version: info.version,
        known: info.leads.map(({ name, kind, fs }) => ({ name, kind, fs })),
        leads: fitting.length ? fitting : null,
        sample,
        speed: link.speed,
        playing: !link.paused,
    });
    if (link.look) pendingLook = link.look;
    void measuring.take(link.calipers);
}

/** A viewer that says nothing any more is as stale as a server that does not. */
function watchViewer() {
    const silent = performance.now() - heard;
    if (silent < SILENT_MS || !status || document.hidden) return;
    const { condition } = status;
    if (condition === "offline") return;
    labels.status({
        ...status,
        condition: "stale",
        age: silent / 1000,
        trouble: { title: VIEWER.stopped, text: NET.reload, login: false, retryIn: null },
    });
    root.dataset["state"] = "stale";
}

void start();
