"""The film of the README: ``make demo`` on a terminal of its own, then the panel it leaves open. ``make film`` makes it anew.

``performance`` runs the demo and keeps what it writes and when; ``terminal`` shows that as a terminal would; ``tour`` walks through the
panel; ``reel`` joins the pictures. The film ends as a still picture, and has a still twin for whoever wants no motion.
"""
