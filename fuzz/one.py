"""One target under atheris, in a process of its own: python -m fuzz.one TARGET [options of libFuzzer] CORPUS.

What is found ends the process: the traceback is on stderr, the input in a file where ``-artifact_prefix`` says.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from pathlib import Path

import atheris

from fuzz.targets import TARGETS


def main() -> None:
    """Runs until its time is over or something is found; libFuzzer ends the process."""
    name, *options, corpus = sys.argv[1:]
    target = TARGETS[name]
    logging.disable()
    with atheris.instrument_imports(include=list(target.covers)):
        check = target.check()
    directory = Path(corpus)
    directory.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (directory / hashlib.sha256(seed).hexdigest()[:24]).write_bytes(seed)
    tokens = directory.with_name("tokens.txt")
    tokens.write_text("".join(f'"{_escaped(token)}"\n' for token in target.tokens()), encoding="ascii")
    atheris.Setup([sys.argv[0], f"-max_len={target.longest}", f"-dict={tokens}", *options, str(directory)], check)
    atheris.Fuzz()


def _escaped(token: bytes) -> str:
    """As a dictionary of libFuzzer wants it: at most 64 bytes."""
    return "".join(f"\\x{byte:02x}" for byte in token[:64])


if __name__ == "__main__":
    main()
