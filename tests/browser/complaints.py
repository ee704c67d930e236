"""What a page complained about: a console error or a broken CSP fails the test that did not expect it."""

from playwright.async_api import ConsoleMessage, Error, Page


class Complaints:
    """Those of one page."""

    def __init__(self, page: Page) -> None:
        self.expected: list[str] = []
        """Parts of what a test expects."""
        self._page = page
        self._heard: list[str] = []
        page.on("pageerror", self._failed)
        page.on("console", self._said)

    def _failed(self, error: Error) -> None:
        self._heard.append(str(error))

    def _said(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            self._heard.append(f"{said.text} {said.location.get('url', '')}")

    def check(self) -> None:
        """Hear no more, and fail for every complaint that no test said it expects."""
        self._page.remove_listener("pageerror", self._failed)
        self._page.remove_listener("console", self._said)
        left = [
            c for c in self._heard if not _no_beats(c) and not any(e in c for e in self.expected)
        ]
        # Not one of pytest's modules: it has to say itself what it found.
        assert left == [], left


def _no_beats(complaint: str) -> bool:
    """Say whether it is of a server that looks for no beats, as those that pictures are measured on."""
    return "404" in complaint and "/beats?" in complaint
