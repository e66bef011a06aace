#!/usr/bin/env bash
# scripts/deps shows that apt is at work, tries again after an update, and reports a failure with apt's own words.  apt and
# dpkg are stand-ins here: nothing is installed.
. "$(dirname "$0")/lib.sh"
mkdir bin
cat >bin/apt-get <<'APT'
#!/bin/sh
echo "$1" >>calls
echo "Unpacking libuv1-dev"
sleep "$(cat seconds)"
echo "apt-get $1 ends"
[ "$1" = update ] || [ "$(grep -c install calls)" -ge "$(cat fails_before)" ]
APT
printf '#!/bin/sh\nexit 1\n' >bin/dpkg-query
printf '#!/bin/sh\necho 0\n' >bin/id
chmod +x bin/*

# deps: runs it with the stand-ins; its exit code is printed.
deps() {
  local code=0
  rm -f calls
  PATH=$work/bin:$PATH "$SPILLWAY_SOURCE/scripts/deps" build >.out 2>.err || code=$?
  echo $code
}

echo 1 >fails_before
echo 2.5 >seconds
[ "$(deps)" = 0 ] || fail "an installation that works"
says err "scripts/deps: installing"
says err "apt-get install, 2 s: Unpacking libuv1-dev"
is_plain err
echo 2 >fails_before
echo 0 >seconds
[ "$(deps)" = 0 ] || fail "an installation that works after an update"
[ "$(tr '\n' ' ' <calls)" = "install update install " ] || fail "calls: $(cat calls)"
echo 9 >fails_before
[ "$(deps)" = 1 ] || fail "an installation that fails"
says err "apt-get install ends"
says err "the installation failed"

# What a fresh machine builds has the kernels of GPUs.
"$SPILLWAY_SOURCE/scripts/deps" list | grep -q '^build clang ' || fail "a build does not install the compiler of the GPU's kernels"
