// What is asked of a viewer, and what it says: the words between the page and its picture.

/** @typedef {import("./wire/events.js").LeadInfo} LeadInfo */
/** @typedef {import("./signal/staleness.js").Condition} Condition */
/** A lead of the catalog. @typedef {{ name: string, kind: string, fs: number }} Known */
/** @typedef {import("./view/laid.js").Place} Place */

/**
 * What is asked of a viewer.
 * @typedef {{
 *   ask: "open", record: string, version?: string, known: Known[], leads: string[] | null, sample: number,
 *   speed: number, playing: boolean,
 * }} Open
 * @typedef {{ ask: "size", size: import("./view/stage.js").Size }} AskSize
 * @typedef {{ ask: "display", display: import("./view/geometry.js").Display }} AskDisplay
 * @typedef {{ ask: "palette", palette: import("./view/painter.js").Palette }} AskPalette
 * @typedef {{ ask: "play" } | { ask: "pause" } | { ask: "retry" }} AskPlain
 * @typedef {{ ask: "seek", sample: number }} AskSeek
 * @typedef {{ ask: "speed", speed: number }} AskSpeed
 * @typedef {{ ask: "leads", leads: string[], sample: number | null }} AskLeads
 * @typedef {{ ask: "look", look: import("./view/sheet.js").Look | null }} AskLook
 * @typedef {{ ask: "probe", id: number, lead: string, start: number, stop: number }} AskProbe
 * @typedef {{ ask: "later" }} AskLater
 * @typedef {{ sample: number, at: number, rate: number }} Pen
 * @typedef {{ ask: "pen", pen: Pen | null }} AskPen
 * @typedef {{ ask: "marks", id: string, layer: import("./view/layers.js").Layer | null }} AskMarks
 * @typedef {{ ask: "where", id: number, x: number | null }} AskWhere
 * @typedef {AskPlain | AskSeek | AskSpeed | AskLeads | AskLook | AskProbe | AskLater | AskPen | AskMarks | AskWhere} AskMove
 * @typedef {Open | AskSize | AskDisplay | AskPalette | AskMove} Ask
 * `sample` of `leads`: where to go on where they have another rate than those before. `look`: null = at
 * what is played; `probe` asks for samples [start, stop) of a line as it is drawn. `later`: the offer of
 * fewer leads is put aside. `pen`: the picture stands at `sample` at `at` (ms since 1970) and goes on by `rate` samples
 * a second, as far as samples are at hand, whatever the server's clock says; null = that leads again. `marks` sets,
 * replaces or (null) takes away a layer of marks on the picture. `where` asks which sample is drawn at x (device pixels)
 * while the picture moves; null = which is the newest.
 */

/**
 * What the line brings. `depth`: seconds of signal at hand beyond what is drawn, null where nothing is played;
 * `offer`: which leads it would carry, null where it carries those that are shown.
 * @typedef {{ say: "line", depth: number | null, offer: import("./net/thrift.js").Offer | null }} Line
 */

/**
 * How it stands. `shown`: the first sample not on the screen; `oldest`: the first that the picture was
 * painted from; `stop`: the first not received. `seeks`: how many were asked for; `aim`: where the one
 * that is not answered yet goes. `at`: when it stood so, ms since 1970. `playing`: what is wished for. `age`, `silence`, `lag` and `delay` in
 * seconds of wall time.
 * @typedef {{
 *   say: "status", condition: Condition, age: number, silence: number, lag: number, delay: number,
 *   playing: boolean, held: string | null, ended: boolean, up: boolean, boot: string,
 *   shown: number, at: number, oldest: number | null, stop: number, seeks: number, aim: number | null,
 *   length: number, fs: number, speed: number,
 *   startTime: number | null, zone: string | null, shifted: boolean, leads: LeadInfo[],
 *   trouble: import("./net/trouble.js").Words | null,
 * }} Status
 * @typedef {{
 *   say: "layout", scale: import("./view/geometry.js").Scale, grid: import("./view/geometry.js").Grid,
 *   size: { width: number, height: number }, gutter: number, nameWidth: number, rows: import("./view/layouts.js").Row[],
 *   cells: Place[], without: (Place & { name: string })[], stored: string[],
 *   leads: import("./view/stage.js").Shown[], fs: number, unscaled: string | null,
 *   look: { start: number, pxPerSample: number, stop: number } | null,
 *   drawn: import("./view/sheet.js").Drawn, column: number, failure: string,
 *   filtered: boolean,
 * }} Layout
 * `size`: of the canvas that it is laid out on. `leads`: the lines drawn, `stored`: the leads that they are drawn from. `look`: where the picture stands
 * still, null = it moves; `start` is at x = `gutter`. `drawn` from columns of `column` samples. `filtered`: the
 * filter of the leads is on in this picture.
 * @typedef {{ say: "probed", id: number, start: number, values: Float64Array, failure: string }} Probed
 * @typedef {{ say: "numeric", name: string, sample: number, value: number | null, reason: string | null }} Numeric
 * @typedef {{ say: "turned", sample: number }} Turned
 * `numeric`: a value of what is played from `sample` on, told before that is on the screen; `turned`: what is played goes on
 * at `sample`, and nothing that was told before belongs to it.
 * @typedef {{ say: "notice", text: string }} Notice
 * What became of an annotation that somebody wrote; null = of a whole set. @typedef {{ say: "annotation", record: string, annotation: Record<string, unknown> | null }} Annotated
 * `sample` null = nothing is drawn there. @typedef {{ say: "where", id: number, sample: number | null }} Where
 * The record is another one now: begin anew. @typedef {{ say: "replaced" }} Replaced
 * @typedef {Status | Layout | Line | Notice | Replaced | Probed | Annotated | Where | Numeric | Turned} Say
 */

export {};
