import assert from "node:assert/strict";
import { test } from "node:test";

import { OVERVIEW } from "../../static/js/texts/overview.js";

test("annotations that were not answered yet are not said to be not to be had", () => {
    const says = (annotations) => OVERVIEW.says({ gaps: 0, annotations, rhythms: 0, findings: null });
    assert.match(says(undefined), /annotations still being looked for/);
    assert.match(says(null), /annotations not to be had/);
    assert.match(says(0), /no annotations/);
});

test("gaps of which nothing is known are not said to be none", () => {
    const says = (gaps) => OVERVIEW.says({ gaps, annotations: 0, rhythms: 0, findings: null });
    assert.match(says(null), /The whole record, gaps not known,/);
    assert.match(says(0), /The whole record, no gaps,/);
});
