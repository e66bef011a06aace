#!/usr/bin/env bash
# Quality preservation in the report of a real run with two servers: on a machine without a GPU both have their experts
# in RAM and nothing was compared; of copies in which differences were planted, the report says what was planted.
. "$(dirname "$0")/lib.sh"
model=$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf

# Seven questions with two checks each that every answer passes.
python3 - <<'PY'
import json
checks = [{"name": "has words", "kind": "words", "min": 1}, {"name": "is no essay", "kind": "words", "max": 500}]
tests = [{"name": f"test {i}", "prompt": f"Say something about {w}.", "max_tokens": 12, "checks": checks}
         for i, w in enumerate(["rivers", "bridges", "bread", "clocks", "snow", "music", "maps"])]
json.dump({"name": "pairs", "version": 1, "temperature": 0.3, "seed": 3, "repetitions": 2,
           "modes": ["stream", "whole", "reference"], "tests": tests}, open("protocol.json", "w"))
PY
expect 0 bench "$model" --protocol protocol.json --modes stream,whole,reference --pause 0 --out run --quiet

# row COPY KIND: the words of the comparison in the report of the copy; .out has it without its links.
row() {
  expect 0 report "$1" --format md
  sed -i 's/\[\([^]]*\)\](#[^)]*)/\1/g' .out
  grep -F "demo-gpt-oss | $2 |" .out >row || fail "there is no row '$2'"
  cut -d'|' -f4- row | tr -s ' ' | cut -d'|' -f1-3
}
offloaded='offloaded against not'
streamed='streamed against whole'
repeated='repeated against first'
is() { [ "$1" = "$2" ] || fail "'$1' in place of '$2'"; }

is "$(row run "$offloaded")" ' nothing was compared | both servers had their experts in RAM | 14/14 '
is "$(row run "$streamed" | cut -d'|' -f1)" ' identical '
grep -q '14/14' row || fail "answers with and without streaming differ: $(cat row)"
is "$(row run "$repeated" | cut -d'|' -f1)" ' identical '
grep -q '7/7' row || fail "repetitions differ: $(cat row)"
! grep -qF '| offloading |' .out || fail 'the summary speaks of a side that was not compared'

# The experts of the reference in VRAM: its answers are worth comparing, and equal.
cp -r run vram
sqlite3 vram/results.sqlite "UPDATE fact SET text = 'in VRAM' WHERE name = 'experts_verified' AND server =
  (SELECT position FROM server WHERE side = 'reference')"
row vram "$offloaded" >/dev/null
says out '| offloading | demo-gpt-oss, offloaded against not offloaded: identical: 14 of 14 answers token for token; given the same texts, both expect the same: equal, '

# The reference expects another token at one place.
cp -r vram other
sqlite3 other/results.sqlite "UPDATE fact SET text = 'ffffffff' || substr(text, 9) WHERE name = 'forced_tops' AND server = 0;
  UPDATE fact SET text = 'ffff' WHERE name = 'forced_hash' AND server = 0"
row other "$offloaded" >/dev/null
n=$(sqlite3 other/results.sqlite "SELECT CAST(number AS INTEGER) FROM fact WHERE name = 'forced_positions' LIMIT 1")
[ "$n" -ge 30 ] || fail "only $n positions are compared"
says out "token for token; given the same texts, $((n - 1)) of $n positions have the same likeliest token"

# Other tokens from the third on in one answer, and in another one a check that failed on the other side.
cp -r vram planted
sqlite3 planted/results.sqlite "
  UPDATE test SET token_ids = CAST(substr(token_ids, 1, 8) || x'ffff0000' || substr(token_ids, 13) AS BLOB)
    WHERE mode = 'stream' AND phase = 'measure' AND test_index = 4 AND repeat = 1;
  UPDATE test_check SET outcome = 'failed' WHERE i = 0 AND test_id =
    (SELECT id FROM test WHERE mode = 'reference' AND phase = 'measure' AND test_index = 2 AND repeat = 0)"
row planted "$offloaded" >/dev/null
says out 'offloaded against not offloaded: no loss found: 13 of 14 answers are equal, all marks are, checks won 1, lost 0, '
grep -F '| test 4 |' .out | grep -q '| 1/2 | 2 |' || fail "the report does not say where the answers part"

# All checks of the offloaded answers failed.
cp -r planted lost
sqlite3 lost/results.sqlite "
  UPDATE test SET token_ids = CAST(x'ffff0000' || substr(token_ids, 5) AS BLOB) WHERE mode = 'stream' AND phase = 'measure';
  UPDATE test_check SET outcome = 'failed' WHERE test_id IN (SELECT id FROM test WHERE mode = 'stream')"
row lost "$offloaded" >/dev/null
says out 'offloaded against not offloaded: lost: 0 of 14 answers are equal, mark -'
