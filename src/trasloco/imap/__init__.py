"""The wire: IMAP4rev1/rev2 as a client speaks it (RFC 3501, RFC 9051). What we keep to: docs/rfc.md.

Two layers. The core does no I/O and imports no asyncio, socket or ssl:

    values, endpoint, limits, deadlines, errors     what is said, where, within which bounds
    utf7, dates, number_set                         names, moments, sets of messages
    fragments -> tokens -> grammar                  bytes -> lines and literals -> values
      (status_text, fetch_response, list_response, responses)
    commands, sasl, quirks                          what we say, how we log in, whom we bear with
    exchange, protocol, selection                   one command, one session, one SELECT

The shell is thin and the only one that awaits:

    transport, connection                           TCP and TLS; socket <-> protocol
    login, tree, transfer                           conversations of several commands
    fetch_stream, body_stream, append_command       what is sent now and read or written later
    client                                          all of it, one method each
"""
