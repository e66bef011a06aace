#!/usr/bin/env bash
# What is said of VRAM on a machine with a GPU, by a stand-in for NVIDIA's library that knows how much each server uses:
# the criteria about it are met, failed or open as its numbers have it, and the memory of the GPU is known.
. "$(dirname "$0")/lib.sh"
stand_in=$(dirname "$SPILLWAY")/tests/nvml_3
[ -e "$stand_in/libnvidia-ml.so.1" ] || fail "$stand_in has no stand-in"
cat >protocol.json <<'JSON'
{"name": "small", "version": 1, "temperature": 0, "seed": 1, "modes": ["stream", "reference"],
 "tests": [{"name": "one", "prompt": "Say one", "max_tokens": 8}]}
JSON

# bench NAME OFFLOADED OTHER: bytes of VRAM of the two servers.
bench() {
  LD_LIBRARY_PATH=$stand_in STAND_IN_NVML_SERVERS="$2 $3" expect 0 bench "$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf" \
    --protocol protocol.json --modes stream,reference --pause 0 --out "$1" --quiet
  expect 0 report "$1" --json
  cp .out "$1.json"
}
bench met 120000000 12000000000 # 99 % saved, as published
grep -rq "VRAM by the server and by the driver" met || fail "the report does not show both figures of VRAM"
bench failed 6000000000 12000000000
export STAND_IN_NVML_CARDS=2
bench open 0 0 # the driver lists neither server
grep -rq "Each GPU" open || fail "the report does not show the GPUs one by one"
! grep -rq "Each GPU" met || fail "one GPU is shown as several"

python3 - <<'PY'
import json
def look(name):
    report = json.load(open(f"{name}.json"))
    verdicts = {c["id"]: c for c in report["criteria"]}
    return report, report["models"][0], verdicts
wanted = {"met": ("met", 99.0, "measured"), "failed": ("failed", 50.0, "measured"), "open": ("inconclusive", None, "computed")}
for name, (verdict, saved, kind) in wanted.items():
    report, model, criteria = look(name)
    facts = report["run"]["facts"]
    n = 2 if name == "open" else 1
    assert facts["gpu_total_bytes"]["value"] == n * 24 << 30, facts
    assert facts["gpu_name"]["value"] == ("2 x " if n == 2 else "") + "Stand-in 24GB", facts
    assert facts["gpu_devices"]["value"].startswith("0: Stand-in 24GB, 24.0 GiB, PCIe 5 x16"), facts
    assert model["resources_reference"]["gpu_pcie_rx_bps"]["max"] == n * 21e9, model["resources_reference"]
    # Each of several by itself.
    gpus = model.get("gpus", [])
    assert [g["gpu"] for g in gpus] == ([0, 1] if n == 2 else []), gpus
    for side in ("resources", "resources_reference"):
        for g in gpus:
            assert set(g[side]) <= set(model[side]) and g[side]["gpu_pcie_rx_bps"]["max"] == 21e9, g
            assert g[side]["gpu_used_bytes"]["samples"] == model[side]["gpu_used_bytes"]["samples"], g
        assert n == 1 or model[side]["gpu_used_bytes"]["max"] <= sum(g[side]["gpu_used_bytes"]["max"] for g in gpus)
    # No server has allocated anything in VRAM; the driver says otherwise.
    assert model["memory"]["vram_allocated_bytes"] == 0, model["memory"]
    assert report["run"]["status"] in ("ok", "inconclusive"), report["run"]["reasons"]  # a server without CUDA is no fault
    for row in ("vram-saving", "expected-saving"):
        assert criteria[row]["verdict"] == verdict, (name, row, criteria[row])
    assert criteria["loads-offloaded"]["verdict"] == "met", criteria["loads-offloaded"]
    assert model["memory"]["kind"] == kind, model["memory"]
    if saved is not None:
        assert abs(model["memory"]["saved_pct"] - saved) < 1e-6, model["memory"]
        assert model["memory"]["vram_reference_bytes"] == 12e9, model["memory"]
        assert model["resources_reference"]["gpu_process_bytes"]["max"] == 12e9
PY
