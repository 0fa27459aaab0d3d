"""Uploads stay in memory, and small: a CSV with passwords is never written to the disk, and 2 GB never read."""

from __future__ import annotations

from django.core.files.uploadhandler import MemoryFileUploadHandler, StopUpload

MOST_BYTES = 2 * 1024 * 1024
"""500 lines of the longest addresses are a tenth of that."""


class BoundedUpload(MemoryFileUploadHandler):
    """Ends the request at once when more comes than ``MOST_BYTES``; the form then sees no file and ``request.upload_refused``."""

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):  # type: ignore[no-untyped-def]  # noqa: N803 - Django's
        self.activated = True
        self._received = 0
        if content_length > MOST_BYTES + 64 * 1024:
            self._refuse()

    def receive_data_chunk(self, raw_data, start):  # type: ignore[no-untyped-def]
        self._received += len(raw_data)
        if self._received > MOST_BYTES:
            self._refuse()
        return super().receive_data_chunk(raw_data, start)

    def _refuse(self) -> None:
        if self.request is not None:
            self.request.upload_refused = True  # type: ignore[attr-defined]
        raise StopUpload(connection_reset=True)
