#!/bin/sh
# Installs pinned packages into the image's environment, with their hashes checked; used by deploy/Dockerfile.
# usage: install.sh PINNED.txt
set -eu
python3 -m pip --python /opt/tapeline/bin/python3 install \
  --quiet --no-deps --require-hashes --only-binary :all: --requirement "$1"
