#!/bin/sh
# Makes .venv with the pinned requirements and the project itself in it.
# Usage: tools/make-venv.sh PYTHON     (from the project's root; called by `make setup`)
set -eu
python=$1

if ! command -v "$python" >/dev/null 2>&1; then
    echo "make setup: there is no $python here. Install Python 3.11 or newer, or name one: make setup PYTHON=/path/to/python3" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "make setup: $python is $("$python" -V 2>&1); Python 3.11 or newer is needed. Name one: make setup PYTHON=python3.12" >&2
    exit 1
fi

# Debian and Ubuntu keep the part of Python that makes environments in a package of its own.
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "make setup: installing $package, without which $python cannot make an environment"
        export DEBIAN_FRONTEND=noninteractive
        apt-get install -y -qq "$package" >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq "$package" >/dev/null; }
    else
        echo "make setup: $python cannot make an environment (ensurepip is missing). Run: sudo apt-get install $package" >&2
        exit 1
    fi
fi

# A half-made environment, or one whose Python is gone or of another version, is made anew.
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    rm -rf .venv
    "$python" -m venv .venv
fi

echo "make setup: installing the pinned packages into .venv (a minute the first time)"
pip() { .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"; }
pip install -qq --require-hashes --requirement requirements/dev.txt
pip install -qq --no-deps --no-build-isolation --editable .
