"""Chromium for tests: the installed one, else Debian's, unpacked into the cache like the mail servers.

    found = Chromium.obtain()
    playwright.chromium.launch(executable_path=found.program, args=found.arguments, env=found.environment)

Playwright's own download is not used: what runs is the browser of the distribution, and nothing is installed.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from trasloco.testing.packages import PackageTree

_PACKAGES = ("chromium", "chromium-common", "fonts-dejavu-core")
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir prefix="relative">usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""


@dataclass(frozen=True, slots=True)
class Chromium:
    """program: its path. environment: all it is to see of ours and its own. arguments: for a machine without user namespaces."""

    program: str
    environment: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ("--no-sandbox", "--disable-dev-shm-usage")

    @classmethod
    def obtain(cls) -> Self:
        """Raises PackagesUnavailable with what to do."""
        installed = shutil.which("chromium") or shutil.which("chromium-browser")
        if installed:
            return cls(installed, dict(os.environ))
        tree = PackageTree.obtain("chromium", *_PACKAGES, finish=_bring_fonts)
        own = {"LD_LIBRARY_PATH": os.pathsep.join(tree.libraries), "FONTCONFIG_FILE": str(tree.root / "fonts.conf")}
        return cls(str(tree.root / "usr/lib/chromium/chromium"), os.environ | own)


def _bring_fonts(root: Path) -> None:
    """A machine without a desktop has neither fonts nor a list of where they are."""
    (root / "fonts.conf").write_text(_FONTS, "utf-8")
