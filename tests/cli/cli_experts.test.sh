#!/usr/bin/env bash
# spillway experts: curves and profiles from the trace of a real server, and what is refused.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8
demo=$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf
"$SPILLWAY" serve "$demo" --bind 127.0.0.1:0 --expert-trace 20000 >url 2>log & server=$!
trap 'kill $server 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 200); do [ -s url ] && break; sleep 0.05; done
url=$(grep -o 'http://[0-9.:]*' url)
for prompt in "What is a weir?" "Rivers of the world" "A dam"; do
  curl -sf "$url/v1/completions" -d "{\"prompt\":\"$prompt\",\"max_tokens\":60,\"ignore_eos\":true,\"temperature\":1}" >answer
done
curl -sf "$url/v1/experts/trace" >trace.jsonl
curl -sf "$url/v1/experts/trace?format=csv" >trace.csv
curl -sf "$url/v1/experts?since=start" >counts.json

# ---- simulate ----
expect 0 experts simulate trace.jsonl "$demo"
says out "4 of 16 experts per token"
says out "% per GiB"
says out "optimum"
is_plain out
is_silent err
expect 0 experts simulate trace.jsonl "$demo" --json
cp .out curve.json
expect 0 experts simulate trace.csv "$demo" --csv
cp .out curve.csv
expect 0 experts simulate - --json --experts 4,8 --uploads 1 --margin 2 --half-life 64 <trace.csv
cp .out few.json
"$SPILLWAY" plan "$demo" --detail layers --json >plan.json
python3 - <<'PYTHON' || fail "the curve is wrong"
import csv, json
d = json.load(open("curve.json"))
trace = [json.loads(line) for line in open("trace.jsonl")]
layers = {r["layer"] for r in trace}
tokens = len(trace) // len(layers)
assert d["n_tokens"] == tokens and d["n_layers"] == len(layers) and d["n_expert"] == 16
second = [[r for r in trace if r["layer"] == x][tokens // 2:] for x in sorted(layers)]
first = [[r for r in trace if r["layer"] == x][:tokens // 2] for x in sorted(layers)]
weights = [w for w in json.load(open("plan.json"))["weights"] if w["class"] == "experts"]
experts_bytes = sum(w["bytes"] for w in weights)
for p in d["points"]:
    k, rules = p["experts_per_layer"], p["rules"]
    assert p["experts"] == k * len(layers) and p["vram_bytes"] == experts_bytes * k // 16
    hits = 0  # of the static choice, counted here anew
    for before, after in zip(first, second):
        counts = [sum(x in r["experts"] for r in before) for x in range(16)]
        best = sorted(range(16), key=lambda x: (-counts[x], x))[:k]
        hits += sum(x in best for r in after for x in r["experts"])
    uses = sum(len(r["experts"]) for after in second for r in after)
    assert rules["static"]["hits"] == hits and abs(rules["static"]["hit_rate"] - hits / uses) < 1e-9
    for name, rule in rules.items():
        assert rule["hits"] <= rules["optimum"]["hits"], (k, name)
        missed = (uses - rule["hits"]) * experts_bytes / 16 / len(layers)  # all layers have the same size here
        assert abs(rule["ram_bytes_per_token"] - missed / len(second[0])) < 1, (k, name)
assert d["points"][-1]["rules"]["adaptive"]["hit_rate"] == 1
rows = list(csv.DictReader(open("curve.csv")))
assert len(rows) == 6 * len(d["points"])
for row, want in zip(rows, [(p, n, r) for p in d["points"] for n, r in p["rules"].items()]):
    assert row["rule"] == want[1] and abs(float(row["hit_rate"]) - want[2]["hit_rate"]) < 1e-8
    assert int(row["vram_bytes"]) == want[0]["vram_bytes"]
few = json.load(open("few.json"))
assert [p["experts_per_layer"] for p in few["points"]] == [4, 8] and few["points"][0]["vram_bytes"] is None
assert few["adaptive"] == {"half_life": 64, "margin": 2, "uploads_max": 1}
assert few["points"][1]["rules"]["adaptive"]["uploads_per_token"] <= 1
PYTHON

# ---- profile: the same from the server, its counts and its trace ----
expect 0 experts profile "$url" --out server.json
says err "of 16 experts"
expect 0 experts profile counts.json -o counts.out
expect 0 experts profile trace.jsonl "$demo" -o trace.out
cmp server.json counts.out || fail "the counts of the server and of its document differ"
cmp server.json trace.out || fail "the counts of the server and of its trace differ"
for file in server.json counts.json; do
  expect 0 plan "$demo" --expert-profile "$file"
  says err "the profile of experts has no effect"
  expect 2 plan "$demo" --expert-profile "$file" --strict
  expect 0 run "$demo" hello --max-tokens 2 --expert-profile "$file"
done
expect 2 experts profile counts.json -o server.json
says err "--force"
expect 0 experts profile counts.json -o server.json --force
expect 2 experts profile counts.json -o counts.json --force
expect 2 plan "$golden/qwen3moe-f32.gguf" --expert-profile server.json
says err "the profile of experts is of a model with"
expect 1 plan "$demo" --expert-profile absent.json
says err "absent.json"
expect 1 plan "$demo" --expert-profile trace.jsonl
says err "trace.jsonl is no profile of experts"
expect 1 experts profile http://127.0.0.1:1 -o new.json

# ---- masked experts: in the table and the document, never chosen, refused where too few are left ----
expect 0 plan "$demo" --mask-experts '1:3,0:7,*:0'
says out "no token uses 6 experts (--mask-experts): 0:0, 0:7, 1:0, 1:3, ..."
expect 0 plan "$demo" --mask-experts 1:3,1:12,0:7 --json
python3 -c '
import json
d = json.load(open(".out"))
assert d["masked_experts"] == [{"layer": 0, "experts": [7]}, {"layer": 1, "experts": [3, 12]}] and d["placement"]["effect"] == "default", d
' || fail "the plan does not tell the masked experts"
expect 2 plan "$demo" --mask-experts 4:0
says err "there is no layer 4"
expect 2 run "$demo" hello --mask-experts "$(seq -s, -f 2:%g 0 12)"
says err "layer 2 keeps 3 of 16 experts, but a token uses 4"
expect 2 serve stub: --bind 127.0.0.1:0 --mask-experts 0:0 --strict
says err "--mask-experts has no effect"
expect 3 parity "$demo" --tokens 8 --a '--threads 1' --b '--threads 1 --mask-experts *:0' --json
python3 -c '
import json
d = json.load(open(".out"))
assert d["differs"] == ["masked experts"] and not d["equal"], d["differs"]
' || fail "parity does not see the mask"
"$SPILLWAY" serve "$demo" --bind 127.0.0.1:0 --mask-experts '*:0,2:9' >masked.url 2>masked.log & masked=$!
trap 'kill $server $masked 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 200); do [ -s masked.url ] && break; sleep 0.05; done
url=$(grep -o 'http://[0-9.:]*' masked.url)
curl -sf "$url/v1/completions" -d '{"prompt":"What is a weir?","max_tokens":40,"ignore_eos":true}' >answer
curl -sf "$url/v1/placement" >placement.json
curl -sf "$url/v1/experts?since=start" >counts.json
kill $masked
grep -q "no token uses 5 experts (--mask-experts): 0:0, 1:0, 2:0, 2:9, ..." masked.log || fail "the start does not tell the masked experts"
python3 - <<'PYTHON' || fail "a masked expert is used"
import json
rows = json.load(open("placement.json"))["data"][0]["masked_experts"]
assert [(r["layer"], r["experts"]) for r in rows] == [(0, [0]), (1, [0]), (2, [0, 9]), (3, [0])], rows
layers = json.load(open("counts.json"))["layers"]
for masked, layer in zip(rows, layers):
    counts = layer["counts"]
    assert all(counts[e] == 0 for e in masked["experts"]) and sum(counts) > 0, layer
PYTHON

# ---- what is refused ----
expect 2 experts simulate trace.jsonl --experts 8,4
says err "ascend"
expect 2 experts simulate trace.jsonl --experts 17
expect 2 experts simulate trace.jsonl --json --csv
expect 2 experts simulate trace.jsonl -o x
expect 2 experts profile trace.jsonl
says err "--out"
expect 2 experts guess trace.jsonl
expect 2 experts simulate
expect 1 experts simulate absent
expect 1 experts simulate counts.json
says err "counts.json:1"
expect 2 experts simulate trace.jsonl "$golden/qwen3-f32.gguf"
says err "the trace has layer"
head -c 1000 trace.jsonl >cut.jsonl
expect 1 experts simulate cut.jsonl
says err "cut.jsonl:"
[ ! -e new.json ] && [ ! -e x ] || fail "a file is left"
