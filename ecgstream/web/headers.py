"""What every HTTP answer says to the browser about how to treat it."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Scripts, workers, styles, images and connections (`ws:` to the same host is 'self' too) come from
# here, and nothing is inline.
CONTENT_SECURITY: Final = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)

SECURITY: Final[dict[bytes, bytes]] = {
    # A worker goes by that of its script.
    b"content-security-policy": CONTENT_SECURITY.encode(),
    b"x-content-type-options": b"nosniff",
    b"cross-origin-resource-policy": b"same-origin",
}
DOCUMENT: Final[dict[bytes, bytes]] = {
    b"x-frame-options": b"DENY",
    # Not no-referrer: it would turn the Origin of our own forms into `null`.
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    b"cross-origin-opener-policy": b"same-origin",
}
"""What only a document obeys: said with all but the parts of a page, which are a hundred on a bad
line."""
PARTS: Final = (b"text/javascript", b"text/css")


class Headers:
    """ASGI middleware: security headers on every answer, and `no-store` where it says nothing else.

    Outermost, so that error answers have them too. What lies under `revalidated` (files, which
    have an ETag) may be kept, but not used without asking.
    """

    def __init__(self, app: ASGIApp, revalidated: tuple[str, ...] = ("/static/",)) -> None:
        self._app = app
        self._revalidated = revalidated

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and add to what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kept = scope["path"].startswith(self._revalidated)

        async def added(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = SECURITY | {b"cache-control": b"no-cache" if kept else b"no-store"}
                said = list(message.get("headers", ()))
                names = {name.lower(): value for name, value in said}
                if not names.get(b"content-type", b"").startswith(PARTS):
                    ours |= DOCUMENT
                said += [pair for pair in ours.items() if pair[0] not in names]
                message = {**message, "headers": said}
            await send(message)

        await self._app(scope, receive, added)
