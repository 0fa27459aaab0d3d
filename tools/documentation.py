"""The documentation site: ``make docs`` builds it into build/docs, and fails at a broken link, a missing anchor, a page in no list.

What it consists of is said in ``tools/site/conf.py``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SITE = ROOT / "build" / "docs"


def build(sources: Path, site: Path) -> str:
    """Build the pages below ``sources`` into the directory ``site``; returns what is wrong with them, "" when nothing is."""
    options = ["-W", "--keep-going", "--quiet", "--fresh-env", "--builder", "html", "--conf-dir", str(ROOT / "tools" / "site")]
    command = [sys.executable, "-m", "sphinx", *options, "--doctree-dir", str(site.with_name(f"{site.name}-doctrees"))]
    done = subprocess.run([*command, str(sources), str(site)], capture_output=True, text=True)  # noqa: S603 - our own words
    if done.returncode == 0:
        return ""
    return done.stderr or done.stdout or f"Sphinx ended with {done.returncode}"


if __name__ == "__main__":
    if wrong := build(ROOT, SITE):
        sys.exit(wrong)
    print(SITE / "index.html")
