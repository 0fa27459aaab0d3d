"""``trasloco demo``: two real IMAP servers on this machine, real mail, and the real commands run against them.

The only part of the program that uses ``trasloco.testing``.
"""
