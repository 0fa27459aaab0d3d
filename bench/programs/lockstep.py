"""How imapsync works, by its published documentation, as a model: message after message, each step awaited.

For every folder: open both sides, read the identifying headers of all messages on both, and for each message
that is missing: FETCH it, wait; APPEND with a synchronising literal, wait for the server's ``+``, send, wait.
Python's imaplib does exactly that. It is a model and not imapsync: for the manner of work, not its language.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from concurrent.futures import ThreadPoolExecutor

from bench.ends import End, Ends
from bench.programs.plain_wire import LISTED
from bench.programs.readiness import arguments, done, wait_for_the_word

_HEADERS = "(UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID RECEIVED)])"
_FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")
_DATE = re.compile(rb'INTERNALDATE ("[^"]*")')
_UID = re.compile(rb"UID (\d+)")


def main() -> None:
    task = arguments()
    accounts = [Ends.of_json(ends) for ends in task["accounts"]]
    wait_for_the_word()
    with ThreadPoolExecutor(task["at_once"]) as pool:
        list(pool.map(copy, accounts))
    done()


def copy(ends: Ends) -> None:
    here, there = _open(ends.source), _open(ends.destination)
    for name in _names(here):
        there.create(name)
        if here.select(name, readonly=True)[0] != "OK" or there.select(name)[0] != "OK":
            raise RuntimeError(f"{name} cannot be opened")
        known = {content for _, content in _messages(there)}
        for uid, content in _messages(here):
            if content not in known:
                _bring(here, there, name, uid)
    for name in _names(here, "LSUB"):
        there.subscribe(name)
    here.logout()
    there.logout()


def _open(end: End) -> imaplib.IMAP4:
    if end.tls:
        context = ssl.create_default_context(cafile=end.ca_file)
        connection: imaplib.IMAP4 = imaplib.IMAP4_SSL("localhost", end.port, ssl_context=context)
    else:
        connection = imaplib.IMAP4(end.host, end.port)
    connection.login(end.user, end.password)
    return connection


def _names(connection: imaplib.IMAP4, command: str = "LIST") -> list[str]:
    _, lines = connection.list() if command == "LIST" else connection.lsub()
    found = []
    for line in lines:
        match = LISTED.match(b"* LIST " + line + b"\r\n") if isinstance(line, bytes) else None
        if match and b"\\noselect" not in match[1].lower():
            found.append(match[2].decode("ascii"))
    return found


def _messages(connection: imaplib.IMAP4) -> list[tuple[str, bytes]]:
    _, answers = connection.uid("FETCH", "1:*", _HEADERS) if connection.untagged_responses.get("EXISTS") != [b"0"] else ("", [])
    found = []
    for answer in answers:
        if isinstance(answer, tuple) and (uid := _UID.search(answer[0])):
            found.append((uid[1].decode("ascii"), answer[1]))
    return found


def _bring(here: imaplib.IMAP4, there: imaplib.IMAP4, name: str, uid: str) -> None:
    _, answers = here.uid("FETCH", uid, "(UID FLAGS INTERNALDATE BODY.PEEK[])")
    head, content = next(answer for answer in answers if isinstance(answer, tuple))
    around = head + b"".join(answer for answer in answers if isinstance(answer, bytes))
    flags, date = _FLAGS.search(around), _DATE.search(around)
    assert flags is not None
    assert date is not None
    kept = flags[1].replace(b"\\Recent", b"").decode("utf-8")
    answer, words = there.append(name, kept, date[1].decode("ascii"), content)
    if answer != "OK":
        raise RuntimeError(str(words))


if __name__ == "__main__":
    main()
