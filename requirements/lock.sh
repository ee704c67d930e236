#!/bin/sh
# Pin every dependency with its hashes. $1 is a folder in which `uv` may be, and which has pip.
set -eu
cd "$(dirname "$0")/.."
"$1/python" -m pip install --quiet --disable-pip-version-check uv
bin=$1
compile() {
  "$bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    --upgrade pyproject.toml "$@"
}
compile --group build -o requirements/run.txt
# The same versions where both have a package.
compile --extra wfdb --group build --group dev -c requirements/run.txt -o requirements/dev.txt
