"""The wire of POP3 (RFC 1939, 2449, 2595, 5034), for servers that have no IMAP: one folder, no flags, nothing is ever deleted.

``replies`` turns bytes into answers, with limits and without I/O; ``connection`` is the asyncio shell; ``login`` signs in;
``mailbox`` looks to the engine like an IMAP client whose mailbox has one folder.
"""
