#!/bin/sh
# Makes a virtual environment from requirements.lock: with uv where it is present, else with pip.
# usage: deploy/setup.sh [FOLDER]; PYTHON names the interpreter to use.
set -eu

cd "$(dirname "$0")/.."
venv=${1:-.venv}

stop() {
  echo "tapeline: $*" >&2
  exit 1
}

is_new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  for name in ${PYTHON:-python3.12 python3.11 python3.13 python3.14 python3 python}; do
    if command -v "$name" >/dev/null && is_new_enough "$name"; then
      command -v "$name"
      return
    fi
  done
}

has_embedded_redis() { # it is packaged for Linux on x86-64 and Python 3.11 and 3.12
  "$1" -c 'import platform, sys
sys.exit(not (sys.version_info < (3, 13) and sys.platform == "linux" and platform.machine() == "x86_64"))'
}

python=$(find_python)
if [ -z "$python" ]; then
  found=$(${PYTHON:-python3} --version 2>/dev/null || echo 'no Python')
  stop "Python 3.11 or newer is needed, found $found; on Debian: apt-get install python3.11 python3.11-venv"
fi
if ! has_embedded_redis "$python" && ! command -v redis-server >/dev/null && ! command -v valkey-server >/dev/null; then
  stop "no Redis for $("$python" --version) on this machine; on Debian: apt-get install redis-server (or use Python 3.12)"
fi

if command -v uv >/dev/null; then
  [ -x "$venv/bin/python" ] || uv venv --quiet --python "$python" "$venv"
  install() { uv pip install --quiet --python "$venv/bin/python" "$@"; }
else
  if [ ! -x "$venv/bin/pip" ]; then
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
      stop "$python cannot make virtual environments; on Debian: apt-get install python3-venv"
    "$python" -m venv "$venv" || stop "$python could not make $venv"
  fi
  install() { "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; }
fi
is_new_enough "$venv/bin/python" || stop "$venv holds an older Python than 3.11: delete the folder and try again"

echo "tapeline: installing into $venv with $("$venv/bin/python" --version)" >&2
# The lock is whole, so nothing else is looked up.
install --no-deps --only-binary :all: --require-hashes -r requirements.lock ||
  stop "the packages of requirements.lock could not be installed; the lines above say why"
install --no-deps --no-build-isolation -e . || stop "Tapeline itself could not be installed; the lines above say why"
