"""``make bench``: the wire by itself, then a whole copy beside a peer."""

from __future__ import annotations

from bench import copy, wire

wire.main()
print()
copy.main()
