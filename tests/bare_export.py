"""Stands for an export on a machine without the packages of the extras."""

import sys

sys.modules |= dict.fromkeys(("wfdb", "edfio", "reportlab.pdfbase", "scipy"))

from ecgstream.archive.export_process import main  # noqa: E402

if __name__ == "__main__":
    if sys.argv[1].startswith("-"):
        sys.exit(1)
    sys.exit(main(sys.argv[1], sys.stdin.buffer, sys.stdout.buffer))
