#!/usr/bin/env bash
# The library as another program sees it: it exports exactly the functions that include/ declares, and a program that has only
# what `make install` leaves, and asks pkg-config for it, loads a model and generates.
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
build=$(dirname "$SPILLWAY")

scripts/public_names include >"$dir/declared"
nm -g --defined-only "$build/libspillway.a" | awk 'NF == 3 {print $3}' | sort >"$dir/exported"
# Sanitizers and profilers add their own.
grep -E '^[a-z]' "$dir/exported" | grep -vE '^(asan|ubsan|tsan)' >"$dir/named"
diff "$dir/declared" "$dir/named" || {
  echo "libspillway.a exports other names (>) than include/ declares (<)" >&2
  exit 1
}
[ "$(wc -l <"$dir/declared")" -ge 39 ]

# Installed as a package would be, in another place than where it was configured for; pkg-config says the rest.
DESTDIR=$dir/root cmake --install "$build" --prefix /usr/local >"$dir/log"
PKG_CONFIG_PATH=$(dirname "$(find "$dir/root" -name spillway.pc)")
export PKG_CONFIG_PATH
[ "$("$dir/root/usr/local/bin/spillway" --version)" = "spillway $(pkg-config --modversion spillway)" ] || {
  echo "spillway.pc and the program name different versions" >&2
  exit 1
}

# Licence, documents, man pages and completions come along.
share=$dir/root/usr/local/share
for file in doc/spillway/LICENSE doc/spillway/README.md doc/spillway/commands.md man/man1/spillway.1 man/man1/spillway-run.1 \
  bash-completion/completions/spillway zsh/site-functions/_spillway fish/vendor_completions.d/spillway.fish; do
  [ -s "$share/$file" ] || {
    echo "make install does not bring $file" >&2
    exit 1
  }
done
"$dir/root/usr/local/bin/spillway" man serve | cmp - "$share/man/man1/spillway-serve.1"

sanitizers=$(sed -n 's/^SPILLWAY_SANITIZE:STRING=//p' "$build/CMakeCache.txt")
# shellcheck disable=SC2046,SC2086
"${CC:-cc}" -std=c11 -Wall -Werror ${sanitizers:+-fsanitize=$sanitizers} $(pkg-config --cflags spillway) tests/archive/user.c \
  $(pkg-config --libs spillway) -o "$dir/user"
"$dir/user" models/demo-gpt-oss.gguf | grep -q 68
