#!/usr/bin/env bash
# The documents and the program say the same: see check_docs.py.
set -euo pipefail
: "${SPILLWAY:?the program to test}" "${SPILLWAY_SOURCE:?the source tree}"
python3 "$SPILLWAY_SOURCE/tests/docs/check_docs.py" "$SPILLWAY" "$SPILLWAY_SOURCE"

# The picture is what its script draws.
"$SPILLWAY_SOURCE/tools/gpu-timeline/draw.py" | cmp - "$SPILLWAY_SOURCE/docs/gpu-timeline.svg"
