#!/usr/bin/env bash
# The committed bundles are what their source and the pinned packages make, byte for byte.  Works in a copy, so that it
# can run beside other tests.
set -euo pipefail
source_dir=${SPILLWAY_SOURCE:-.}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$source_dir"/web/{package.json,package-lock.json,.npmrc,build.mjs,src,style} "$work"
if grep -n 'https\?://' "$work/package-lock.json"; then
    echo "package-lock.json names a registry; see web/.npmrc" >&2
    exit 1
fi
"$source_dir/scripts/npm_packages" "$work"
(cd "$work" && node build.mjs "$work/out")
diff -rq "$work/out" "$source_dir/web/dist" ||
    { echo "web/dist/ is stale: run 'npm run build' in web/" >&2; exit 1; }
