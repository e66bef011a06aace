#!/usr/bin/env bash
# The bundle for a machine where nothing can be installed: it is small, runs in an empty folder without an environment, with its own
# libraries, and its check goes through all steps on the emulated GPU.
. "$(dirname "$0")/../cli/lib.sh"
"$SPILLWAY_SOURCE/scripts/gpu_bundle" "$(dirname "$SPILLWAY")" "$work/bundle.tar.gz" >.out 2>.err || fail "no bundle"
tar -xzf bundle.tar.gz
rm bundle.tar.gz
grep -q '^needs the C library of GLIBC_2' spillway-gpu/MANIFEST || fail "the manifest does not name the C library"
# What the program loads and the C library has not, is the bundle's.
LD_LIBRARY_PATH=$work/spillway-gpu/lib ldd spillway-gpu/bin/spillway >.out
! grep '=> /' .out | grep -vE "=> $work/|/(libc|libm|libresolv)\.so" || fail "a library is not in the bundle"
mkdir empty
code=0
(cd empty && env -i PATH=/usr/bin:/bin ../spillway-gpu/check-gpu.sh --device emu:256MiB --work . --out result.json) >.out 2>.err || code=$?
[ $code = 0 ] || fail "check-gpu.sh: exit code $code"
is_silent err
[ "$(ls empty)" = result.json ] || fail "check-gpu.sh leaves files"
python3 - <<'PY' || fail "result.json is not as it should be"
import json
d = json.load(open("empty/result.json"))
steps = {s["name"]: s for s in d["steps"]}
assert d["ok"] and d["emulated"] and d["device"] == "emu:256MiB", d
assert len(steps) == 14 and all(s["status"] == "ok" for s in steps.values()), steps
assert steps["parity all"]["detail"].startswith("equal, "), steps
assert set(d["figures"]) == {"perf cpu", "perf gpu", "perf cpu-moe"}, d["figures"].keys()
assert d["devices"]["devices"] is not None
PY

# A device that is not there: every step that needs it fails, the others do not, and the exit code says so.
code=0
(cd empty && env -i PATH=/usr/bin:/bin ../spillway-gpu/check-gpu.sh --device emu:none --work . --out result.json) >.out 2>.err || code=$?
[ $code = 1 ] || fail "check-gpu.sh without a device: exit code $code"
python3 - <<'PY' || fail "result.json of a missing device is not as it should be"
import json
d = json.load(open("empty/result.json"))
bad = {s["name"] for s in d["steps"] if s["status"] != "ok"}
assert not d["ok"] and bad == {f"kernels {k}" for k in ("vector", "products", "attend", "experts")} | {
    "graphs", "parity all", "parity cpu-moe", "parity stream", "parity cache", "perf gpu", "perf cpu-moe"}, bad
PY
