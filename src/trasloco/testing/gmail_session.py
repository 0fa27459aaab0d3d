"""What a signed-in connection of the Gmail double answers: one command in, the bytes of its answer out.

Only what a source is asked for, and what another client may do to labels: LIST, STATUS, SELECT, FETCH, SEARCH, COPY, STORE,
EXPUNGE. Written without the wire's own code, which it is there to try.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator

from trasloco.testing.gmail_mailbox import GmailFolder, GmailMailbox, GmailMessage
from trasloco.testing.mailbox_name import decode_mailbox, encode_mailbox

_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|\(([^()]*(?:\([^()]*\)[^()]*)*)\)|([^\s()"]+)')
_ITEM = re.compile(rb"BODY(?:\.PEEK)?\[[^\]]*\]|[A-Z0-9.\-]+", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")
_FIELDS = re.compile(rb"HEADER\.FIELDS \(([^)]*)\)", re.IGNORECASE)


def arguments(text: bytes) -> list[bytes]:
    """The words of a command: strings without their quotes, lists without their outer parentheses."""
    found = []
    for match in _WORD.finditer(text):
        quoted, listed, plain = match.groups()
        found.append(plain if plain is not None else listed if listed is not None else re.sub(rb"\\(.)", rb"\1", quoted or b""))
    return found


class GmailSession:
    """selected: the folder that is open; sequence numbers are those of its present UIDs."""

    def __init__(self, mailbox: GmailMailbox, capabilities: str) -> None:
        self._mailbox, self._capabilities = mailbox, capabilities.split()
        self._selected: GmailFolder | None = None

    def answer(self, tag: str, verb: str, rest: bytes) -> Iterator[bytes]:
        verbs: dict[str, Callable[[bytes], Iterable[bytes]]] = {
            "NAMESPACE": lambda rest: [b'* NAMESPACE (("" "/")) NIL NIL'],
            "ENABLE": lambda rest: [b"* ENABLED " + rest],
            "LIST": self._list,
            "XLIST": self._list,
            "LSUB": self._list,
            "STATUS": lambda rest: [self._status(self._named(arguments(rest)[0]), arguments(rest)[1])],
            "UID FETCH": self._fetch,
            "UID SEARCH": lambda rest: self._search(tag, rest),
            "UID COPY": self._copy,
            "UID STORE": self._store,
            "GETQUOTAROOT": lambda rest: [b'* QUOTAROOT "INBOX" ""', b'* QUOTA "" (STORAGE 1024 15728640)'],
        }
        try:
            if verb in ("SELECT", "EXAMINE"):
                yield from self._open(tag, rest, read_only=verb == "EXAMINE")
            elif verb in ("UNSELECT", "CLOSE"):
                self._selected = None
                yield f"{tag} OK Returned to authenticated state. (Success)\r\n".encode()
            elif verb in verbs:
                for line in verbs[verb](rest):
                    yield line + b"\r\n"
                yield f"{tag} OK Success\r\n".encode()
            else:
                yield f"{tag} BAD Unknown command\r\n".encode()
        except KeyError:
            yield f"{tag} NO [NONEXISTENT] Unknown Mailbox: (Failure)\r\n".encode()

    def _named(self, wire: bytes) -> GmailFolder:
        name = decode_mailbox(wire)
        folder = self._mailbox.folders["INBOX" if name.upper() == "INBOX" else name]
        if folder.hidden:
            raise KeyError(name)
        return folder

    def _list(self, rest: bytes) -> Iterator[bytes]:
        words = arguments(rest)
        status = next((words[index + 1] for index, word in enumerate(words) if word.upper() == b"STATUS"), None)
        if status is None:  # inside RETURN (...)
            found = re.search(rb"STATUS \(([^)]*)\)", rest, re.IGNORECASE)
            status = found[1] if found else None
        shown = [folder for folder in self._mailbox.folders.values() if not folder.hidden]
        root = self._mailbox.root
        yield b'* LIST (\\HasChildren \\Noselect) "/" "' + encode_mailbox(root) + b'"'
        for folder in shown:
            attributes = ["\\HasNoChildren", *([folder.attribute] if folder.attribute.startswith("\\") else [])]
            if b"SUBSCRIBED" in rest:
                attributes.append("\\Subscribed")
            yield f'* LIST ({" ".join(attributes)}) "/" '.encode() + _quoted(encode_mailbox(folder.name))
            if status is not None:
                yield self._status(folder, status)

    def _status(self, folder: GmailFolder, items: bytes) -> bytes:
        values = {
            b"MESSAGES": len(folder.uids),
            b"UIDNEXT": folder.uidnext,
            b"UIDVALIDITY": folder.uidvalidity,
            b"HIGHESTMODSEQ": self._mailbox.modseq,
            b"UNSEEN": sum("\\Seen" not in self._mailbox.messages[msgid].flags for msgid in folder.uids),
            b"RECENT": 0,
        }
        told = " ".join(f"{item.decode()} {values[item.upper()]}" for item in items.split())
        return b"* STATUS " + _quoted(encode_mailbox(folder.name)) + f" ({told})".encode()

    def _open(self, tag: str, rest: bytes, *, read_only: bool) -> Iterator[bytes]:
        self._selected = None
        folder = self._named(arguments(rest)[0])
        self._selected = folder
        kept = "" if read_only else "\\Answered \\Flagged \\Draft \\Deleted \\Seen \\*"
        lines = [
            "* FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $NotPhishing $Phishing)",
            f"* OK [PERMANENTFLAGS ({kept})] Flags permitted.",
            f"* OK [UIDVALIDITY {folder.uidvalidity}] UIDs valid.",
            f"* {len(folder.uids)} EXISTS",
            "* 0 RECENT",
            f"* OK [UIDNEXT {folder.uidnext}] Predicted next UID.",
            f"* OK [HIGHESTMODSEQ {self._mailbox.modseq}]",
            f"{tag} OK [{'READ-ONLY' if read_only else 'READ-WRITE'}] {encode_mailbox(folder.name).decode()} selected. (Success)",
        ]
        yield "".join(f"{line}\r\n" for line in lines).encode()

    def _chosen(self, numbers: bytes) -> Iterator[tuple[int, int, GmailMessage]]:
        """(sequence number, UID, message) of a set of UIDs, in order."""
        assert self._selected is not None
        messages = list(self._selected.uids)  # a new one has the highest UID: they are in order
        uids = list(self._selected.uids.values())
        found: set[int] = set()
        for part in numbers.split(b","):
            low, _, high = part.partition(b":")
            ends = [(uids[-1] if uids else 0) if end == b"*" else int(end) for end in (low, high or low)]
            found.update(range(bisect_left(uids, min(ends)), bisect_right(uids, max(ends))))
        for index in sorted(found):
            yield index + 1, uids[index], self._mailbox.messages[messages[index]]

    def _fetch(self, rest: bytes) -> Iterator[bytes]:
        numbers, _, wanted = rest.partition(b" ")
        changed = re.search(rb"\(CHANGEDSINCE (\d+)\)", wanted, re.IGNORECASE)
        items = _ITEM.findall(wanted[: changed.start()] if changed else wanted)
        for sequence, uid, message in list(self._chosen(numbers)):
            if changed is None or message.modseq > int(changed[1]):
                parts = [self._item(item, uid, message) for item in items]
                parts += [f"MODSEQ ({message.modseq})".encode()] if changed else []
                yield b"* %d FETCH (" % sequence + b" ".join(parts) + b")"

    def _item(self, item: bytes, uid: int, message: GmailMessage) -> bytes:
        assert self._selected is not None
        name = item.upper()
        if name == b"UID":
            return b"UID %d" % uid
        if name == b"FLAGS":
            return b"FLAGS (" + " ".join(sorted(message.flags)).encode() + b")"
        if name == b"INTERNALDATE":
            return b'INTERNALDATE "' + time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(message.epoch)).encode() + b'"'
        if name == b"RFC822.SIZE":
            return b"RFC822.SIZE %d" % len(message.content)
        if name in (b"X-GM-MSGID", b"X-GM-THRID"):
            return name + b" %d" % message.msgid
        if name == b"X-GM-LABELS":
            return b"X-GM-LABELS (" + b" ".join(map(_label, self._mailbox.labels_shown(message, self._selected))) + b")"
        if name in (b"BODY[]", b"BODY.PEEK[]", b"RFC822"):
            self._mailbox.fetched[message.msgid] += 1
            return b"BODY[] {%d}\r\n" % len(message.content) + message.content
        fields = _FIELDS.search(item)
        if fields is not None:
            header = _header(message.content, fields[1])
            return b"BODY[HEADER.FIELDS (" + fields[1] + b")] {%d}\r\n" % len(header) + header
        raise KeyError(item)

    def _search(self, tag: str, rest: bytes) -> list[bytes]:
        raw = re.search(rb'X-GM-RAW "?category:(\w+)"?', rest, re.IGNORECASE)
        hits = [uid for _, uid, message in self._chosen(b"1:*") if raw is None or message.category == raw[1].decode()]
        if not rest.upper().startswith(b"RETURN"):
            return [b"* SEARCH" + b"".join(b" %d" % uid for uid in hits)]
        found = " ALL " + ",".join(map(str, hits)) if hits else ""
        return [f'* ESEARCH (TAG "{tag}") UID{found}'.encode()]

    def _copy(self, rest: bytes) -> list[bytes]:
        """To copy into a label's folder is to put the label on."""
        numbers, name = arguments(rest)
        folder = self._named(name)
        for _, _, message in list(self._chosen(numbers)):
            self._mailbox.label(message.msgid, folder.label)
        return []

    def _store(self, rest: bytes) -> list[bytes]:
        numbers, action, *words = arguments(rest)
        sign, what = action[:1], action.upper().lstrip(b"+-").removesuffix(b".SILENT")
        values = [decode_mailbox(word) for word in (arguments(words[0]) if words else [])]
        verbs = {b"X-GM-LABELS": (self._mailbox.label, self._mailbox.unlabel), b"FLAGS": (self._mailbox.flag, self._mailbox.unflag)}
        put_on, take_off = verbs[what]
        for _, _, message in list(self._chosen(numbers)):
            (take_off if sign == b"-" else put_on)(message.msgid, *values)
        return []


def _label(label: str) -> bytes:
    """System labels come as quoted strings with a backslash; the others as atoms where they can be."""
    return label.encode() if _PLAIN.fullmatch(label) else _quoted(encode_mailbox(label))


def _quoted(text: bytes) -> bytes:
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _header(content: bytes, names: bytes) -> bytes:
    """The fields of these names, folded lines included, and the empty line."""
    wanted = {name.upper() for name in names.split()}
    kept, keep = [], False
    for line in content.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        if not line[:1].isspace():
            keep = line.partition(b":")[0].strip().upper() in wanted
        kept += [line] if keep else []
    return b"\r\n".join([*kept, b"", b""])
