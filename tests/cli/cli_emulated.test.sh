#!/usr/bin/env bash
# The benchmark of both sides, offloaded and not, on an emulated GPU and through the real commands: where the experts are, what that
# saves, that answers are the same; and that no figure of speed of such a run is ranked, compared, joined or pinned.
. "$(dirname "$0")/lib.sh"
model=$golden/qwen3moe-f32.gguf
served=(--ctx-size 128 --batch 32 --parallel 1 --threads 1)
cat >protocol.json <<'JSON'
{"name": "small", "version": 1, "temperature": 0, "seed": 1, "modes": ["stream", "reference"],
 "tests": [{"name": "one", "prompt": "Say one", "max_tokens": 6}, {"name": "two", "prompt": "Say two", "max_tokens": 6}]}
JSON

# bench CODE NAME OPTIONS...: of the servers.
bench() {
  local code=$1 name=$2
  shift 2
  expect "$code" bench "$model" --protocol protocol.json --pause 0 --out "$name" --quiet --share "$name.share" -- "${served[@]}" "$@"
  cp .out "$name.txt"
  expect 0 report "$name" --json
  cp .out "$name.json"
}
bench 0 both --devices emu:64MiB # both sides without being asked for: a GPU computes
bench 4 equal --devices emu:64MiB -ot exps=CPU
bench 4 mixed --devices emu:64MiB -ot 'blk\.1\.expert\.3=GPU'
bench 0 none --devices none
plain=$model model=$golden/phimoe-q4_k.gguf # someone published a saving for this family
sed -i 's/, {"name": "two".*}\]/]/; s/"max_tokens": 6/"max_tokens": 2/' protocol.json
bench 0 claimed --devices emu:64MiB
model=$plain

python3 - <<'PYTHON' || fail "the reports are not as the placements are"
import json
def read(name):
    report = json.load(open(name + ".json"))
    return report, {s["side"]: s for s in report["servers"]}, {c["id"]: c for c in report["criteria"]}, report["models"][0]
def rows(server):
    return {(p["tensors"], p["tier"]): p for p in server["placement"]}
def vram(server):
    return sum(p["bytes"] for p in server["placement"] if p["tier"] == "vram")
def says(report, text):
    assert any(text in r for r in report["run"]["reasons"]), report["run"]["reasons"]

report, sides, criteria, of_model = read("both")
offloaded, reference = rows(sides["offloaded"]), rows(sides["reference"])
for side in sides.values():
    assert side["facts"]["device"]["value"] == "emu:64MiB" and side["facts"]["device_emulated"]["value"] == "yes", side["facts"]
    assert {p["source"] for p in side["placement"]} == {"allocations"}, side["placement"]
for row in (("attention", "vram"), ("kv", "vram"), ("buffers", "vram")):
    assert offloaded[row]["bytes"] > 0 and reference[row]["bytes"] > 0, (row, offloaded, reference)
assert ("experts", "vram") not in offloaded and ("experts", "ram") not in reference
assert offloaded["experts", "ram"]["bytes"] == reference["experts", "vram"]["bytes"] > 0
assert sides["offloaded"]["facts"]["experts_verified"]["value"] == "in RAM"
assert sides["reference"]["facts"]["experts_verified"]["value"] == "in VRAM"
# What the plan foretold is what was allocated.
memory = of_model["memory"]
assert memory["kind"] == "measured" and memory["source"] == "allocations" and memory["note"] == "", memory
assert memory["vram_offloaded_bytes"] == vram(sides["offloaded"]) == memory["plan_vram_bytes"], memory
assert memory["vram_reference_bytes"] == vram(sides["reference"]), memory
saved = 100 * (1 - vram(sides["offloaded"]) / vram(sides["reference"]))
assert 0 < saved < 100 and abs(memory["saved_pct"] - saved) < 1e-6, (saved, memory)
preserved = of_model["preservation"]["offloaded"]
assert preserved["verdict"] == "identical" and preserved["by_tokens"] == preserved["pairs"] == 2, preserved
forced = preserved["forced"]
assert forced["equal"] is True and forced["same_likeliest"] == forced["positions"] > 8, forced
assert f"equal, {forced['positions']} positions" in preserved["words"], preserved["words"]
assert criteria["loads-offloaded"]["verdict"] == "met" and criteria["preserves-quality"]["verdict"] == "met", criteria
assert report["run"]["status"] == "ok", report["run"]["reasons"]
says(report, "say nothing of speed")

