#!/usr/bin/env bash
# Each chunk of a stream says how many tokens were sampled so far, those without text included: the header of a Harmony
# message comes before the first text.  The ids of all of them are in the last chunk.
. "$(dirname "$0")/../cli/lib.sh"

"$SPILLWAY" serve "$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf" --bind 127.0.0.1:0 >url 2>log &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 300); do
  [ ! -s url ] || ! curl -sf "$(cat url)/health" >/dev/null || break
  sleep 0.1
done
curl -sN "$(cat url)/v1/chat/completions" >stream -d '{"messages":[{"role":"user","content":"What is a river?"}],
  "stream":true,"timings_per_token":true,"return_token_ids":true,"max_tokens":12,"temperature":0,
  "stream_options":{"include_usage":true,"continuous_usage_stats":true}}'
python3 - <<'EOF'
import json
lines = [line[6:] for line in open("stream") if line.startswith("data: ")]
assert lines[-1].strip() == "[DONE]", lines[-1]
chunks = [json.loads(line) for line in lines[:-1]]
texts = [c for c in chunks if c["choices"] and c["choices"][0]["delta"].get("content")]
counts = [c["timings"]["predicted_n"] for c in texts]
ids = [c["choices"][0].get("token_ids") for c in chunks if c["choices"]]
assert counts[0] > 1, counts  # header tokens, and the first with text
assert counts == sorted(counts) and counts[-1] <= 12, counts
assert [c["usage"]["completion_tokens"] for c in chunks] == [c["timings"]["predicted_n"] for c in chunks]
assert chunks[-1]["usage"]["completion_tokens"] == 12 == len(ids[-1]), chunks[-1]
assert ids[:-1] == [None] * (len(ids) - 1), ids
assert all(c["timings"]["predicted_ms"] >= 0 and c["timings"]["ttft_ms"] > 0 for c in texts)
assert chunks[-1]["sampling"]["temperature"] == 0, chunks[-1]
EOF
# In a stream of another family they would have no effect, so they are refused by name.
for path in 'v1/responses "input"' 'completion "prompt"' 'api/generate "prompt"'; do
  curl -s "$(cat url)/${path% *}" -d "{${path#* }:\"x\",\"model\":\"demo-gpt-oss\",\"timings_per_token\":true}" >answer
  grep -q '"error".*timings_per_token' answer || fail "$path: $(cat answer)"
done
