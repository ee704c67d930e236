#!/bin/sh
# Fetch the browser's one library again: the ES modules as published, not bundled.
# Without an argument the version that is here, which must come out as its checksums say;
# with one (static/vendor/update.sh 3.1.3) that version, and its checksums are written.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
held=$(cat "$here/msgpack/VERSION")
version=${1:-$held}
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
if [ "$version" = "$held" ]; then
    sha256sum --quiet --check SHA256SUMS
    echo "msgpack $version: as its checksums say"
else
    find msgpack -type f ! -name '*.d.mts' | LC_ALL=C sort | xargs sha256sum >SHA256SUMS
    echo "msgpack $version instead of $held: checksums written"
fi
