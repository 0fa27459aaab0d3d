"""Uploads stay in memory, and small: a CSV with passwords is never written to the disk.

``body_limit`` has seen to it that the whole request is small; this handler keeps Django from choosing another one.
"""

from __future__ import annotations

from django.core.files.uploadhandler import MemoryFileUploadHandler

MOST_BYTES = 2 * 1024 * 1024
"""Of one file or one pasted text; 500 lines of the longest addresses are a tenth of that."""


class MemoryUpload(MemoryFileUploadHandler):
    """Any size that gets this far goes into memory."""

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):  # type: ignore[no-untyped-def]  # noqa: N803 - Django's
        self.activated = True
