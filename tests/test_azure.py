"""Azure's store: what an address means, whose credentials are used, and a library that may abort."""

import http.server
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ecgstream.errors import LayoutError, SourceUnavailable
from ecgstream.storage.azure import client
from ecgstream.storage.azure.account import Account, account_of
from ecgstream.storage.azure.files import azure
from ecgstream.storage.catalog import scan
from ecgstream.storage.index.addresses import resolved, shown_of
from tests.serving import DATA

HOLTER = DATA / "cpsc2021"
RECORD = "data_101_6-pq"
KEY = "c2VjcmV0"
NAMES = ("ACCOUNT", "KEY", "SAS_TOKEN", "CONNECTION_STRING")


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have none of its names in the environment."""
    for name in NAMES:
        monkeypatch.delenv(f"AZURE_STORAGE_{name}", raising=False)


def said(**environ: str) -> dict[str, str]:
    return {f"AZURE_STORAGE_{name}": value for name, value in environ.items()}


@pytest.mark.parametrize(
    ("address", "environ", "account", "path"),
    [
        ("abfs://ecg@hospital.dfs.core.windows.net/a/b", {}, "hospital", "ecg/a/b"),
        ("abfss://ecg@hospital.blob.core.windows.net/", {}, "hospital", "ecg"),
        ("abfs://hospital.blob.core.windows.net/ecg/a", {}, "hospital", "ecg/a"),
        ("az://ecg/a%20b", said(ACCOUNT="hospital"), "hospital", "ecg/a b"),
        ("abfs://ecg", said(CONNECTION_STRING=f"AccountName=h;AccountKey={KEY}"), "h", "ecg"),
    ],
)
def test_an_address_names_account_container_and_path(address, environ, account, path):
    found, inside = account_of(address, address, environ)
    assert (found.name, inside) == (account, path)
    assert (found.blob, found.dfs) == (".blob.core.windows.net", ".dfs.core.windows.net")


def test_a_cloud_of_its_own_is_named_by_the_address():
    found, _ = account_of("abfs://ecg@hospital.dfs.core.chinacloudapi.cn/a", "", {})
    assert (found.blob, found.dfs) == (".blob.core.chinacloudapi.cn", ".dfs.core.chinacloudapi.cn")


@pytest.mark.parametrize(
    ("environ", "key", "sas"),
    [
        ({}, "", ""),
        (said(KEY=KEY), KEY, ""),
        (said(ACCOUNT="hospital", KEY=KEY), KEY, ""),
        (said(SAS_TOKEN="sv=1&sig=x"), "", "?sv=1&sig=x"),
        (said(SAS_TOKEN="?sv=1&sig=x"), "", "?sv=1&sig=x"),
        (said(CONNECTION_STRING=f"AccountName=hospital;AccountKey={KEY}"), KEY, ""),
        (
            said(
                CONNECTION_STRING="BlobEndpoint=https://hospital.blob.core.windows.net/;"
                "SharedAccessSignature=sv=1&sig=x%3D"
            ),
            "",
            "?sv=1&sig=x%3D",
        ),
        # What is said of one account is not said to another.
        (said(ACCOUNT="other", KEY=KEY), "", ""),
        (said(ACCOUNT="other", SAS_TOKEN="sig=x"), "", ""),
        (said(CONNECTION_STRING=f"AccountName=other;AccountKey={KEY}"), "", ""),
    ],
)
def test_credentials_are_those_that_the_environment_has_for_the_account(environ, key, sas):
    found, _ = account_of("abfs://ecg@hospital.dfs.core.windows.net/a", "", environ)
    assert (found.key, found.sas, found.anonymous) == (key, sas, False)
    assert KEY not in repr(found)
    assert "sig" not in repr(found)


def test_an_endpoint_of_ones_own_is_taken_from_the_environment():
    text = f"DefaultEndpointsProtocol=http;AccountName=dev;AccountKey={KEY};"
    here = f"{text}BlobEndpoint=http://127.0.0.1:10000/dev;"
    found, path = account_of("az://ecg/a", "", said(CONNECTION_STRING=here))
    assert (found.blob, found.dfs, found.scheme) == ("127.0.0.1:10000",) * 2 + ("http",)
    assert (found.key, path) == (KEY, "ecg/a")
    public, _ = account_of("az://ecg?credential_kind=anonymous", "", said(CONNECTION_STRING=here))
    assert public == Account("dev", found.blob, found.dfs, "http", anonymous=True)
    with pytest.raises(
        LayoutError, match="an endpoint of one's own is taken from AZURE_STORAGE_CON"
    ):
        resolved("abfs://127.0.0.1:10000/dev/ecg")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("abfs://ecg@hospital/a", "is 'ecg' the account, or 'hospital'?"),
        ("az://ecg/a", "names no account; expected abfs://CONTAINER@ACCOUNT.dfs"),
        ("abfs://hospital.dfs.core.windows.net", "names no container"),
        ("abfs://@hospital.dfs.core.windows.net/a?region=x", "the one option is credential_kind"),
    ],
)
def test_an_address_that_is_not_understood_is_refused(address: str, words: str):
    with pytest.raises(LayoutError) as caught:
        resolved(address)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        (said(KEY="AAA"), "what AZURE_STORAGE_KEY has for a key is not base64"),
        (
            said(CONNECTION_STRING="AccountKey=x"),
            "AZURE_STORAGE_CONNECTION_STRING names no account",
        ),
        (
            said(CONNECTION_STRING="AccountName=hospital;BlobEndpoint=https://ecg.example.org"),
            "is neither ACCOUNT.HOST nor HOST/ACCOUNT",
        ),
    ],
)
def test_an_environment_that_is_not_understood_is_refused(environ, words):
    with pytest.raises(SourceUnavailable) as caught:
        account_of("abfs://ecg@hospital.dfs.core.windows.net/a", "the address", environ)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("abfs://a@h.dfs.core.windows.net/x", "abfs://a@h.dfs.core.windows.net/x"),
        ("abfs://a:s3/cr@et@h.dfs.core.windows.net/x", "abfs://a@h.dfs.core.windows.net/x"),
        ("az://a/x@y?sig=s3cret", "az://a/x@y"),
        ("s3://key:s3/cret@bucket/x", "s3://bucket/x"),
        ("s3://key@bucket/x", "s3://bucket/x"),
        ("s3://bucket/x@y/z?region=a", "s3://bucket/x@y/z"),
        ("gs://anonymous@bucket/x", "gs://bucket/x"),
        ("folder/a@b?c", "folder/a@b?c"),
    ],
)
def test_what_is_shown_of_an_address_tells_places_apart_and_no_secret(address: str, shown: str):
    assert shown_of(address) == shown


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for what is at Azure's."""
    monkeypatch.setattr(client, "MODULE", "tests.folder_process")
    (tmp_path / "ecg").symlink_to(HOLTER)
    return tmp_path


