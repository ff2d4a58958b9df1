#!/bin/sh
# Installs, with hashes checked, what one service's extra pins; used by deploy/Dockerfile.
# usage: deploy/install.sh EXTRA
set -eu
cd "$(dirname "$0")/.."
python3 deploy/pins.py "$1" >pinned.txt
python3 -m pip install --quiet --no-deps --require-hashes --only-binary :all: -r pinned.txt
