#!/usr/bin/env bash
# Errors that users meet: each has its message and exit code, and leaves no file.
. "$(dirname "$0")/lib.sh"
model=$golden/qwen3-f32.gguf

# ---- the model file ----
mkdir folder
echo "not a model at all" >text.gguf
for command in "run MODEL hello" "logits MODEL --tokens 1 --out out.bin" "inspect MODEL" "quantize MODEL out.gguf Q8_0" "perf MODEL"; do
  # shellcheck disable=SC2086
  expect 1 ${command/MODEL/absent.gguf}
  says err "cannot open absent.gguf: No such file or directory"
  is_silent out
  # shellcheck disable=SC2086
  expect 1 ${command/MODEL/text.gguf}
  says err "text.gguf is not a GGUF file"
done
expect 1 serve absent.gguf --bind 127.0.0.1:0
says err "'absent.gguf' is neither a file nor a model"
for command in "run folder hello" "inspect folder" "perf folder"; do
  # shellcheck disable=SC2086
  expect 1 $command
  says err "folder is not a regular file"
done

# An architecture and a weight type that are not supported; and a model far larger than any memory, of which nothing is
# read (the file is a hole).
python3 - <<'PYTHON'
import struct
def text(s): return struct.pack("<Q", len(s)) + s.encode()
def u32(key, v): return text(key) + struct.pack("<II", 4, v)
def string(key, v): return text(key) + struct.pack("<I", 8) + text(v)
def strings(key, v): return text(key) + struct.pack("<IIQ", 9, 8, len(v)) + b"".join(map(text, v))

def write(path, arch, dim, ff, matrix_type=0, block=(1, 4)):
    heads = max(dim // 512, 1)
    keys = [string("general.architecture", arch), string("tokenizer.ggml.model", "gpt2"), strings("tokenizer.ggml.tokens", ["a", "b"]),
            strings("tokenizer.ggml.merges", []), u32(arch + ".block_count", 1), u32(arch + ".context_length", 4096),
            u32(arch + ".embedding_length", dim), u32(arch + ".attention.head_count", heads), u32(arch + ".feed_forward_length", ff)]
    shapes = [("token_embd", (dim, 16)), ("output_norm", (dim,)), ("blk.0.attn_norm", (dim,)), ("blk.0.ffn_norm", (dim,))]
    shapes += [("blk.0.attn_" + n, (dim, dim)) for n in ("q", "k", "v", "output")]
    shapes += [("blk.0.ffn_gate", (dim, ff)), ("blk.0.ffn_up", (dim, ff)), ("blk.0.ffn_down", (ff, dim))]
    infos, at = b"", 0
    for name, shape in shapes:
        is_matrix = len(shape) > 1
        n = 1
        for d in shape:
            n *= d
        infos += text(name + ".weight") + struct.pack("<I", len(shape)) + struct.pack("<%dQ" % len(shape), *shape)
        infos += struct.pack("<IQ", matrix_type if is_matrix else 0, at)
        size = n // block[0] * block[1] if is_matrix else 4 * n
        at += (size + 31) // 32 * 32
    with open(path, "wb") as f:
        f.write(b"GGUF" + struct.pack("<IQQ", 3, len(shapes), len(keys)) + b"".join(keys) + infos)
        f.truncate((f.tell() + 31) // 32 * 32 + at)

write("arch.gguf", "mamba", 512, 512)
write("type.gguf", "llama", 512, 512, 19, (256, 50))
write("huge.gguf", "llama", 262144, 262144)
PYTHON
expect 1 run arch.gguf hello
says err "architecture 'mamba' is not supported; supported are gpt-oss, phimoe, deepseek"
expect 1 run type.gguf hello
says err "token_embd.weight' has type IQ1_S; supported are F32, F16, BF16"
for command in "run huge.gguf hello" "logits huge.gguf --tokens 1 --out out.bin" "serve huge.gguf --bind 127.0.0.1:0"; do
  # shellcheck disable=SC2086
  expect 1 $command
  says err "weights 1.92 TB"
  says err "are available; a smaller --ctx-size or --batch, --kv-type q8_0 or a model quantized to fewer bits lowers it"
done

# ---- the command line and the prompt ----
expect 2 run "$model" hello --temp hot
says err "--temp takes a number from 0 to 2, not 'hot'"
expect 2 run "$model" hello --ctx-size 1000000
says err "this model was trained for at most"
expect 1 run "$model" "$(printf 'word %.0s' {1..3000})" --ctx-size 512
says err "tokens, and with one token of answer at most 512 fit"
expect 2 run "$model" "$(printf 'a\xff\xfeb')"
says err "not valid UTF-8"
code=0
printf 'a\xff\xfeb' | "$SPILLWAY" run "$model" - >.out 2>.err || code=$?
[ "$code" = 2 ] || fail "a prompt on standard input that is no UTF-8: exit code $code"
says err "not valid UTF-8"
is_silent out

# ---- output ----
for out in absent/out /dev/full folder; do
  expect 1 quantize "$model" "$out" Q8_0
  says err "cannot write $out"
  expect 1 synth tiny-gpt-oss "$out"
  says err "cannot write $out"
  expect 1 logits "$model" --tokens 1 --out "$out"
  says err "cannot write $out"
done
expect 2 quantize "$model" out.gguf Q9_0
says err "the types are F32, F16, BF16"
for command in "run $model hello --max-tokens 4" "run $model hello --max-tokens 4 --json" "tokenize $model"; do
  code=0
  # shellcheck disable=SC2086
  echo hello | "$SPILLWAY" $command >/dev/full 2>.err || code=$?
  [ "$code" = 1 ] || fail "an answer that could not be written: exit code $code"
  says err "cannot be written: No space left on device"
  [ "$(grep -c "cannot be written" .err)" = 1 ] || fail "$command says it twice"
done

# A benchmark is stored as UTF-8; what is none is named.
for words in '--serve bad' '--url http://localhost:1 --model bad'; do
  # shellcheck disable=SC2086
  expect 2 bench --out results ${words//bad/$(printf 'a\xff')}
  says err "is not UTF-8 and cannot be stored with the run: "
  [ ! -e results ] || fail "a benchmark began"
done
expect 2 bench --serve stub: --out results -- "$(printf -- '--a\xff')"
says err 'an option after "--" is not UTF-8'

# A disk that becomes full, and a run that is killed: an existing file of that name is kept.
echo precious >kept.gguf
(
  trap '' XFSZ
  ulimit -f 64
  expect 1 quantize "$model" kept.gguf Q8_0 --force
  says err "writing kept.gguf failed"
)
[ "$(cat kept.gguf)" = precious ] || fail "a full disk cost the old file"
[ "$(ls)" = "$(printf '%s\n' arch.gguf folder huge.gguf kept.gguf text.gguf type.gguf)" ] || fail "left behind: $(ls)"
for signal in TERM KILL; do
  for _ in {1..50}; do
    "$SPILLWAY" quantize "$golden/deepseek-q4_k.gguf" kept.gguf Q4_K --force --threads 1 --quiet 2>.err &
    until compgen -G "kept.gguf.$!.partial" >.found || ! kill -0 $! 2>/dev/null; do :; done
    kill -s $signal $! 2>/dev/null || true
    code=0
    wait $! 2>/dev/null || code=$?
    rm -f kept.gguf.*.partial
    [ "$code" = 0 ] || break # the signal came in time
    echo precious >kept.gguf
  done
  [ "$code" = $((128 + $(kill -l $signal))) ] || fail "SIG$signal: exit code $code"
  [ "$(cat kept.gguf)" = precious ] || fail "SIG$signal cost the old file"
done
