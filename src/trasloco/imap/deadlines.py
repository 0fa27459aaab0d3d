"""How long a server may keep us waiting, each wait by its own name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds. connect: TCP, over all addresses of the name. tls: the handshake. greeting: the first
    line. login: silence during the login. command: silence while any other answer is due (a server that
    says ``* OK still here`` is not silent). idle_body: no byte of the messages being fetched. write: a
    socket that takes nothing. logout: the whole of it, and the time between
    a server's BYE and its closing the connection. trickle: an answer may take as long as this while it
    brings less than ``Limits.trickle``: one byte now and then is no silence, and no answer either.
    standstill: an account that gets no further for so long, whatever its servers say meanwhile, is given
    back; ``engine.account_run`` keeps it."""

    connect: float = 30
    tls: float = 30
    greeting: float = 30
    login: float = 60
    command: float = 300
    idle_body: float = 120
    write: float = 300
    logout: float = 5
    trickle: float = 3600
    standstill: float = 6 * 3600
