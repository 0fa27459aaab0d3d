"""What an installation consists of, as a CycloneDX document: requirements/sbom.cdx.json, with the licence of each package.

``make sbom`` after the pins have changed; a test compares. The CycloneDX project's own tool looks at an environment that has the
pinned packages and nothing else. Addresses of projects are left out: they name hosts, and change without a reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PINS = ROOT / "requirements" / "run.txt"
PLACE = ROOT / "requirements" / "sbom.cdx.json"
TOOL = "cyclonedx-bom==7.5.0"
_OF_THE_ENVIRONMENT = {"pip", "setuptools", "wheel"}
_TOLD = ("bom-ref", "type", "name", "version", "description", "licenses", "purl")


def main() -> None:
    tool, environment = ROOT / ".cache" / "sbom-tool", ROOT / ".cache" / "sbom-environment"
    _install(tool, TOOL)
    _install(environment, "--require-hashes", "--requirement", str(PINS))
    command = [str(tool / "bin" / "cyclonedx-py"), "environment", "--output-reproducible", "--spec-version", "1.6"]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), str(environment / "bin" / "python")]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - ours
    PLACE.write_text(json.dumps(_tidy(found), indent=1, sort_keys=True) + "\n", "utf-8")


def _install(environment: Path, *words: str) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)  # noqa: S603 - ours
    pip = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    subprocess.run([*pip, *words], check=True)  # noqa: S603 - ours


def _tidy(found: dict[str, Any]) -> dict[str, Any]:
    """Without what is of the environment only, and without addresses."""
    of_ours = [part for part in found["components"] if part["name"] not in _OF_THE_ENVIRONMENT]
    found["components"] = [{name: part[name] for name in _TOLD if name in part} for part in of_ours]
    root = found["metadata"]["component"]
    found["metadata"] = {"component": {name: root[name] for name in _TOLD if name in root}}
    known = {part["bom-ref"] for part in found["components"]} | {root["bom-ref"]}
    kept = [part for part in found["dependencies"] if part["ref"] in known]
    found["dependencies"] = [part | {"dependsOn": [ref for ref in part.get("dependsOn", []) if ref in known]} for part in kept]
    return found


if __name__ == "__main__":
    main()
