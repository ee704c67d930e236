/** @typedef {{ version: string, built: boolean, length: number, fs: number, groups: { leads: string[], edges: number[], low: Float64Array[], high: Float64Array[] }[] }} Outline */
/** @typedef {{ start: number, stop: number, low: Float64Array[], high: Float64Array[] }} Tile */
/** @param {any} wish @returns {Promise<Outline>} */
export function fetchOutline(wish) {
    return Promise.reject(new Error(`none ${wish}`));
}
/** @param {any} wish @returns {Promise<Tile>} */
export function fetchTile(wish) {
    return Promise.reject(new Error(`none ${wish}`));
}
