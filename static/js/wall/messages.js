// What is asked of a ward, and what it says: the words between the page and what draws its wall.

/** @typedef {import("./bed.js").BedPlan} BedPlan */
/** @typedef {import("./tile.js").WallPalette} WallPalette */

/**
 * A wall as the server defines it.
 * @typedef {{
 *   name: string | null, title: string, version: string, mm_per_s: number, mm_per_mv: number, privacy: boolean,
 *   dim: { from: string, to: string, brightness: number } | null, beds: BedPlan[], toml: string,
 * }} Wall
 */

/**
 * What is asked of a ward. `seen`: whether the page is on the screen.
 * @typedef {{ ask: "wall", wall: Wall } | { ask: "size", size: import("../view/stage.js").Size }
 *   | { ask: "looks", palette: WallPalette, cssPxPerMm: number } | { ask: "privacy", on: boolean }
 *   | { ask: "retry" } | { ask: "seen", seen: boolean }} Ask
 */

/**
 * How a tile stands. `sample`: of the record, on the screen; `hole`: seconds left empty by the last return.
 * @typedef {{
 *   label: string, word: import("./truth.js").Word, age: number, rate: string, pause: string, record: string, leads: string[],
 *   sample: number, position: number, hole: number, detail: string, x: number, y: number, width: number, height: number,
 * }} TileSays
 */

/**
 * `frames`: pictures painted since the start; `healthy`: seconds since all was well for the last time it
 * was not; `slow`: the screen left something out a while ago; `rated`: a heart rate was
 * ever spoken of; `server`: as it welcomed us.
 * @typedef {{
 *   say: "status", frames: number, up: boolean, silence: number, healthy: number, slow: boolean, rated: boolean, server: string,
 *   boot: string, numeralMm: number, cramped: boolean, worst: number,
 *   trouble: import("../net/trouble.js").Words | null, tiles: TileSays[],
 * }} Status
 * @typedef {{ say: "identify", name: string, seconds: number }} SayIdentify
 * @typedef {Status | SayIdentify} Say
 */

export {};
