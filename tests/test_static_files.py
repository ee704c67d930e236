"""The files of the pages: packed, kept by their version, and all modules of a page named."""

import gzip
import os
import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ecgstream.web.app import PAGES, static_folder
from ecgstream.web.static_files import StaticFiles

MAIN = """// Not this: import "./comment.js";
/** @typedef {import("./typed.js").Type} Type */
import { one } from "./a/one.js";
import {
    two,
} from "../js/two.js";
import "./bare.js";
export { three } from "./three.js";
export function from(x) { return x === "./no.js"; }
const worker = new Worker(new URL("./worker.js", import.meta.url));
"""
PAGE = """<!doctype html><html><head>
<link rel="stylesheet" href="/static/style.css">
<script type="module" src="/static/js/main.js"></script>
</head><body></body></html>
"""


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "static"
    files = {
        "page.html": PAGE,
        "style.css": "a { color: red; }\n" * 100,
        "icon.svg": "<svg/>",
        "js/main.js": MAIN,
        "js/a/one.js": 'import "../two.js";',
        "js/two.js": 'import { main } from "./main.js";',
        "js/bare.js": "1;",
        "js/three.js": "export const three = 3;",
        "js/worker.js": 'import "./a/one.js"; import "./deep.js";\nimport "./deep.js";',
        "js/deep.js": "1;",
    }
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    (tmp_path / "secret.js").write_text("secret", encoding="utf-8")
    return root


@pytest.fixture
def client(folder):
    return TestClient(Starlette(routes=StaticFiles(folder).routes({"/": "page.html"})))


def address(client, file):
    """Return the address that the page gives for a file."""
    found = re.search(rf'"(/static/v-[0-9a-f]+/{re.escape(file)})"', client.get("/").text)
    assert found
    return found[1]


def test_a_page_names_each_module_once_and_nothing_else(client):
    links = re.findall(r'rel="modulepreload" href="/static/v-\w+/([^"]+)"', client.get("/").text)
    modules = [
        "js/a/one.js",
        "js/two.js",
        "js/bare.js",
        "js/three.js",
        "js/worker.js",
        "js/deep.js",
    ]
    assert sorted(links) == sorted(modules)
    assert len(links) == len(set(links))


def test_a_file_is_packed_for_who_can_unpack_it_and_plain_for_others(client, folder):
    style = (folder / "style.css").read_bytes()
    packed = client.get("/static/style.css", headers={"Accept-Encoding": "gzip, br"})
    plain = client.get("/static/style.css", headers={"Accept-Encoding": "br, gzip;q=0"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(gzip.compress(style, 9)) < len(style) / 10
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content == style
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.headers["content-type"] == "text/css; charset=utf-8"


def test_at_its_version_a_file_is_kept_and_elsewhere_asked_for(client):
    assert "immutable" in client.get(address(client, "style.css")).headers["cache-control"]
    for path in ("/static/style.css", "/static/v-000000000000/style.css"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"
        again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == answer.headers["etag"]


def test_a_changed_file_has_another_address_and_its_new_content(client, folder):
    before = address(client, "style.css")
    (folder / "style.css").write_text("b { color: blue; }", encoding="utf-8")
    after = address(client, "style.css")
    assert after != before
    assert client.get(after).text == "b { color: blue; }"
    assert client.get(before).headers["cache-control"] == "no-cache"


def test_equal_files_have_equal_addresses_whenever_they_were_written(folder):
    before = StaticFiles(folder).version()
    for place in folder.rglob("*.js"):
        os.utime(place, (1, 1))
    assert StaticFiles(folder).version() == before


@pytest.mark.parametrize(
    "path", ["nothing.js", "js", "", "%2e%2e/secret.js", "js/%2e%2e/%2e%2e/secret.js", "a%00b.js"]
)
def test_what_is_no_file_of_the_folder_is_not_found(client, path):
    assert client.get(f"/static/{path}").status_code == 404


def test_a_link_out_of_the_folder_is_not_followed(client, folder):
    (folder / "out.js").symlink_to(folder.parent / "secret.js")
    assert client.get("/static/out.js").status_code == 404


def test_a_file_that_is_gone_is_not_found(client, folder):
    assert client.get("/static/js/bare.js").status_code == 200
    (folder / "js/bare.js").unlink()
    assert client.get("/static/js/bare.js").status_code == 404


@pytest.mark.parametrize("name", sorted(set(PAGES.values())))
def test_every_module_of_our_pages_is_there(name):
    files = StaticFiles(static_folder())
    modules = files.modules(files.page(name).decode().replace(f"v-{files.version()}/", ""))
    assert modules
    assert all(files.read(path).body for path in modules)
