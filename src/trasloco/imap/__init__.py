"""The wire: IMAP4rev1/rev2 as a client speaks it (RFC 3501, RFC 9051).

Two layers. The core (values, errors, fragments, grammar, commands, quirks, utf7, dates, sasl,
protocol) does no I/O and imports no asyncio, socket or ssl. The shell (transport, client) is
thin and the only one that awaits.
"""
