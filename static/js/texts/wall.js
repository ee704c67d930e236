// The wall: its tiles, its foot, and why there is none.

/** The word of a tile. @type {Readonly<Record<import("../wall/truth.js").Word, string>>} */
const words = Object.freeze({ REPLAY: "REPLAY", LIVE: "LIVE", STALE: "STALE", "NO DATA": "NO DATA", LOADING: "LOADING" });

export const WALL = Object.freeze({
    words,
    title: (/** @type {string} */ wall) => `${wall} \u00b7 ecgstream`,
    age: (/** @type {string} */ time) => `age ${time}`,
    notShown: "Not to be shown",
    signalNotComing: "The signal does not come",
    noWord: "No word from the server",
    heartRate: "HR /min",
    pause: (/** @type {string} */ seconds) => `PAUSE ${seconds} s`,
    research: "Heart rate: for research and education",
    noMv: "no mV",
    base: (/** @type {string} */ leads, /** @type {string} */ mv) => `${leads} base ${mv} mV`,
    speed: (/** @type {number} */ mm) => `${mm} mm/s`,
    gain: (/** @type {number} */ mm) => `${mm} mm/mV`,
    tile: (/** @type {string} */ bed, /** @type {string} */ word, /** @type {string} */ rate, /** @type {boolean} */ pause) =>
        `${bed}, ${word}, heart rate ${rate}${pause ? ", pause" : ""}`,
    bed: (/** @type {number} */ number) => `Bed ${number}`,

    nameAWall: "Name a wall: /wall/NAME, or try one out: /wall?beds=RECORD:LEAD;RECORD",
    notLoggedIn: "This screen is not logged in",
    noSuchWall: (/** @type {string} */ name) => `There is no wall ${name}`,
    unreadable: (/** @type {string} */ why) => `The wall cannot be read: ${why}`,
    triedAgain: (/** @type {string} */ why) => `${why}. It is tried again.`,
    noAnswer: "The server does not answer",
    takesNoCode: "The server takes no code now",
    badCode: "The code was used before, or is too old: ecgstream token makes another",
    lineDown: (/** @type {string} */ title, /** @type {string} */ text) => `${title}. ${text}`,
    connectingAgain: (/** @type {string} */ title) => `${title}: connecting again`,
    tooSmall: "This screen is too small for so many beds: 1 mV has no room",
    notMeasured: "Screen not measured (B)",
    viewerWouldName: "Names are hidden here, and the viewer would show them",
    noViewer: "The viewer cannot be opened from this screen",
    namesHidden: "Names are hidden",
    namesShown: "Names are shown, where the wall allows it",
    copied: "Copied",
    copyByHand: "Mark it, and copy by hand",

    standsStill: (/** @type {number} */ seconds) => `THE PICTURE STANDS STILL\n${seconds} s`,
    didNotBegin: "THE WALL DID NOT BEGIN",
    loadedAgain: (/** @type {string} */ why) => `Loaded again by itself: ${why}`,
    stoodStill: "the picture stood still",
    neverBegan: "the wall did not begin",
    pageFailed: (/** @type {string} */ what) => `the page failed: ${what}`,
    fileMissing: "a file is missing",
    threadFailed: "the drawing thread failed",
});
