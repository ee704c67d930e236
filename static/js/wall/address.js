// The address of a wall, read. Pure.

/**
 * `source` is what the server is asked for; `query` belongs to the stream's address. `code` = a one-time
 * code, to be traded for a cookie.
 * @typedef {{
 *   name: string | null, source: string | null, query: string, tried: boolean, worker: boolean,
 *   privacy: boolean, code: string | null,
 * }} WallAddress
 */

/**
 * @param {{ pathname: string, search: string, hash: string }} location
 * @returns {WallAddress}
 */
export function readAddress({ pathname, search, hash }) {
    const query = new URLSearchParams(search);
    const found = /^\/wall\/([^/]+)\/?$/.exec(pathname);
    const name = found ? decodeURIComponent(found[1]) : null;
    const beds = query.get("beds");
    const tried = name === null && beds !== null;
    const asked = new URLSearchParams();
    if (tried) {
        asked.set("beds", beds);
        const title = query.get("title");
        if (title) asked.set("title", title);
    }
    let source = null;
    if (name !== null) source = `/api/v1/walls/${encodeURIComponent(name)}`;
    else if (tried) source = `/api/v1/wall?${asked}`;
    return {
        name,
        source,
        query: name === null ? "" : `?wall=${encodeURIComponent(name)}`,
        tried,
        worker: query.get("worker") !== "0",
        privacy: query.get("privacy") === "1",
        code: new URLSearchParams(hash.replace(/^#/, "")).get("code"),
    };
}

/**
 * Return the address of the viewer of a tile, at the place that it shows, on the same paper.
 * @param {{ record: string, leads: string[], sample: number }} tile
 * @param {{ mm_per_s: number, mm_per_mv: number }} wall
 */
export function viewerAddress({ record, leads, sample }, wall) {
    const query = new URLSearchParams({
        record, leads: leads.join(","), at: String(sample),
        mode: "calibrated", paper: String(wall.mm_per_s), gain: String(wall.mm_per_mv),
    });
    return `/review?${query.toString().replaceAll("%2C", ",")}`;
}
