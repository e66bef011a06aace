#!/usr/bin/env bash
# Checks a GPU within 8 minutes: kernels, equal logits, a short measurement.  Prints a table, writes JSON.
#   ./check-gpu.sh [--device cuda:0] [--work FOLDER] [--out FILE]
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd) || exit 1
device=cuda:0 work=${TMPDIR:-/tmp} out=check-gpu.json
while [ $# -gt 0 ]; do
  case $1 in
  --device | --work | --out)
    [ $# -gt 1 ] || { echo "$1 needs a value" >&2; exit 2; }
    printf -v "${1#--}" %s "$2"
    shift 2 ;;
  *) echo "usage: $0 [--device cuda:0] [--work FOLDER] [--out FILE]" >&2; exit 2 ;;
  esac
done
work=$(mktemp -d "$work/check-gpu.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
spillway=$here/run.sh
SECONDS_MAX=470
emulated=false
case $device in emu:*) emulated=true ;; esac
# Two layers at true dimensions, or what the emulation can do.
preset=(gpt-oss-20b --layers 2 --vocab 8192) small=(--ctx-size 1024) prompt=512 gen=64 n_tokens=256
if $emulated; then
  preset=(tiny-gpt-oss) small=(--ctx-size 128 --batch 32) prompt=4 gen=2 n_tokens=4
fi
echo "A spillway lets water pass a dam when the reservoir is full, so that the dam is not washed away." >"$work/prompt.txt"
model=$work/small.gguf
rows=() figures=() n_bad=0 code_of_last=0

# Text as the inside of a JSON string, on one line.
quoted() { tr -d '\000-\010\013-\037\177' | tr '\n\t' '  ' | sed 's/\\/\\\\/g; s/"/\\"/g; s/ *$//' | cut -c1-300; }

# The medians of tokens per second of a document of perf; else the last line.
detail_of() {
  if grep -q '"tokens_per_s"' "$1"; then
    awk '/"test"/ { gsub(/[",]/, "", $2); name = $2 }
      /"tokens_per_s"/ { wanted = 1 }
      wanted && /"median"/ { printf "%s %.1f tok/s ", name, $2; wanted = 0 }' "$1"
  else
    grep -v '^$' "$1" | tail -n 1
  fi
}

# step NAME COMMAND...: runs a program for as long as there is time; its last line is the detail.
step() {
  local name=$1 began=$SECONDS status=ok code=0 left=$((SECONDS_MAX - SECONDS)) detail="the 8 minutes are over"
  shift
  if [ $left -le 0 ]; then
    status=skipped code=1
  else
    timeout "$left" "$@" >"$work/out" 2>"$work/err" || code=$?
    [ $code = 0 ] || status=failed
    [ $code != 124 ] || status=timeout
    if [ $code != 0 ] || [ ! -s "$work/out" ]; then cat "$work/err" >>"$work/out"; fi
    detail=$(detail_of "$work/out" | quoted)
  fi
  code_of_last=$code
  [ $status = ok ] || n_bad=$((n_bad + 1))
  printf '%-20s %-8s %4d s  %.90s\n' "$name" $status $((SECONDS - began)) "$detail"
  rows+=("$(printf '{"name":"%s","status":"%s","seconds":%d,"detail":"%s"}' "$name" $status $((SECONDS - began)) "$detail")")
}

# perf NAME OPTIONS...: a step that keeps its document as figures.
perf() {
  local name=$1
  shift
  step "$name" "$spillway" perf "$model" --quiet -p $prompt -n $gen --repeat 2 --json "${small[@]}" "$@"
  [ $code_of_last != 0 ] || figures+=("\"$name\":$(cat "$work/out")")
}

parity() {
  local name=$1
  shift
  step "$name" "$spillway" parity "$model" --prompt-file "$work/prompt.txt" --tokens $n_tokens --a "--devices none ${small[*]}" --b "--devices $device ${small[*]} $*"
}

step devices "$spillway" devices
for kernel in vector products attend experts; do
  step "kernels $kernel" env LD_LIBRARY_PATH="$here/lib" SPILLWAY_TEST_DEVICE="$device" "$here/bin/test_gpu_$kernel"
done
step graphs env LD_LIBRARY_PATH="$here/lib" SPILLWAY_TEST_DEVICE="$device" "$here/bin/test_gpu_segments"
step synth "$spillway" synth "${preset[@]}" --quiet "$model"
parity "parity all"
parity "parity cpu-moe" --cpu-moe
parity "parity stream" --cpu-moe --stream-tokens 4
parity "parity cache" --cpu-moe --expert-cache all
perf "perf cpu" --devices none
perf "perf gpu" --devices "$device"
perf "perf cpu-moe" --devices "$device" --cpu-moe

{
  printf '{"device":"%s","emulated":%s,"ok":%s,"seconds":%d,"steps":[' "$(printf %s "$device" | quoted)" $emulated \
    "$([ $n_bad = 0 ] && echo true || echo false)" $SECONDS
  (IFS=,; printf '%s' "${rows[*]}")
  printf '],"devices":%s,"figures":{' "$("$spillway" devices --json)"
  (IFS=,; printf '%s' "${figures[*]}")
  printf '}}\n'
} >"$out" || exit 1
echo "$((${#rows[@]} - n_bad)) of ${#rows[@]} steps are ok; $out"
[ $n_bad = 0 ]
