# The vectors of the block formats are what an independent implementation in plain Python makes of their blocks and rows.
exec python3 "$SPILLWAY_SOURCE/tools/quant/make_vectors" check
