#!/bin/sh
# Writes requirements/run.txt, otel.txt, dev.txt and fuzz.txt from pyproject.toml: every version pinned, every file hashed.
# Usage: tools/lock.sh [uv pip compile options, e.g. --upgrade or --upgrade-package django]
set -eu
cd "$(dirname "$0")/.."
if [ ! -x .cache/lock/bin/uv ]; then
    .venv/bin/python -m venv .cache/lock
    .cache/lock/bin/python -m pip --disable-pip-version-check install --quiet "uv>=0.9,<1"
fi
compile() {
    # No header and no annotations: neither the command nor any host name belongs into the repository.
    .cache/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links pyproject.toml "$@"
}
compile --output-file requirements/run.txt "$@"
compile --output-file requirements/otel.txt --extra otel --constraint requirements/run.txt "$@"
compile --output-file requirements/dev.txt --extra dev --extra otel --constraint requirements/otel.txt "$@"
compile --output-file requirements/fuzz.txt --extra fuzz --constraint requirements/run.txt "$@"
if grep -nE '://|--(extra-)?index-url|--find-links' requirements/*.txt; then
    echo "tools/lock.sh: the lines above name a host; they must not be committed" >&2
    exit 1
fi
