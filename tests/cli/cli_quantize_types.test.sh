#!/usr/bin/env bash
# spillway quantize: the types that its help names are those that it can write, which the error of a wrong one lists.
. "$(dirname "$0")/lib.sh"
# What an exit code of a wrong type is, is the subject of cli_quantize; here only its text counts.
"$SPILLWAY" quantize "$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf" out.gguf NO_SUCH_TYPE >.out 2>.err && fail "NO_SUCH_TYPE was written"
types=$(sed -n 's/.*the types are //p' .err)
[ -n "$types" ] || fail "the error lists no types"
expect 0 quantize --help
help=$(tr -s ' \n' ' ' <.out) # it is wrapped
case $help in
  *"other weight types: $types. "*) ;;
  *) fail "the help does not name $types" ;;
esac
