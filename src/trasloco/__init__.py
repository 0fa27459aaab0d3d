"""Trasloco moves mailboxes by the hundred from any IMAP server to the operator's own."""

from __future__ import annotations

__version__ = "0.1.0"
