"""An IMAP server that means harm: a small honest one, and behaviours that each do one thing no server should.

``behaviour.BEHAVIOURS`` has them by name, those of each module once it is imported. Nothing here is for anybody's mail.
"""
