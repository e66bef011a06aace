#!/usr/bin/env bash
# `spillway devices` on machines with several GPUs, with none, without a driver and with one that is too old, by stand-ins for
# NVIDIA's libraries.
. "$(dirname "$0")/lib.sh"
build=$(dirname "$SPILLWAY")/tests
[ -e "$build/cuda/libcuda.so.1" ] || fail "$build has no stand-in for the driver"

# with DEVICES ARGUMENTS...: a driver with GPUs of these capabilities.
with() {
  local devices=$1
  shift
  LD_LIBRARY_PATH=$build/cuda:$build/nvml_3 STAND_IN_CUDA_DEVICES=$devices expect 0 "$@"
}

# ---- two that can be used, one that is too old ----
with "90 61 75" devices
says out "cuda:0   Stand-in 0: 2.0 MiB, 1.0 MiB free; compute capability 9.0, 132 multiprocessors"
says out "cuda:1   Stand-in 1: cannot be used: this GPU has compute capability 6.1"
says out "cuda:2   Stand-in 2: 2.0 MiB, 1.0 MiB free; compute capability 7.5"
says out "driver   550.54.14, CUDA 12.4"
is_silent err
with "90 61 75" devices --json
python3 - .out <<'PY' || fail "the list of three is not as it should be"
import json, sys
d = json.load(open(sys.argv[1]))
assert d["driver"] == "550.54.14" and d["cuda"] == "12.4" and "reason" not in d, d
assert [x["name"] for x in d["devices"]] == ["cuda:0", "cuda:1", "cuda:2"], d
assert [x["usable"] for x in d["devices"]] == [True, False, True], d
first, old, _ = d["devices"]
assert first == {"name": "cuda:0", "model": "Stand-in 0", "usable": True, "total_bytes": 2 << 20, "free_bytes": 1 << 20,
                 "capability": "9.0", "processors": 132}, first
assert "6.1" in old["reason"] and "total_bytes" not in old and old["model"] == "Stand-in 1", old
PY

# ---- all that can be used, and one by one ----
model=$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf
with "90 61 75" plan "$model" --ctx-size 64 --devices auto
says err "warning: cuda:1 is not used: this GPU has compute capability 6.1"
says out "of 0.00 MB of cuda:0 (Stand-in 0)"
says out "of 0.00 MB of cuda:2 (Stand-in 2)"
with "90 75" plan "$model" --ctx-size 64 --devices cuda:1,cuda:0
is_silent err
says out "VRAM0 total                              0.00 MB  of 0.00 MB of cuda:1"
LD_LIBRARY_PATH=$build/cuda:$build/nvml_3 STAND_IN_CUDA_DEVICES="90 75" expect 2 plan "$model" --devices cuda:1,cuda:1
says err "--devices names cuda:1 twice"
LD_LIBRARY_PATH=$build/cuda:$build/nvml_3 STAND_IN_CUDA_DEVICES="90 75" expect 1 plan "$model" --devices cuda:0,cuda:2
says err "cuda:2: there is no such GPU"

# ---- none, for three reasons ----
with "" devices
says out "no GPU: the NVIDIA driver finds no GPU"
LD_LIBRARY_PATH=$build/cuda_old expect 0 devices
says out "no GPU: the NVIDIA driver is too old"
LD_LIBRARY_PATH=$build/cuda_old expect 0 devices --json
python3 -c 'import json; d = json.load(open(".out")); assert d["devices"] == [] and "too old" in d["reason"] and "cuda" not in d, d' \
  || fail "the list of none is not as it should be"
if ! ldconfig -p | grep -q libcuda.so.1; then
  expect 0 devices
  says out "no GPU: no NVIDIA driver"
fi

# ---- mistakes ----
expect 2 devices cuda:0
expect 2 devices --verbose
