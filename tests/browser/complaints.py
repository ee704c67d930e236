"""What a page complained about: a console error or a broken CSP fails the test that did not expect it."""

from playwright.async_api import Page


class Complaints:
    """Those of one page."""

    def __init__(self, page: Page) -> None:
        self.expected: list[str] = []
        """Parts of what a test expects."""
        self._heard: list[str] = []
        page.on("pageerror", lambda error: self._heard.append(str(error)))
        page.on(
            "console",
            lambda said: (
                said.type in {"error", "warning"}
                and self._heard.append(f"{said.text} {said.location.get('url', '')}")
            ),
        )

    def check(self) -> None:
        """Fail for every complaint that no test said it expects."""
        left = [c for c in self._heard if not any(e in c for e in self.expected)]
        assert left == []
