#!/bin/sh
# Draws 04-half-close.svg: cat5 does it itself, out of what it measures.
#   sh 04-half-close.sh       (cat5 has to be in the PATH; as root, or the packets are inferred)
cd "$(dirname "$0")" && exec cat5 shutdown --svg 04-half-close.svg wr > /dev/null
