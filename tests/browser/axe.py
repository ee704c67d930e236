"""axe-core on a page: what it calls serious."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Page

AXE = Path(__file__).parent.parent.parent / "node_modules/axe-core/axe.min.js"
GRAVE = ("serious", "critical")

COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that may say something else in other colours."""
ASK = """async (rules) => {
    // A colour on its way to another one is none that stays. Nothing is waited for: one that never ends would hold it up.
    for (const one of document.getAnimations()) {
        if (Number.isFinite(one.effect.getComputedTiming().endTime)) one.finish();
    }
    const some = rules ? { runOnly: rules } : {};
    const { violations, passes } = await axe.run(document, { resultTypes: ["violations"], ...some });
    return { passed: passes.length, violations };
}"""


@cache
def _source() -> str:
    assert AXE.is_file(), "axe-core is not there: `make node_modules/.done` fetches it"
    return AXE.read_text()


async def grave(page: Page, *, colours: bool = False) -> list[str]:
    """Return what of the page, as it stands now, breaks a rule that is serious or critical.

    `colours`: ask only for what may be otherwise in other colours.
    """
    if not await page.evaluate("() => 'axe' in window"):
        # By the debugger, which is asked nothing by the page's own policy of content.
        await page.evaluate(_source())
    found: dict[str, Any] = await page.evaluate(ASK, COLOURS if colours else None)
    assert colours or found["passed"] > 5, "axe looked at next to nothing"
    return [
        f"{one['id']} ({one['impact']}), {len(one['nodes'])} times, as at "
        f"{' '.join(map(str, one['nodes'][0]['target']))}: {one['nodes'][0]['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in GRAVE
    ]
