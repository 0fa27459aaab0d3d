"""What is in our memory stays there: no core dump of a process that holds passwords, and nobody but root reads it from outside.

Linux: ``prctl(PR_SET_DUMPABLE, 0)``, which also closes ``/proc/<pid>/mem`` and ptrace to other processes of the same user, and
``RLIMIT_CORE`` 0, which holds on other systems as well and is inherited by what we start. Where neither can be had nothing is said: it is
one hedge among others.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys

PR_SET_DUMPABLE = 4


def keep_memory_private() -> None:
    """For this process from now on. Programs it starts (the database) inherit the limit, but not the rest."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
