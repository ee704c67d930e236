"""Files that are there only when they are whole, and are named where the disk is full."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from ecgstream.archive.whole_file import whole_file
from ecgstream.cli import main
from tests.serving import DATA

# A limit to the size of files is a disk that is full after so many bytes.
FULL = """
import resource, sys
from pathlib import Path
from ecgstream.archive.whole_file import whole_file
resource.setrlimit(resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
try:
    with whole_file(Path(sys.argv[1])) as unfinished:
        unfinished.write_bytes(b"x" * 1000)
except OSError as error:
    print(error.filename, error.strerror)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_what_does_not_fit_on_the_disk_is_named_and_nothing_is_left(tmp_path: Path):
    out = tmp_path / "file"
    command = [sys.executable, "-c", FULL, str(out)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    assert ended.stdout == f"{out} File too large\n"
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_stays_where_writing_fails_and_the_error_names_it(tmp_path: Path):
    out = tmp_path / "file"
    out.write_text("before")
    with pytest.raises(OSError, match="No space left") as told, whole_file(out) as unfinished:
        unfinished.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert (told.value.filename, told.value.errno) == (str(out), errno.ENOSPC)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    assert out.read_text() == "before"


def test_a_mapping_that_cannot_be_written_is_named_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "nowhere" / "m.toml"
    asked = ["check", str(DATA / "cpsc2018"), "--record=A0001-pq", "--workers=1"]
    assert main([*asked, f"--cache={tmp_path}", "--write-mapping", str(out)]) == 2
    assert capsys.readouterr().err.endswith(f"ecgstream: {out}: No such file or directory\n")