def test_what_a_process_of_its_own_reads_is_the_same_to_the_bit(folder: Path):
    far, local = scan([(azure(str(folder), Account("h")), "ecg")]), scan([HOLTER])
    assert far.problems == ()
    record = local.record(RECORD)
    leads = [lead.name for lead in record.leads]

    def same(start: int) -> bool:
        got = far.read(RECORD, leads, start, start + 9_000)
        wanted = local.read(RECORD, leads, start, start + 9_000)
        return all(np.array_equal(a.samples, b.samples) for a, b in zip(got, wanted, strict=True))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(same, range(0, record.length - 9_000, 2_000)))


def test_what_is_not_there_is_said_not_to_be_there(folder: Path):
    [problem] = scan([(azure(str(folder), Account("h")), "ecg/nowhere")]).problems
    assert "nothing is there, but there is 'ecg'" in str(problem)


def test_a_process_that_dies_is_said_to_have_died_and_begun_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    one = client.Client(str(folder))
    assert one.ask("info", "ecg")[0] == "ecg"
    process = one._running._process
    process.kill()
    process.wait()
    with pytest.raises(OSError, match="the process that speaks to Azure ended"):
        while True:
            one.ask("info", "ecg")
    # At once it is not begun again, or what asks in a loop would begin it in a loop.
    with pytest.raises(OSError, match="the process that speaks to Azure ended"):
        one.ask("info", "ecg")
    monkeypatch.setattr(client, "AGAIN_S", 0.0)
    assert one.ask("info", "ecg")[0] == "ecg"
    one.close()


def test_where_nobody_listens_the_next_one_who_asks_is_told_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    # What it says when it has tried four times, in place of a path that is not there.
    monkeypatch.setattr(client, "NOBODY", "nowhere")
    one = client.Client(str(folder))
    with pytest.raises(FileNotFoundError):
        one.ask("begin", "nowhere", one.handle())
    with pytest.raises(OSError, match="nowhere"):
        one.ask("info", "ecg")
    monkeypatch.setattr(client, "AGAIN_S", 0.0)
    assert one.ask("info", "ecg")[0] == "ecg"
    one.close()


class _Odd(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 - the name is http.server's

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def test_an_answer_that_is_none_of_azures_harms_nobody(monkeypatch: pytest.MonkeyPatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Odd)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    here = f"AccountName=h;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:{server.server_port}/h"
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", here)
    [problem] = scan(["az://ecg"]).problems
    assert isinstance(problem, SourceUnavailable)
    assert "could not be fetched: the process that speaks to Azure ended" in str(problem)
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_store_that_listens_and_says_nothing_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(client, "DEADLINE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        here = f"AccountName=h;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:{port}/h"
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", here)
        [problem] = scan(["az://ecg"]).problems
    assert isinstance(problem, SourceUnavailable)
    assert "could not be fetched: Azure did not answer within 0.5 s" in str(problem)


def test_no_credentials_are_said_to_be_none(monkeypatch: pytest.MonkeyPatch):
    # Nothing is asked over the network: a token is never sent where nobody encrypts.
    monkeypatch.setenv(
        "AZURE_STORAGE_CONNECTION_STRING", "AccountName=h;BlobEndpoint=http://127.0.0.1:1/h"
    )
    [problem] = scan(["az://ecg"]).problems
    assert "refuses the credentials of this server's environment, or finds none" in str(problem)
