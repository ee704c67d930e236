// What draws a page that stands still. A first view, which moves, does without: it comes when somebody first looks elsewhere.

export { Looking } from "./looking.js";
export { Sheet } from "../view/sheet.js";
