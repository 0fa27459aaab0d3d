"""Real servers, deterministic mail and snapshots: what the tests and the demo stand on.

May import anything; imported by tests and ``trasloco.project.demo`` only.
"""
