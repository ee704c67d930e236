// Dark, or light.

/** @type {Readonly<Record<"dark" | "light", string>>} */
export const SWITCH_TO = Object.freeze({ dark: "Switch to the dark theme", light: "Switch to the light theme" });
