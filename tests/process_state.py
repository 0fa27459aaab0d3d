"""What all tests of one process share without asking for it, and how it stands: environment, settings, loggers, modules.

``ProcessState.now()`` before something and ``changes`` after it: what is not as it was, by its name and never with its value, which
may be a secret. ``give_back`` sets right what others would stumble over. ``module_names`` is what to compare more seldom: it takes
some milliseconds.

Not looked at: what came new (a module, a logger as it is made), and names that begin with ``_``: the product keeps there what it
has found out.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

OURS = "trasloco"
OF_PYTEST = {"PYTEST_CURRENT_TEST", "PYTEST_VERSION"}  # it sets them itself, for each phase of a test
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR1)

Facts = dict[str, object]


@dataclass(frozen=True)
class ProcessState:
    """settings: Django's, None until it is set up. facts: all that is compared, by what it is called."""

    environment: Mapping[str, str]
    directory: str
    settings: Mapping[str, Any] | None
    facts: Facts

    @classmethod
    def now(cls) -> ProcessState:
        facts = dict([*_environment_facts(), *_setting_facts(), *_logger_facts(), *_other_facts()])
        return cls(dict(os.environ), _directory(), _settings(), facts)

    def changes(self) -> list[str]:
        """What is another now, or has come into the environment, or has gone."""
        now = ProcessState.now().facts
        came = [name for name in now.keys() - self.facts.keys() if name.endswith(" of the environment")]
        return sorted([*changed(self.facts, now), *came])

    def give_back(self) -> None:
        """Environment, working directory, settings and what loggers let through."""
        for name in os.environ.keys() - self.environment.keys() - OF_PYTEST:
            del os.environ[name]
        os.environ.update({name: value for name, value in self.environment.items() if name not in OF_PYTEST})
        os.chdir(self.directory or Path.home())
        if self.settings is not None:
            _give_back_settings(self.settings)
        for name, fact in self.facts.items():
            if isinstance(fact, _Logger):
                logger = logging.getLogger(name.partition(" ")[2])
                logger.disabled, logger.propagate = fact.disabled, fact.propagate
                logger.setLevel(logger.level if fact.level is None else fact.level)


def changed(before: Facts, now: Facts) -> list[str]:
    """The names under which there is something else, or nothing any more."""
    return [name for name, fact in before.items() if name not in now or now[name] != fact]


def module_names() -> Facts:
    """Each name of each module of ours, and what stands under it."""
    return {
        f"{name}.{key}": id(value)
        for name, module in sys.modules.copy().items()
        if name.startswith(f"{OURS}.")
        for key, value in vars(module).copy().items()
        if key[0] != "_" and not isinstance(value, ModuleType)
    }


@dataclass(frozen=True)
class _Logger:
    level: int | None
    disabled: bool
    propagate: bool
    handlers: tuple[int, ...]


def _directory() -> str:
    with suppress(FileNotFoundError):  # that of a test before, removed
        return str(Path.cwd())
    return ""


def _django_settings() -> Any:
    """Once Django is set up: before that some of its values, as texts in the language of the moment, cannot be looked at."""
    registry = sys.modules.get("django.apps")
    return sys.modules["django.conf"].settings if registry is not None and registry.apps.ready else None


def _settings() -> dict[str, Any] | None:
    settings = _django_settings()
    return None if settings is None else {"_wrapped": settings._wrapped, **vars(settings._wrapped)}


def _give_back_settings(known: Mapping[str, Any]) -> None:
    settings = _django_settings()
    settings._wrapped = known["_wrapped"]
    for name in [name for name in vars(settings) if name.isupper()]:  # what Django has kept of an override
        del vars(settings)[name]
    for name, value in known.items():
        if name.isupper():
            setattr(settings, name, value)


def _environment_facts() -> Iterator[tuple[str, object]]:
    for name, value in os.environ.items():
        if name not in OF_PYTEST:
            yield f"{name} of the environment", value
    yield "the working directory", _directory()


def _setting_facts() -> Iterator[tuple[str, object]]:
    settings = _django_settings()
    if settings is not None:
        yield "an override of the settings", id(settings._wrapped)
        for name, value in vars(settings._wrapped).items():
            if name.isupper():
                yield f"{name} of the settings", repr(value)


def _logger_facts() -> Iterator[tuple[str, object]]:
    """Without what pytest itself hangs on the root, with the level it sets there, for each phase of a test."""
    yield "what logging leaves out", logging.root.manager.disable
    for name, logger in [("root", logging.root), *logging.root.manager.loggerDict.copy().items()]:
        if isinstance(logger, logging.Logger):
            handlers = tuple(id(handler) for handler in logger.handlers if not type(handler).__module__.startswith("_pytest"))
            yield f"logger {name}", _Logger(None if logger is logging.root else logger.level, logger.disabled, logger.propagate, handlers)


def _other_facts() -> Iterator[tuple[str, object]]:
    for name, module in sys.modules.copy().items():
        if name == OURS or name.startswith(f"{OURS}."):
            yield f"module {name}", id(module)
    for number in SIGNALS:
        yield f"what is done at {number.name}", signal.getsignal(number)
    yield "the time sockets are given", socket.getdefaulttimeout()
    yield "where modules are looked for", tuple(sys.path)
