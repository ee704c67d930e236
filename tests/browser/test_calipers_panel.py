"""The guide, the panel and the labels of the calipers in a real Chromium, at a desk and on a telephone."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.calipers import Desk, measuring
from tests.browser.test_viewer_page import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# The second beat: P onset, QRS onset, J, end of T; the R before, its own R. See measure_beat.mjs.
BEAT = [500, 580, 625, 780, 195, 595]
QT = "q_II_500_580_625_780_195_595"
# 400 ms at an RR of 0.8 s, computed by hand in measure_qt.test.mjs.
QTC = {"Bazett": "447 ms", "Fridericia": "431 ms", "Framingham": "431 ms", "Hodges": "426 ms"}


async def check_beat(desk: Desk) -> None:
    rows = desk.page.locator("#measure-rows")
    for what, value in {"PR": "160 ms", "QRS": "90 ms", "QT": "400 ms", "RR": "800 ms"}.items():
        row = rows.locator("tr").filter(has=desk.page.get_by_role("cell", name=what, exact=True))
        await expect(row.locator(".measure__value")).to_contain_text(value)
    for name, value in QTC.items():
        row = rows.locator("tr").filter(has_text=f"QTc {name}")
        await expect(row.locator(".measure__value")).to_contain_text(value)
    await expect(rows).to_contain_text("75 bpm, from the beat before to the beat measured")


async def test_the_guide_by_mouse_measures_the_beat_as_it_was_made(chromium):
    async with measuring(chromium, windowS=1.9) as desk:
        await desk.tool("qt")
        step = desk.page.locator("#measure-step")
        for i, sample in enumerate(BEAT):
            await expect(step).to_contain_text(f"Step {i + 1} of 6")
            await desk.page.mouse.click(*await desk.at(sample))
        assert [sample for sample, _ in await desk.marks()] == BEAT
        await check_beat(desk)
        await desk.says(
            "1  PR 160 \u00b7 QRS 90 \u00b7 QT 400 ms"
            "RR 800 ms \u00b7 75 bpm"
            "QTc B 447 \u00b7 F 431 \u00b7 Fr 431 \u00b7 H 426 ms"
        )
        # Done: another click begins nothing.
        await expect(desk.page.locator("#measure-guide")).to_be_hidden()
        await desk.page.mouse.click(*await desk.at(700))
        await expect(desk.label).to_have_count(1)


async def test_the_guide_by_key_alone_measures_the_beat(chromium):
    async with measuring(chromium, start=100, windowS=2) as desk:
        press = desk.page.keyboard.press
        await desk.page.locator("#measure-qt").focus()
        await press("Enter")
        await desk.page.locator("#measure-place").focus()
        await press("Enter")
        for i, sample in enumerate(BEAT):
            await expect(desk.page.locator("#measure-step")).to_contain_text(f"Step {i + 1} of 6")
            now = (await desk.marks())[i][0]
            key = "ArrowRight" if now < sample else "ArrowLeft"
            for _ in range(abs(now - sample) // 10):
                await press(f"Shift+{key}")
            for _ in range(abs(now - sample) % 10):
                await press(key)
            focused = desk.page.locator(".grip:focus")
            await expect(focused).to_have_attribute("aria-valuenow", str(sample))
            await press("Enter")
        await check_beat(desk)
        await expect(desk.page.locator("#measure-said")).to_contain_text("QTc B 447, F 431")


async def test_the_guide_by_finger_goes_on_from_where_the_finger_is_lifted(chromium):
    async with measuring(chromium, phone=True, windowS=1.9) as desk:
        await desk.page.locator("#measure-qt").tap()
        # No P wave.
        await desk.page.locator("#measure-next").tap()
        for sample in BEAT[1:]:
            await desk.swipe(await desk.at(sample + 30), await desk.at(sample))
        marks = await desk.marks()
        assert marks[0] is None
        for mark, sample in zip(marks[1:], BEAT[1:], strict=True):
            assert mark[0] == pytest.approx(sample, abs=2)
        await expect(desk.page.locator("#measure-rows")).to_contain_text("QTc Hodges")
        # The one in hand alone has a handle as wide as a finger.
        x, y, width = await desk.handle("Caliper 1, T end")
        assert width < 44
        await desk.touch("touchStart", x, y)
        await desk.touch("touchEnd")
        _, _, width = await desk.handle("Caliper 1, T end")
        assert width >= 44


async def test_the_guide_stays_in_its_lead_and_goes_back(chromium):
    async with measuring(chromium, leads=["II", "V1"]) as desk:
        await desk.tool("qt")
        await desk.page.mouse.click(*await desk.at(500))
        await desk.page.mouse.click(*await desk.at(580, 0, 1))
        assert "lead II" in (await desk.notices())[-1]
        assert (await desk.marks())[1] is None
        await desk.page.locator("#measure-back").click()
        await desk.page.mouse.click(*await desk.at(510))
        assert abs((await desk.marks())[0][0] - 510) <= 1
        await expect(desk.page.locator("#measure-step")).to_contain_text("Step 2 of 6")
        # Removed meanwhile: it begins anew.
        await desk.page.locator("#measure-clear").click()
        await expect(desk.page.locator("#measure-step")).to_contain_text("Step 1 of 6")


async def test_a_march_out_stands_at_every_beat_in_sight(chromium):
    async with measuring(chromium, windowS=6, leads=["II", "V1"]) as desk:
        await desk.page.evaluate("() => desk.measure.take('m_II_995_1395')")
        lines = desk.page.locator(".caliper__march")
        # 195, 595, 1795, 2195, 2595, 2995: 6 s are 3,000 samples.
        await expect(lines).to_have_count(6)
        left = (await desk.page.locator("#paper").bounding_box())["x"]
        found = [float(await line.get_attribute("x1")) + left for line in await lines.all()]
        wanted = [(await desk.at(sample))[0] for sample in (195, 595, 1795, 2195, 2595, 2995)]
        assert found == pytest.approx(wanted, abs=0.01)


async def test_calipers_stay_at_their_samples_whatever_the_picture_does(chromium):
    async with measuring(chromium, leads=["II", "V1"], windowS=6) as desk:
        await desk.page.evaluate("() => desk.measure.take('t_II_1195_1595')")
        for change in ({"start": 700}, {"windowS": 2.5, "start": 900}, {"leads": ["V1", "II"]}):
            await desk.look(**change)
            cell = 1 if "leads" in change else 0
            left = (await desk.page.locator("#paper").bounding_box())["x"]
            edges = await desk.page.locator(".caliper__edge").all()
            found = sorted([float(await edge.get_attribute("x1")) + left for edge in edges])
            wanted = [(await desk.at(sample, 0, cell))[0] for sample in (1195, 1595)]
            assert found == pytest.approx(wanted, abs=0.01)
            await desk.says("1  800 ms \u00b7 75 bpm")


async def test_out_of_sight_a_caliper_is_in_the_list_alone(chromium):
    async with measuring(chromium) as desk:
        await desk.page.evaluate("() => desk.measure.take('t_II_1195_1595')")
        await desk.says("1  800 ms \u00b7 75 bpm")
        await desk.look(start=20000)
        await expect(desk.label).to_be_hidden()
        await expect(desk.page.locator(".caliper__edge")).to_have_count(0)
        await expect(desk.page.locator(".grip:not([hidden])")).to_have_count(0)
        await expect(desk.page.locator("#measure-rows")).to_contain_text("800 ms")
        await desk.page.get_by_role("button", name="Show caliper 1 in the picture").click()
        assert await desk.page.evaluate("() => desk.gone") == [1195]
        await desk.look(start=1000)
        await desk.says("1  800 ms \u00b7 75 bpm")
        await expect(desk.label).to_be_visible()


async def test_on_a_sheet_of_leads_a_caliper_stands_in_the_row_it_was_set_in(chromium):
    async with measuring(chromium, sheet=True, leads=["II", "V1"], windowS=4) as desk:
        await desk.tool("time")
        await desk.drag(await desk.at(195, 0, 0), await desk.at(595, 0, 0))
        await desk.drag(await desk.at(1395, 0, 2), await desk.at(1795, 0, 2))
        # The second lead begins where the first ends.
        await desk.drag(await desk.at(1100, 0, 1), await desk.at(1500, 0, 1))
        leads = await desk.page.evaluate(
            "() => desk.measure.measured.map(m => [m.caliper.lead, m.caliper.row])"
        )
        assert leads == [["II", 0], ["II", 1], ["V1", 0]]
        await expect(desk.label).to_have_text([re.compile("800 ms")] * 3)
        top = (await desk.page.locator("#paper").bounding_box())["y"]
        edge = desk.page.locator(".caliper").nth(1).locator(".caliper__edge").first
        _, y = await desk.at(0, 0, 2)
        assert float(await edge.get_attribute("y1")) + top < y
        assert float(await edge.get_attribute("y2")) + top > y


MANY = f"{QT}*b_V1_585_595_-0.1_1.2*t_V1_595_995*m_II_195_595*a_V1_1_700_0_0"


@pytest.mark.parametrize("phone", [False, True])
async def test_labels_lie_in_the_picture_and_on_none_of_the_others(chromium, phone):
    async with measuring(chromium, phone=phone, windowS=3, leads=["II", "V1"]) as desk:
        await desk.page.evaluate("(text) => desk.measure.take(text)", MANY)
        await expect(desk.label).to_have_count(5)
        stage = await desk.page.locator("#stage").bounding_box()
        boxes = [
            await label.bounding_box()
            for label in await desk.page.locator(".caliper__ground").all()
        ]
        for box in boxes:
            assert box["x"] >= stage["x"] + 59
            assert box["y"] >= stage["y"] - 1
            assert box["x"] + box["width"] <= stage["x"] + stage["width"] + 1
            assert box["y"] + box["height"] <= stage["y"] + stage["height"] + 1
        for i, one in enumerate(boxes):
            for other in boxes[:i]:
                beside = (
                    one["x"] + one["width"] <= other["x"] + 2
                    or other["x"] + other["width"] <= one["x"] + 2
                    or one["y"] + one["height"] <= other["y"] + 2
                    or other["y"] + other["height"] <= one["y"] + 2
                )
                assert beside


async def test_on_a_telephone_the_sheet_leaves_the_strip_in_sight_and_does_not_move_it(chromium):
    async with measuring(chromium, phone=True) as desk:
        stage = await desk.page.locator("#stage").bounding_box()
        sheet = await desk.page.locator("#measure").bounding_box()
        assert stage["height"] >= 240
        assert sheet["y"] >= stage["y"] + stage["height"] - 1
        assert sheet["y"] + sheet["height"] <= PHONE["height"]
        for name in ("time", "amplitude", "both", "march", "qt", "place", "close"):
            box = await desk.page.locator(f"#measure-{name}").bounding_box()
            assert box["height"] >= 44
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
        await desk.page.locator("#measure-time").tap()
        await desk.swipe(await desk.at(500), await desk.at(900))
        assert await desk.page.locator("#stage").bounding_box() == stage
        over = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await desk.page.evaluate(over) <= 0
        # The controls come back.
        await expect(desk.page.locator("#play")).to_be_hidden()
        await desk.page.locator("#measure-close").tap()
        await expect(desk.page.locator("#play")).to_be_visible()
        await expect(desk.label).to_be_visible()


async def test_a_label_does_not_go_under_a_button_of_the_picture(chromium):
    async with measuring(chromium, leads=["II", "V1"]) as desk:
        # Whatever stands over the picture: here one at its top right.
        await desk.page.evaluate(
            """() => {
                const button = document.createElement("button");
                button.id = "over";
                button.textContent = "Over the picture";
                const sides = { position: "absolute", top: "12px", right: "12px" };
                for (const [name, value] of Object.entries(sides)) {
                    button.style.setProperty(name, value);
                }
                document.querySelector("#stage").append(button);
            }"""
        )
        await desk.page.evaluate("() => desk.measure.take('t_II_1500_1700')")
        await expect(desk.label).to_be_visible()
        label = await desk.page.locator(".caliper__ground").bounding_box()
        button = await desk.page.locator("#over").bounding_box()
        assert label is not None
        assert button is not None
        assert (
            label["x"] + label["width"] <= button["x"]
            or label["y"] >= button["y"] + button["height"] - 1
        )


COPIED = re.compile(
    r"Measured in record 100-pq\n.*1\. PR, QRS, QT, lead II, 500 Hz.*Filter: As stored"
    r".*QTc Bazett 447\.2 ms = QT / \u221a\(RR / 1 s\), QT 400\.0 ms, RR 800\.0 ms"
    r".*Not for diagnosis",
    re.DOTALL,
)


async def test_what_was_measured_is_copied_as_text(chromium):
    async with measuring(chromium) as desk:
        await desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        copy = desk.page.locator("#measure-copy")
        await expect(copy).to_be_disabled()
        await desk.page.evaluate("(text) => desk.measure.take(text)", QT)
        await copy.click()
        await desk.page.wait_for_function("() => desk.notices.length > 0")
        assert (await desk.notices())[-1] == "Copied"
        text = await desk.page.evaluate("() => navigator.clipboard.readText()")
        assert COPIED.search(text)
        assert "Patient" not in text
        await desk.page.locator("#measure-patient").check()
        await copy.click()
        await desk.page.wait_for_function("() => desk.notices.length > 1")
        assert "Patient: 100" in await desk.page.evaluate("() => navigator.clipboard.readText()")


async def test_where_nothing_copies_the_text_stands_there_selected(chromium):
    async with measuring(chromium) as desk:
        await desk.page.evaluate(
            "() => { Object.defineProperty(navigator, 'clipboard', { value: undefined });"
            " document.execCommand = () => false; }"
        )
        await desk.page.evaluate("(text) => desk.measure.take(text)", QT)
        await desk.page.locator("#measure-copy").click()
        text = desk.page.locator("#measure-text")
        await expect(text).to_be_focused()
        await expect(text).to_have_value(COPIED)
        assert await text.evaluate("t => t.selectionEnd - t.selectionStart === t.value.length")
        assert "by hand" in (await desk.notices())[-1]


async def test_a_caliper_that_lies_on_nothing_of_the_record_is_left_out_and_told(chromium):
    async with measuring(chromium, closed=True) as desk:
        text = f"{QT}*t_gone_10_100*t_II_100_99999999"
        await desk.page.evaluate("(text) => desk.measure.take(text)", text)
        await desk.page.wait_for_function("() => desk.changed === 1")
        assert await desk.page.evaluate("() => desk.measure.text") == QT
        (notice,) = await desk.notices()
        assert notice.startswith("2 calipers of the link left out: not on a lead of this record")


async def test_the_address_is_told_what_changed_once_it_rests(chromium):
    async with measuring(chromium, closed=True) as desk:
        await desk.page.evaluate("(text) => desk.measure.take(text)", f"{QT}*nonsense")
        await desk.page.wait_for_function("() => desk.changed === 1")
        assert await desk.page.evaluate("() => desk.measure.text") == QT
        assert await desk.notices() == ["One caliper of the link could not be read."]
        page = await desk.page.evaluate("() => desk.measure.page")
        assert [(one["from"], one["to"]) for one in page] == [
            (500, 580), (580, 625), (580, 780), (195, 595),
        ]  # fmt: skip
        # With the panel closed they can be moved all the same.
        await desk.page.get_by_role("slider", name="Caliper 1, T end").focus()
        await desk.page.keyboard.press("ArrowRight")
        await desk.page.wait_for_function("() => desk.changed === 2")
        assert (await desk.marks())[3][0] == 781


async def test_the_code_of_the_panel_comes_when_somebody_measures(chromium):
    async with measuring(chromium, closed=True) as desk:
        scripts = "() => performance.getEntriesByType('resource').map(entry => entry.name)"
        assert not [name for name in await desk.page.evaluate(scripts) if "calipers.js" in name]
        assert await desk.page.evaluate("() => desk.measure.leave()") is False
        # A link's calipers are not lost from the address while it comes.
        assert (
            await desk.page.evaluate(
                "(t) => { desk.measure.take(t); return desk.measure.text; }", QT
            )
            == QT
        )
        await expect(desk.label).to_have_count(1)
        assert [name for name in await desk.page.evaluate(scripts) if "calipers.js" in name]
        await desk.page.locator("#measure-open").click()
        await desk.tool("time")
        # What Escape does for the page: the tool, then the panel, then it is the page's.
        left = [await desk.page.evaluate("() => desk.measure.leave()") for _ in range(3)]
        assert left == [True, True, False]
        await expect(desk.page.locator("#measure")).to_be_hidden()


async def test_where_the_code_does_not_come_it_is_said(chromium):
    async with measuring(chromium, closed=True, anew=True) as desk:
        desk.expected = ["measure.js"]
        await desk.page.route("**/js/ui/measure.js", lambda route: route.abort())
        await desk.page.locator("#measure-open").click()
        await desk.page.wait_for_function("() => desk.notices.length > 0")
        assert "could not be loaded" in (await desk.notices())[0]
