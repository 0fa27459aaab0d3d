"""An IMAP server that means harm: a small honest one, and behaviours that each do one thing no server should.

``behaviour.BEHAVIOURS`` has them all by name once ``server`` is imported. Nothing here is for anybody's mail.
"""
