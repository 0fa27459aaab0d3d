"""Mail servers that are not ours to run, played on loopback by what was recorded of them: see ``server``.

``store`` is the mail, ``flavour`` (with ``flavours.toml``) how a kind of server speaks, ``doors`` who is let in,
``moods`` when it slows us down or hangs up; ``session``, ``listing`` and ``fetching`` answer commands.
"""
