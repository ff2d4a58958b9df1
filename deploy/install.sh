#!/bin/sh
# Installs pinned packages into the image's environment, with their hashes checked; used by deploy/Dockerfile.
# usage: install.sh PINNED.txt
set -eu
/opt/tapeline/bin/python -m pip install --quiet --cache-dir /var/cache/pip \
  --no-deps --require-hashes --only-binary :all: --requirement "$1"
