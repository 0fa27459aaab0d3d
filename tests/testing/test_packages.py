from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from trasloco.testing.packages import PackagesUnavailable, PackageTree


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRASLOCO_TEST_CACHE_DIR", str(tmp_path))
    return tmp_path


def test_a_tree_in_the_cache_costs_next_to_nothing() -> None:
    PackageTree.obtain("hello", "hello")
    began = time.perf_counter()
    tree = PackageTree.obtain("hello", "hello")
    assert time.perf_counter() - began < 0.05
    assert (tree.root / "usr/bin/hello").exists()
    assert PackageTree.cached("hello")["hello"] == tree.versions["hello"]


def test_two_at_once_build_one_tree(cache: Path) -> None:
    trees: list[PackageTree] = []
    made: list[Path] = []

    def obtain() -> None:
        trees.append(PackageTree.obtain("hello", "hello", finish=made.append))

    threads = [threading.Thread(target=obtain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert {tree.root for tree in trees} == {cache / "packages/hello"}
    assert not [path for path in (cache / "packages").iterdir() if path.name.startswith("hello-")]  # no scratch left


def test_a_tree_of_other_packages_is_built_anew(cache: Path) -> None:
    PackageTree.obtain("tree", "hello")
    tree = PackageTree.obtain("tree", "hello", "sl")
    assert set(tree.versions) >= {"hello", "sl"}


def test_an_unknown_package_is_named(cache: Path) -> None:
    with pytest.raises(PackagesUnavailable, match="no-such-package-anywhere"):
        PackageTree.obtain("nothing", "no-such-package-anywhere")
    assert not (cache / "packages/nothing").exists()


def test_without_apt_it_says_what_to_do(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(cache))
    with pytest.raises(PackagesUnavailable, match="Debian or Ubuntu"):
        PackageTree.obtain("hello", "hello")
