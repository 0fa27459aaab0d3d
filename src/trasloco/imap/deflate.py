"""COMPRESS=DEFLATE (RFC 4978): the bytes of one connection, both ways, as raw DEFLATE streams.

Quick rather than small: the level is the lowest, for the line is to be relieved without the processor
becoming the bottleneck. What a server makes us unpack comes out in bounded pieces.
"""

from __future__ import annotations

import zlib

from trasloco.imap.errors import ProtocolViolation

_RAW = -15  # RFC 4978 3: no zlib header
_LEVEL = 1
_PIECE = 256 * 1024


class Deflate:
    """Both directions of one connection."""

    def __init__(self) -> None:
        self._packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
        self._unpacking = zlib.decompressobj(_RAW)
        self._packed = b""

    def pack(self, data: bytes) -> bytes:
        """What is to be written for these bytes, so that the other side can read all of them at once."""
        return self._packing.compress(data) + self._packing.flush(zlib.Z_SYNC_FLUSH)

    def feed(self, data: bytes) -> None:
        """What was received, for ``unpack``."""
        self._packed += data

    def unpack(self) -> bytes:
        """The next piece of what was received, at most 256 KiB; b"" when there is no more of it.

        Raises ProtocolViolation when it is no DEFLATE stream.
        """
        while self._packed:
            try:
                piece = self._unpacking.decompress(self._packed, _PIECE)
            except zlib.error as error:
                raise ProtocolViolation(f"the server agreed to compress and sends what is not compressed ({error})") from None
            if not piece and self._unpacking.eof:
                raise ProtocolViolation("the server ended its compressed stream and goes on all the same")
            self._packed = self._unpacking.unconsumed_tail
            if piece:
                return piece
        return b""
