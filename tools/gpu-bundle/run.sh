#!/bin/sh
# Runs spillway with the libraries that lie beside it.
#   ./run.sh COMMAND [ARGUMENTS]
here=$(cd "$(dirname "$0")" && pwd) || exit 1
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$here/bin/spillway" "$@"
