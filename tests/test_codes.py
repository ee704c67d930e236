"""One-time codes: good once, for a while, on all servers together."""

import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ecgstream.web.codes import ALPHABET, LIFETIME_S, CodeFile
from ecgstream.web.tokens import Token, TokenFile, screen_token
from tests.serving import ROOT

NOW = 1_740_000_000.0


class House:
    def __init__(self, folder: Path) -> None:
        self.tokens = folder / "tokens"
        self.token = screen_token(self.tokens, "screen-3", "icu-2")
        self.file = CodeFile(self.tokens)

    def code(self, now: float = NOW) -> str:
        return self.file.add(self.token, now)

    def take(self, code: str, now: float = NOW) -> Token | None:
        """Take it as another process would, that has read nothing yet."""
        return CodeFile(self.tokens).take(code, TokenFile(self.tokens).named, now)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_code_is_twelve_letters_that_are_not_read_as_others(house: House):
    codes = {house.code() for _ in range(50)}
    assert len(codes) == 50
    assert all(
        re.fullmatch(f"(?:[{ALPHABET}]{{4}}-){{2}}[{ALPHABET}]{{4}}", code) for code in codes
    )
    assert len(ALPHABET) == 32
    assert not set("01IO") & set(ALPHABET)


def test_what_is_kept_of_it_tells_nothing_and_is_for_the_owner_only(house: House):
    code = house.code()
    text = house.file.path.read_text()
    assert re.fullmatch(rf"screen-3 [0-9a-f]{{64}} {int(NOW) + LIFETIME_S}\n", text)
    assert code.replace("-", "").lower() not in text.lower()
    assert stat.S_IMODE(house.file.path.stat().st_mode) == 0o600


def test_it_is_good_once_whoever_asks(house: House):
    code = house.code()
    assert house.take(code) == house.token
    assert house.take(code) is None
    assert house.file.take(code, TokenFile(house.tokens).named, NOW) is None
    assert house.file.path.read_text() == ""


def test_it_may_be_typed_in_small_letters_and_without_dashes(house: House):
    assert house.take(house.code().lower().replace("-", " ")) == house.token


def test_it_is_good_for_15_minutes(house: House):
    code = house.code()
    assert house.take(code, NOW + LIFETIME_S) is None
    assert house.take(code, NOW + LIFETIME_S - 1) == house.token


@pytest.mark.parametrize("wrong", ["", "-", "AAAA-AAAA-AAAA", "\ud800", "x" * 4_000])
def test_a_wrong_one_takes_nothing_and_writes_nothing(house: House, wrong: str):
    code = house.code()
    before = house.file.path.stat()
    assert house.take(wrong) is None
    assert house.file.path.stat() == before
    assert house.take(code) == house.token


def test_a_guess_before_there_was_any_code_makes_no_file(house: House):
    assert house.take("AAAA-AAAA-AAAA") is None
    assert not house.file.path.exists()


def test_a_second_code_of_a_screen_replaces_the_first_and_leaves_others(house: House):
    other = screen_token(house.tokens, "screen-4", "icu-2")
    others = house.file.add(other, NOW)
    first, second = house.code(), house.code()
    assert house.take(first) is None
    assert house.take(second) == house.token
    assert house.take(others) == other


def test_codes_that_are_over_are_swept_out(house: House):
    house.code()
    other = screen_token(house.tokens, "screen-4", "icu-2")
    house.file.add(other, NOW + LIFETIME_S)
    assert house.file.path.read_text().split()[0] == "screen-4"


def test_it_dies_with_its_token_and_is_not_that_of_a_new_one_of_the_name(house: House):
    code = house.code()
    house.tokens.write_text("# all gone\n")
    assert house.take(code) is None
    screen_token(house.tokens, "screen-3", "icu-2")
    assert house.take(code) is None


def test_lines_that_make_no_sense_are_passed_over(house: House):
    code = house.code()
    path = house.file.path
    path.write_bytes(b"a b\n\xff\nscreen-3 00 \xb2\nscreen-3 \xe4 9999999999\n" + path.read_bytes())
    assert house.take(code) == house.token


def test_of_many_who_use_it_at_once_one_gets_in(house: House):
    code = house.code()
    found = []
    ready = threading.Barrier(8)

    def take() -> None:
        file, tokens = CodeFile(house.tokens), TokenFile(house.tokens)
        ready.wait()
        found.append(file.take(code, tokens.named, NOW))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count(house.token) == 1
    assert found.count(None) == 7


TAKE = """
import sys
from pathlib import Path
from ecgstream.web.codes import CodeFile
from ecgstream.web.tokens import TokenFile
tokens = Path(sys.argv[1])
file, known = CodeFile(tokens), TokenFile(tokens)
print("ready", flush=True)
sys.stdin.readline()
found = file.take(sys.argv[2], known.named, float(sys.argv[3]))
print(found and found.name)
"""


def test_of_two_processes_that_use_it_at_once_one_gets_in(house: House):
    command = [sys.executable, "-c", TAKE, str(house.tokens), house.code(), str(NOW)]
    pipe = subprocess.PIPE
    takers = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) for _ in range(2)
    ]
    for taker in takers:
        assert taker.stdout.readline() == "ready\n"
    for taker in takers:
        taker.stdin.write("\n")
        taker.stdin.flush()
    assert sorted(taker.communicate(timeout=60)[0].strip() for taker in takers) == [
        "None",
        "screen-3",
    ]


def test_one_that_cannot_be_taken_out_of_the_file_is_not_taken(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    code = house.code()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr("os.open", refuse)
        with pytest.raises(PermissionError):
            house.take(code)
    assert house.take(code) == house.token
