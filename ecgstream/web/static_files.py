"""The files of the pages: small on the line, and asked for once.

A page is many small modules, and what they cost on a bad line is round trips. So a page names all
of its modules at once, with `modulepreload`, instead of one import after the other; what is text
goes compressed; and it names its files by an address with their version in it, under which a
browser keeps them and asks no more.
"""

import asyncio
import gzip
import hashlib
import mimetypes
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cached_property
from html import escape
from pathlib import Path, PurePosixPath
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

PREFIX: Final = "/static/"
VERSIONED: Final = re.compile(r"^v-([0-9a-f]{12})/(.+)$")
KEPT: Final = "public, max-age=31536000, immutable"
"""Of what lies at an address that changes with its content."""
ASKED: Final = "no-cache"
TEXTS: Final = frozenset({".js", ".mjs", ".css", ".html", ".svg"})
SMALL: Final = 400
"""Bytes that fit one packet with their headers anyhow: not compressed."""
IMPORTS: Final = re.compile(
    r"""^\s*(?:import|export)\s(?:[^"';]*?\sfrom\s*)?["'](\.{1,2}/[^"']+)["']"""
    r"""|new URL\(\s*["'](\.{1,2}/[^"']+\.m?js)["']\s*,\s*import\.meta\.url""",
    re.MULTILINE,
)
"""What a module loads: what it imports, and the worker that it starts. Written by us or vendored,
one import a statement; a test has a real browser load exactly what is found here."""
SCRIPTS: Final = re.compile(r'<script\b[^>]*\bsrc="/static/([^"]+)"')

mimetypes.add_type("text/javascript", ".mjs")


class File:
    """A file as it was read: `stamp` says whether it still is so."""

    def __init__(self, body: bytes, *, packs: bool, stamp: tuple[int, int] = (0, 0)) -> None:
        """`packs`: whether it becomes smaller when it is compressed."""
        self.stamp = stamp
        self.body = body
        self.digest = hashlib.sha256(body).hexdigest()
        self._packs = packs and len(body) > SMALL

    @cached_property
    def packed(self) -> bytes | None:
        """It compressed, None where that is of no use."""
        # No time in it: equal content has equal bytes.
        return gzip.compress(self.body, 9, mtime=0) if self._packs else None


class StaticFiles:
    """The folder of the client's files. Reads each once, and again when it has changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._files: dict[str, File] = {}
        self._stamps: dict[str, tuple[int, int]] = {}
        self._version = ""
        self._pages: dict[tuple[str, str], bytes] = {}
        self.version()

    def routes(self, pages: Mapping[str, str]) -> list[BaseRoute]:
        """Return the routes of all files, and of `pages`: {path: name of the file}."""
        return [
            *(Route(path, self._page_of(name)) for path, name in pages.items()),
            Route("/favicon.ico", self._icon),
            Mount(PREFIX, routes=[Route("/{path:path}", self._file)]),
        ]

    def _page_of(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        async def page(request: Request) -> Response:
            # Whether anything has changed is asked of the disk.
            body = await asyncio.to_thread(self.page, name)
            return answer(request, File(body, packs=True), "text/html", None)

        return page

    async def _icon(self, request: Request) -> Response:
        return answer(request, self.read("icon.svg"), "image/svg+xml", None)

    # Files.

    async def _file(self, request: Request) -> Response:
        """Answer for a file below `/static/`. Raises HTTPException where there is none."""
        path = str(request.path_params["path"])
        version = None
        if found := VERSIONED.match(path):
            version, path = found.groups()
        file = self.read(path)
        # An address of before, or of another server of the fleet: what is here now, not to be kept.
        kept = version is not None and version == self._version
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        return answer(request, file, kind, KEPT if kept else ASKED)

    def read(self, path: str) -> File:
        """Return a file. Raises HTTPException (404) where there is none of that name."""
        place = self._folder / path
        try:
            if path not in self._files:
                place = place.resolve()
                # Nothing outside: neither by `..` nor by a link.
                if not place.is_relative_to(self._folder) or not place.is_file():
                    raise HTTPException(404)
            stamp = _stamp(place.stat())
        except (OSError, ValueError):  # gone, or what cannot be a name
            raise HTTPException(404) from None
        known = self._files.get(path)
        if known is not None and known.stamp == stamp:
            return known
        file = File(place.read_bytes(), packs=place.suffix in TEXTS, stamp=stamp)
        self._files[path] = file
        return file

    def version(self) -> str:
        """Return what names the content of all files: it changes with any of them."""
        stamps = {
            path.relative_to(self._folder).as_posix(): _stamp(path.stat())
            for path in self._folder.rglob("*")
            if path.is_file()
        }
        if stamps != self._stamps:
            digest = hashlib.sha256()
            for path in sorted(stamps):
                digest.update(f"{path} {self.read(path).digest}\n".encode())
            self._stamps, self._version = stamps, digest.hexdigest()[:12]
            self._pages = {}
        return self._version

    # Pages.

    def page(self, name: str) -> bytes:
        """Return a page, with its files at their versioned addresses, and its modules named."""
        version = self.version()
        if (name, version) in self._pages:
            return self._pages[name, version]
        text = self.read(name).body.decode()
        links = "".join(
            f'  <link rel="modulepreload" href="{escape(PREFIX + path)}">\n'
            for path in self.modules(text)
            if f'src="{PREFIX}{path}"' not in text
        )
        text = text.replace("</head>", f"{links}</head>", 1)
        page = text.replace(f'"{PREFIX}', f'"{PREFIX}v-{version}/').encode()
        self._pages[name, version] = page
        return page

    def modules(self, page: str) -> list[str]:
        """Return the modules that the scripts of a page load, those nearest to them first."""
        found: dict[str, None] = {}
        waiting = SCRIPTS.findall(page)
        for path in waiting:
            if path not in found:
                found[path] = None
                waiting.extend(self._imported(path))
        return list(found)

    def _imported(self, path: str) -> Iterator[str]:
        folder = PurePosixPath(path).parent
        if not (self._folder / path).is_file():
            # The browser will say so.
            return
        for imported, worker in IMPORTS.findall(self.read(path).body.decode()):
            yield _plain(folder / (imported or worker))


def _stamp(state: os.stat_result) -> tuple[int, int]:
    return state.st_mtime_ns, state.st_size


def _plain(path: PurePosixPath) -> str:
    """Return the path without `..` and `.`."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def answer(request: Request, file: File, kind: str, cache: str | None) -> Response:
    """Return that file: compressed where that is understood, and not again where it is known.

    `cache`: what may be kept, None = nothing.
    """
    packed = file.packed if _takes_gzip(request) else None
    headers = {"Vary": "Accept-Encoding"}
    if cache is not None:
        tag = f'"{file.digest[:32]}{"-gz" if packed else ""}"'
        headers |= {"ETag": tag, "Cache-Control": cache}
        if tag in _tags(request):
            return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(packed or file.body, headers=headers, media_type=kind)


def _tags(request: Request) -> set[str]:
    said = request.headers.get("if-none-match", "")
    return {tag.strip().removeprefix("W/") for tag in said.split(",")}


def _takes_gzip(request: Request) -> bool:
    for part in request.headers.get("accept-encoding", "").split(","):
        name, _, quality = part.partition(";")
        if name.strip().lower() == "gzip":
            return quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
