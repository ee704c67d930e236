#!/bin/sh
# Fetch the browser's one library anew: the ES modules as published, not bundled, and their checksums.
# Usage: static/vendor/vendor.sh [VERSION]; without one, the version that is here.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
version=${1:-3.1.3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "@msgpack/msgpack@$version" >/dev/null
tar -xzf ./*.tgz
target=$here/msgpack
# What is written by hand (the types) stays.
find "$target" -name '*.mjs' -delete
(cd package/dist.esm && find . -name '*.mjs') | while read -r file; do
    mkdir -p "$target/$(dirname "$file")"
    # The source maps are not here, and a browser would look for them.
    sed '/^\/\/# sourceMappingURL=/d' "package/dist.esm/$file" >"$target/$file"
done
cp package/LICENSE "$target/LICENSE"
printf '%s\n' "$version" >"$target/VERSION"
cd "$here"
find msgpack -type f ! -name '*.d.mts' | LC_ALL=C sort | xargs sha256sum >SHA256SUMS
