"""The command's options and its line of progress."""

import io

import pytest
from rich.console import Console

from ecgstream.errors import CannotLoad
from ecgstream.loadtest.command import TOKEN, _shown, _token, parser
from ecgstream.loadtest.plan import PROFILES
from ecgstream.loadtest.running import Progress

COMING = Progress(2_000, 1_234, 0, 5_678, 0.0031, None)


def test_help_explains_every_profile_and_the_exit_codes(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        parser().parse_args(["--help"])
    said = capsys.readouterr().out
    assert all(f"\n  {profile} " in said for profile in PROFILES)
    assert "exit code" in said


@pytest.mark.parametrize(
    "option",
    ["--viewers=0", "--duration=0", "--ramp=-1", "--speed=0.05", "--churn=inf", "--at=end"],
)
def test_an_option_that_cannot_be_is_refused(option: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as done:
        parser().parse_args(["http://a", option])
    assert done.value.code == 2
    assert option.split("=", maxsplit=1)[0] in capsys.readouterr().err


def test_on_a_terminal_there_is_a_line_of_progress_that_goes_away():
    out = io.StringIO()
    with _shown(Console(file=out, force_terminal=True, width=120)) as show:
        show(COMING)
    assert "1,234 of 2,000 stream, 5,678 frames, p99 3.1 ms late, coming" in out.getvalue()
    assert out.getvalue().endswith("\x1b[2K")


def test_elsewhere_nothing_is_written():
    out = io.StringIO()
    with _shown(Console(file=out)) as show:
        show(COMING)
    assert not out.getvalue()


def test_a_token_may_end_with_a_line_but_not_be_something_else():
    assert _token(None, {TOKEN: "ecgs_abc\r\n"}) == "ecgs_abc"
    assert _token("ecgs_abc", {}) == "ecgs_abc"
    assert _token(None, {TOKEN: " "}) is None
    for said in ("a\rb", "\u6f22"):
        with pytest.raises(CannotLoad, match=TOKEN):
            _token(None, {TOKEN: said})
