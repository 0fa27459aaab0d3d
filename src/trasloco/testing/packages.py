"""Debian packages without installing them: downloaded, unpacked into a cache, run from there.

Dovecot, Cyrus and Courier conflict with each other as installed packages; unpacked side by side
they do not. ``PackageTree.obtain("dovecot", "dovecot-core", "dovecot-imapd")`` returns at once
when the cache holds the tree; otherwise it asks apt for the packages and for every library they
need that this machine lacks. No root is needed; nothing outside the cache directory is changed,
except that root refreshes apt's lists when they are empty or out of date.

The cache is ``$TRASLOCO_TEST_CACHE_DIR``, else ``$XDG_CACHE_HOME/trasloco``, else
``~/.cache/trasloco``; for root ``/var/cache/trasloco``, because the servers then run as another
user who cannot look into root's home.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class PackagesUnavailable(Exception):
    """The packages cannot be had here; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class PackageTree:
    """An unpacked set of packages.

    root: the directory that stands for ``/``.
    libraries: directories for LD_LIBRARY_PATH.
    versions: package name -> Debian version, of everything unpacked.
    """

    root: Path
    libraries: tuple[str, ...]
    versions: dict[str, str]

    @classmethod
    def obtain(cls, name: str, *packages: str, finish: Callable[[Path], None] | None = None) -> PackageTree:
        """Return the tree called ``name``, made of ``packages`` and the libraries missing here.

        finish: called once with the root of a new tree, to adapt what was built for ``/``.
        Several processes may ask at once: one works, the others wait and find it done.
        Raises PackagesUnavailable.
        """
        directory = _cache_directory() / "packages"
        root = directory / name
        found = _read_manifest(root, packages)
        if found is None:
            with _locked(directory, name):
                found = _read_manifest(root, packages) or _build(root, packages, finish)
        return cls(root, tuple(str(root / path) for path in found["libraries"]), found["versions"])

    @staticmethod
    def cached(name: str) -> dict[str, str]:
        """The versions in an existing tree, nothing when there is none; fetches nothing."""
        found = _read_manifest(_cache_directory() / "packages" / name, ())
        return found["versions"] if found else {}

    def environment(self) -> dict[str, str]:
        """The variables a program of this tree needs, and no others of ours."""
        return {
            "PATH": os.pathsep.join([f"{self.root}/usr/sbin", f"{self.root}/usr/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]),
            "LD_LIBRARY_PATH": os.pathsep.join(self.libraries),
            "LANG": "C.UTF-8",
        }


def _cache_directory() -> Path:
    if chosen := os.environ.get("TRASLOCO_TEST_CACHE_DIR"):
        return Path(chosen)
    if os.geteuid() == 0:
        return Path("/var/cache/trasloco")
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "trasloco"


def _read_manifest(root: Path, packages: tuple[str, ...]) -> dict[str, dict[str, str]] | None:
    """What an earlier build wrote as its last act; None when there is no whole tree of these packages."""
    try:
        found: dict[str, dict[str, str]] = json.loads((root / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if set(packages) <= set(found["versions"]) else None


@contextmanager
def _locked(directory: Path, name: str) -> Iterator[None]:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / f"{name}.lock").open("w")
    except OSError as error:
        raise PackagesUnavailable(
            f"cannot write {directory}: {error.strerror}. Set TRASLOCO_TEST_CACHE_DIR to a writable directory."
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released by closing
        yield


def _build(root: Path, packages: tuple[str, ...], finish: Callable[[Path], None] | None) -> dict[str, dict[str, str]]:
    """Unpack beside the final place and rename, so that a half-made tree is never found."""
    apt = _Apt(root.parent / "apt")
    making = Path(tempfile.mkdtemp(prefix=f"{root.name}-", dir=root.parent))
    try:
        making.chmod(0o755)
        versions = apt.unpack(list(packages), making)
        absent = apt.absent_libraries(packages) if _missing_libraries(making) else []
        while absent and (missing := _missing_libraries(making)):  # a library may need another one
            chosen = [package for package in absent if package in _usual_names(missing)] or absent
            versions |= apt.unpack(chosen, making)
            absent = [package for package in absent if package not in chosen]
        if missing := _missing_libraries(making):
            raise PackagesUnavailable(
                f"the programs of {', '.join(packages)} need libraries that apt did not bring: {', '.join(sorted(missing))}. "
                f"Install the packages themselves: apt-get install {' '.join(packages)}"
            )
        if finish is not None:
            finish(making)
        found = {"versions": versions, "libraries": _library_directories(making)}
        (making / "manifest.json").write_text(json.dumps(found, indent=1), "utf-8")
        shutil.rmtree(root, ignore_errors=True)
        making.rename(root)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return found  # type: ignore[return-value]


class _Apt:
    """apt-get and apt-cache, as root with the system's lists, as a user with lists of our own."""

    def __init__(self, private: Path) -> None:
        for program in ("apt-get", "apt-cache", "dpkg-deb", "dpkg-query"):
            if shutil.which(program) is None:
                raise PackagesUnavailable(
                    f"{program} is not on this machine: the test servers need Debian's packages. Use Debian or Ubuntu."
                )
        self._private = private
        self._options = ["-o", "APT::Sandbox::User=root", "-o", "APT::Get::List-Cleanup=0", "-qq"]
        self._updated = False

    def unpack(self, packages: list[str], target: Path) -> dict[str, str]:
        """Download and unpack; returns their versions."""
        versions: dict[str, str] = {}
        if not packages:
            return versions
        with tempfile.TemporaryDirectory() as scratch:
            self._download(packages, scratch)
            for archive in Path(scratch).glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", str(archive), str(target)], check=True, env=_plain_environment())
                fields = _output("dpkg-deb", "-f", str(archive), "Package", "Version")
                package, version = (line.partition(": ")[2] for line in fields.splitlines())
                versions[package] = version
        return versions

    def absent_libraries(self, packages: tuple[str, ...]) -> list[str]:
        """The libraries among the recursive dependencies that are not installed here."""
        only = [f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")]
        listed = _output("apt-cache", *self._options, "depends", "--recurse", *only, *packages)
        wanted = {line.strip() for line in listed.splitlines() if line.startswith("lib")}
        installed = _output("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\\n").splitlines()
        return sorted(wanted - {line.partition(" ")[2] for line in installed if line.startswith("installed ")} - set(packages))

    def _download(self, packages: list[str], scratch: str) -> None:
        answer = self._run("download", packages, scratch)
        if answer.returncode and not self._updated:  # no lists yet, or lists that name superseded files
            self._update()
            answer = self._run("download", packages, scratch)
        if answer.returncode:
            raise PackagesUnavailable(
                f"apt-get download {' '.join(packages)} failed: {_last_words(answer)}. "
                "Is there a network, and do the apt sources (/etc/apt) name a Debian or Ubuntu mirror?"
            )

    def _update(self) -> None:
        self._updated = True
        if os.geteuid() != 0:
            lists, cache = self._private / "lists", self._private / "cache"
            for directory in (lists / "partial", cache / "archives" / "partial"):
                directory.mkdir(parents=True, exist_ok=True)
            self._options += ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}"]
        answer = self._run("update", [], "/")
        if answer.returncode:
            raise PackagesUnavailable(f"apt-get update failed: {_last_words(answer)}. Run it as root once, then try again.")

    def _run(self, command: str, arguments: list[str], directory: str) -> subprocess.CompletedProcess[str]:
        words = ["apt-get", *self._options, command, *arguments]
        return subprocess.run(words, cwd=directory, env=_plain_environment(), capture_output=True, text=True)


def _plain_environment() -> dict[str, str]:
    """Ours, with words we can read and no questions."""
    return os.environ | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, env=_plain_environment()).stdout


def _last_words(answer: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in (answer.stderr or answer.stdout).splitlines() if line.startswith("E:")]
    return "; ".join(line.removeprefix("E: ") for line in lines[:2]) or f"exit code {answer.returncode}"


def _library_directories(root: Path) -> list[str]:
    return sorted({str(path.parent.relative_to(root)) for path in root.rglob("lib*.so*")})


def _missing_libraries(root: Path) -> set[str]:
    """Sonames that the loader does not find for any program of the tree."""
    programs = [str(path) for path in root.rglob("*") if _is_program(path)]
    search = os.pathsep.join(str(root / path) for path in _library_directories(root))
    told = subprocess.run(["ldd", *programs], env=os.environ | {"LD_LIBRARY_PATH": search, "LC_ALL": "C"}, capture_output=True, text=True)
    return {line.split()[0] for line in told.stdout.splitlines() if "=> not found" in line}


def _usual_names(sonames: set[str]) -> set[str]:
    """Package names by Debian's custom (policy 8.1): libwrap.so.0 -> libwrap0, liblua5.4.so.0 -> liblua5.4-0."""
    names = set()
    for soname in sonames:
        base, _, version = soname.lower().replace("_", "-").partition(".so.")
        name = f"{base}-{version}" if base[-1].isdigit() else base + version
        names |= {name, f"{name}t64"}
    return names


def _is_program(path: Path) -> bool:
    if path.is_symlink() or not path.is_file() or not path.stat().st_mode & 0o111:
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"
