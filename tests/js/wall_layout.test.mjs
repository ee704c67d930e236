import assert from "node:assert/strict";
import { test } from "node:test";

import { facesFor, gridFor, tilesFor, unitFor } from "../../static/js/wall/layout.js";

const SCREENS = [[1920, 1040], [3840, 2080], [1280, 680], [1080, 1880], [1024, 728]];

test("one bed fills the screen, two lie one above the other, eight are two columns", () => {
    assert.deepEqual(gridFor(1, 1920, 1040), { columns: 1, rows: 1 });
    assert.deepEqual(gridFor(2, 1920, 1040), { columns: 1, rows: 2 });
    assert.deepEqual(gridFor(4, 1920, 1040), { columns: 2, rows: 2 });
    assert.deepEqual(gridFor(8, 1920, 1040), { columns: 2, rows: 4 });
    assert.deepEqual(gridFor(16, 1920, 1040), { columns: 4, rows: 4 });
    assert.deepEqual(gridFor(8, 1080, 1880), { columns: 1, rows: 8 });
});

for (const [width, height] of SCREENS) {
    test(`tiles of 1 to 36 beds lie beside each other on ${width} x ${height}`, () => {
        for (let count = 1; count <= 36; count++) {
            for (const leads of [1, 2, 3]) {
                const tiles = tilesFor(count, width, height, leads);
                assert.equal(tiles.length, count);
                for (const tile of tiles) {
                    assert.ok(Object.values(tile).every(Number.isInteger));
                    assert.ok(tile.x >= 0 && tile.y >= 0 && tile.x + tile.width <= width && tile.y + tile.height <= height);
                    for (const other of tiles) {
                        if (other === tile) continue;
                        const apart = other.x >= tile.x + tile.width || tile.x >= other.x + other.width
                            || other.y >= tile.y + tile.height || tile.y >= other.y + other.height;
                        assert.ok(apart, `${count} beds`);
                    }
                }
                const { columns, rows } = gridFor(count, width, height, leads);
                assert.ok(columns * rows - count < columns, "no row is empty");
            }
        }
    });

    test(`the parts of a tile lie in it on ${width} x ${height}`, () => {
        for (let count = 1; count <= 36; count++) {
            const [tile] = tilesFor(count, width, height);
            const faces = facesFor(tile, { beds: count, pxPerMm: width / 531, dpr: 1 });
            for (const part of [faces.head, faces.side, faces.trace, faces.foot]) {
                assert.ok(part.width > 0 && part.height > 0, `${count} beds`);
                assert.ok(part.x + part.width <= tile.width && part.y + part.height <= tile.height);
            }
            assert.ok(faces.trace.width > tile.width / 3, `${count} beds have a trace`);
            assert.ok(faces.numeral <= faces.side.height);
        }
    });
}

test("numerals are at least 23 mm on a screen of 24 inches with up to 8 beds", () => {
    // 531 x 299 mm; the line of words under the tiles takes some of it.
    for (const [width, height] of [[1920, 1034], [3840, 2068]]) {
        for (let beds = 1; beds <= 8; beds++) {
            for (const leads of [1, 2, 3]) {
                const pxPerMm = width / 531;
                for (const tile of tilesFor(beds, width, height, leads)) {
                    const { numeral } = facesFor(tile, { beds, pxPerMm, dpr: width / 1920 });
                    assert.ok(numeral / pxPerMm >= 23, `${beds} beds of ${leads} leads: ${numeral / pxPerMm} mm`);
                }
            }
        }
    }
});

test("lines and letters are as thick and high on a screen of finer pixels", () => {
    const unit = (width, height, dpr) => unitFor({ height, dpr, pxPerMm: width / 531 });
    assert.equal(unit(1920, 1034, 1), 1);
    assert.equal(unit(3840, 2068, 2), 2);
    // The browser thinks that its pixels are usual ones, and a card was held against the glass.
    assert.ok(unit(3840, 2068, 1) > 1.9);
    // Nobody measured it.
    assert.ok(unitFor({ height: 2068, dpr: 1, pxPerMm: 96 / 25.4 }) > 1.7);
});
