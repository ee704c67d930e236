#!/bin/sh
# Pin every dependency with its hashes. $1 is a folder in which `uv` may be, and which has pip.
set -eu
cd "$(dirname "$0")/.."
"$1/python" -m pip install --quiet --disable-pip-version-check uv
bin=$1
# With their extras: a pip before 23.3 does not hold `coverage[toml]` to a pin of `coverage`, and
# refuses to install as soon as a newer coverage is out.
compile() {
  "$bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    --no-strip-extras --upgrade pyproject.toml "$@"
}
# With `pdf` and `filter`: a page to take away, as it is seen, is there after `make run`.
compile --extra load --extra pdf --extra filter --group build -o requirements/run.txt
# The same versions where both have a package.
compile --extra wfdb --extra edf --extra dicom --extra matlab --extra filter --extra load --extra pdf \
  --extra postgresql --group build --group dev \
  -c requirements/run.txt -o requirements/dev.txt
