#!/usr/bin/env bash
# Where the value of an option is from: the command line beats the environment, which beats the configuration file, which
# beats the default.  --print-config says which it was, and mistakes in the file are named by its line.
. "$(dirname "$0")/lib.sh"
unset SPILLWAY_ARG_CONFIG
export HOME=$work/home XDG_CONFIG_HOME=$work/xdg
mkdir -p home/.config/spillway xdg/spillway

# value COMMAND OPTION ...: how --print-config shows the option; further words go to the command.
value() {
  local command=$1 option=$2
  shift 2
  expect 0 "$command" "$@" --print-config
  grep "^$option  " .out | tr -s ' '
}

# shown EXPECTED COMMAND OPTION ...
shown() {
  local wanted=$1 found
  shift
  found=$(value "$@")
  [ "$found" = "$wanted" ] || fail "'$found', not '$wanted'"
}

# ---- four sources ----
shown "parallel 4 default" serve parallel
printf '[serve]\n\nparallel = 5 # of the file\n' >xdg/spillway/config
shown "parallel 5 file $work/xdg/spillway/config:3" serve parallel
printf '[serve]\nparallel=6\n' >other
shown "parallel 6 file other:2" serve parallel --config other
SPILLWAY_ARG_CONFIG=other shown "parallel 6 file other:2" serve parallel
LLAMA_ARG_N_PARALLEL=7 shown "parallel 7 environment LLAMA_ARG_N_PARALLEL" serve parallel
LLAMA_ARG_N_PARALLEL=7 SPILLWAY_ARG_PARALLEL=8 shown "parallel 8 environment SPILLWAY_ARG_PARALLEL" serve parallel
SPILLWAY_ARG_PARALLEL=8 shown "parallel 9 flag" serve parallel -np 9
shown "parallel 4 default" serve parallel --config ''
printf '[serve]\nparallel=3\n' >home/.config/spillway/config
(unset XDG_CONFIG_HOME && shown "parallel 3 file $work/home/.config/spillway/config:2" serve parallel)
(export XDG_CONFIG_HOME=relative && shown "parallel 3 file $work/home/.config/spillway/config:2" serve parallel)
(unset XDG_CONFIG_HOME HOME && shown "parallel 4 default" serve parallel)

# ---- what it says is what happens ----
printf '[run]\nmax-tokens = 4\ntemperature = 0 # its other name\nquiet = on\n' >xdg/spillway/config
expect 0 run stub: hello
cp .out by_file
is_silent err
expect 0 run stub: hello -n 4 --temp 0 -q --config ''
cmp .out by_file || fail "the file does not count"
expect 0 run stub: hello -n 5
! cmp -s .out by_file || fail "the file beats the command line"
SPILLWAY_ARG_MAX_TOKENS=5 expect 0 run stub: hello
! cmp -s .out by_file || fail "the file beats the environment"
printf '[serve]\ncors-any = yes\n' >other
shown "cors-any on file other:2" serve cors-any --config other
shown "cors-any off flag" serve cors-any --config other --cors-any=off
printf '[run]\nmodel = stub:\n' >other
expect 0 run --config other -p hello -n 4 --temp 0 -q
cmp .out by_file || fail "the model of the file"
LLAMA_ARG_MODEL=stub: expect 0 run -p hello -n 4 --temp 0 -q
cmp .out by_file || fail "the model of the environment"
SPILLWAY_ARG_MODEL=absent expect 0 run stub: hello -n 4 --temp 0 -q
cmp .out by_file || fail "the model of the environment beats the argument"
shown "model m.gguf flag" serve model m.gguf
SHIMMY_BASE_GGUF=base.gguf shown "model base.gguf environment SHIMMY_BASE_GGUF" serve model
SHIMMY_BASE_GGUF=base.gguf shown "model none default" run model

# ---- an option that excludes another beats it, if its source is stronger ----
printf '[serve]\nhost = 0.0.0.0\nport = 99\nn-cpu-moe = 3\n' >other
shown "port 11435 default" serve port --config other --bind auto
LLAMA_ARG_PORT=98 shown "port 98 environment LLAMA_ARG_PORT" serve port --config other
LLAMA_ARG_PORT=98 shown "host 0.0.0.0 file other:2" serve host --config other
SPILLWAY_ARG_CPU_MOE=1 shown "n-cpu-moe 0 default" serve n-cpu-moe --config other
SPILLWAY_ARG_CPU_MOE=perhaps expect 2 serve --print-config
says err "SPILLWAY_ARG_CPU_MOE takes on or off, not 'perhaps'"

# ---- JSON, and keys, which are never shown ----
printf '[run]\nseed = 3\n[bench]\napi-key = s3cret\nurl = a\n' >other
chmod 600 other
expect 0 run --config other --print-config --json
[ "$(python3 -c 'import json; d = json.load(open(".out")); print(d["command"], d["config_file"], [(o["value"], o["source"], o["place"]) for o in d["options"] if o["option"] == "seed"])')" = "run other [('3', 'file', 'other:2')]" ] ||
  fail "the JSON form"
expect 0 bench --config other --print-config
! grep -q s3cret .out || fail "a key is shown"
is_silent err
chmod 644 other
expect 0 bench --config other --print-config
says err "warning: other:4: other users can read this api-key"

# ---- mistakes ----
# refused TEXT MESSAGE
refused() {
  printf '%b' "$1" >bad
  expect 2 serve --config bad --print-config
  is_silent out
  is_plain err
  says err "$2"
}
refused '[serv]\n' "bad:1: a section is a command; there is none named 'serv'; did you mean 'serve'?"
refused '[serve]\ntraeds = 2\n' "bad:2: 'serve' has no option 'traeds'; did you mean 'threads'?"
refused '[run]\n\nseeds = 2\n' "bad:3: 'run' has no option 'seeds'; did you mean 'seed'?"
refused '[limits]\nx = 2\n' "'limits' has no option 'x'"
refused '[serve]\nthreads = many\n' "bad:2: 'threads' takes a whole number from 1 to 256, not 'many'"
refused '[run]\nraw = perhaps\n' "bad:2: 'raw' takes on or off"
refused '[run]\ntemp = 1\ntemperature = 1\n' "bad:3: 'temp' is set in line 2 already"
refused '[serve]\nmlock = on\n' "bad:2: 'mlock' has no effect: "
refused '[serve]\nconfig = other\n' "bad:2: a file cannot set 'config'"
refused 'threads = 2\n' "bad:1: 'threads = 2' is in no section"
refused '[serve]\nthreads = 2\033[31m\n' "bad:2: the line has a control character"
expect 1 serve --config absent --print-config
says err "absent"
expect 1 serve --config . --print-config
expect 0 serve --config absent --help
expect 0 limits
{ echo '[serve]'; head -c 65527 /dev/zero | tr '\0' '#'; echo; } >large # 65536 bytes
expect 0 serve --config large --print-config
echo >>large
expect 1 serve --config large --print-config
says err "large"

# ---- variables of llama-server that have no effect are named ----
LLAMA_ARG_N_GPU_LAYERS=99 LLAMA_ARG_HF_REPO=user/repo expect 0 serve --print-config --config ''
says err "LLAMA_ARG_N_GPU_LAYERS has no effect: "
says err "LLAMA_ARG_HF_REPO has no effect: models are not downloaded"