report, sides, criteria, of_model = read("equal")
assert report["run"]["status"] == "invalid"
says(report, "nothing was compared: the experts of the un-offloaded server are in RAM too")
assert of_model["preservation"]["offloaded"]["verdict"] == "nothing was compared", of_model["preservation"]
assert "forced" not in of_model["preservation"]["offloaded"]
assert of_model["memory"]["saved_pct"] == 0, of_model["memory"]

report, sides, criteria, of_model = read("mixed")
assert sides["offloaded"]["facts"]["experts_verified"]["value"] == "mixed"
assert "in VRAM are expert 3 of layer 1" in sides["offloaded"]["facts"]["experts_evidence"]["value"], sides["offloaded"]["facts"]
assert rows(sides["offloaded"])["experts", "vram"]["bytes"] > 0
assert report["run"]["status"] == "invalid" and criteria["loads-offloaded"]["verdict"] == "failed"
says(report, "some experts are not in RAM")
assert of_model["preservation"]["offloaded"]["verdict"] == "identical", of_model["preservation"]

report, sides, criteria, of_model = read("none")
assert list(sides) == ["offloaded"] and "device" not in sides["offloaded"]["facts"], sides
assert of_model["memory"]["kind"] == "computed" and of_model["memory"]["source"] == ""
assert not any("emulated" in r for r in report["run"]["reasons"])

report, sides, criteria, of_model = read("claimed")
saving = criteria["vram-saving"]  # decided, because it was measured: a tiny model has too few experts for what is claimed
assert of_model["memory"]["source"] == "allocations", of_model["memory"]
assert saving["verdict"] == criteria["expected-saving"]["verdict"] == "failed", (saving, criteria["expected-saving"])

both, none = (json.load(open(name + ".share")) for name in ("both", "none"))
assert both["hardware"]["emulated"] is True and "emulated" not in none["hardware"]
assert both["models"][0]["vram_bytes"] == json.load(open("both.json"))["models"][0]["memory"]["vram_offloaded_bytes"]
PYTHON
grep -qF "experts in RAM (emulated)" both/report.md || fail "the conditions do not say that the GPU is emulated"
grep -qF "figures of an emulated device say nothing of speed" both.txt || fail "the report does not say what its figures are"

# ---- the figures of such a run are no one's ----
expect 0 compare both both --json
cp .out compared.json
expect 0 compare both both
says out "times and rates are not compared"
expect 0 compare both.share both.share
says out "times and rates are not compared"
expect 0 compare both none --force --json
cp .out forced.json
expect 0 report both none --json
cp .out several.json
expect 0 report both none
grep -qF "its run is of an emulated GPU" overview.md || fail "the page does not say why a run is not ranked"
expect 4 trend both both.share none --json # too few runs are left
cp .out trend.json
expect 2 baseline pin main both
says err "is of an emulated GPU"
expect 0 baseline pin main none
python3 - <<'PYTHON' || fail "figures of an emulated GPU are ranked"
import json
SPEED = {"decode_tps", "overall_tps", "ttft_ms", "itl_p95_ms"}
for name in ("compared", "forced"):
    c = json.load(open(name + ".json"))
    metrics = {row["metric"] for row in c["changes"]}
    assert c["emulated"] is True and metrics and not metrics & SPEED, (name, metrics)
    assert {x["metric"]: x["compared"] for x in c["counts"]}["outputs"] > 0, c["counts"]  # what is correct still counts
o = json.load(open("several.json"))
assert [(r["emulated"], r["ranked"]) for r in o["runs"]] == [(True, False), (False, True)], o["runs"]
assert [e["group"] is None for e in o["entries"]] == [True, False], o["entries"]
t = json.load(open("trend.json"))
assert len(t["runs"]) == 1 and len(t["left_out"]) == 2 and all("emulated" in r["why"] for r in t["left_out"]), t["left_out"]
PYTHON

# ---- the same bits ----
echo "hi there" >prompt.txt
expect 0 parity "$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf" --prompt-file prompt.txt --a "--devices none" --b "--devices emu:64MiB --cpu-moe --batch 32"
grep -qE '^equal, [1-9][0-9]* positions' .out || fail "the logits differ"
says out "emu:64MiB"
grep -qE 'differs$' .out || fail "the placements of both sides are not shown"
for side in "--devices emu:64MiB" "--devices emu:64MiB --cpu-moe"; do
  expect 4 parity "$model" --prompt-file prompt.txt --a "$side" --b "$side"
  says err "nothing was compared"
done

# ---- sizes in a unit that fits ----
expect 1 run "$model" hi --devices emu:1MiB --n-gpu-layers all
says err "but may take only 1.05 MB"
