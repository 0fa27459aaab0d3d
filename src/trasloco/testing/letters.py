"""Realistic mail out of a seed: the same seed gives the same bytes, everywhere and always.

Threads, plain text in four encodings, HTML alternatives, attachments, forwarded letters, and the
few per cent that no standard allows but every mailbox holds: raw 8-bit headers, no Message-ID,
no Date, an empty body, a line without end. Lines end with CRLF. No NUL and no bare CR or LF:
every server must take all of it.
"""

from __future__ import annotations

import base64
import quopri
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from itertools import islice

_PEOPLE = (
    ("Anna Bianchi", "anna.bianchi"), ("Jürgen Müller", "j.mueller"), ("Zoë Lefèvre", "zoe"), ("Ольга Иванова", "olga"),
    ("山田 太郎", "yamada"), ("Li Wei", "li.wei"), ("O'Brien, Pat", "pat"),
    ("Søren Ø. Kjær", "soren"), ("Info", "info"), ("Newsletter", "no-reply"),
)  # fmt: skip
_SUBJECTS = (
    "Meeting on Thursday", "Rechnung Nr. {n}", "Your order {n} has been shipped", "Fotos vom Sommerfest", "Réunion d'équipe",
    "Вопрос по договору {n}", "請求書 {n} の件", "Offerta n. {n}: per favore confermare", "Backup report: 0 errors", "🎉 Party!",
    "Fwd: minutes, please read before the next call because otherwise we shall have to begin all over again ({n})",
)  # fmt: skip
_WORDS = (  # noqa: SIM905 - prose reads better than a list
    "we the mail server moves tomorrow and please check whether all folders are there before you delete anything on the old one "
    "invoice attached thank you regards Grüße für Übergabe naïve façade déjà già perché così данные письмо сервер 東京 会議 資料 "
    "— “quoted” … €"
).split()
_ASCII_WORDS = [word for word in _WORDS if word.isascii()]
_FILES = (
    "report.pdf",
    "Angebot für Müller.pdf",
    "photo.jpg",
    "фото.png",
    "計画.xlsx",
    "winmail.dat",
    "a very long name of a file, with commas.docx",
)
_START = datetime(2011, 3, 1, 8, 0, tzinfo=UTC)
_YEARS = timedelta(days=365 * 14)


@dataclass(frozen=True, slots=True)
class Letter:
    """content: the whole message. date: when it was received, to the second. message_id: "" if it has none."""

    content: bytes
    date: datetime
    message_id: str


class Letters:
    """An endless series of letters to one mailbox."""

    def __init__(self, seed: int | str, *, domain: str = "example.org") -> None:
        self.seed = seed
        self._domain = domain
        self._rng = random.Random(f"letters {seed}")
        self._written = 0
        self._recent: list[tuple[str, str, str]] = []  # message-id, references, subject: what can be answered

    def __iter__(self) -> Iterator[Letter]:
        while True:
            yield self.letter()

    def take(self, count: int) -> Iterator[Letter]:
        """The next ``count`` letters."""
        return islice(self, count)

    def letter(self, size: int | None = None) -> Letter:
        """The next letter. With ``size`` one of about so many bytes (an attachment makes up for it; never less than 1 KiB)."""
        rng = self._rng
        self._written += 1
        date = _START + timedelta(seconds=int(rng.random() * _YEARS.total_seconds()))
        date = date.astimezone(timezone(timedelta(minutes=rng.choice((-480, -300, 0, 60, 120, 330, 540)))))
        headers, message_id, subject = self._headers(date)
        if size is None and rng.random() < 0.03:
            headers, message_id = self._damaged(headers, message_id)
        content = b"\r\n".join(headers) + b"\r\n" + (self._body() if size is None else self._attachment(max(size - 1500, 100)))
        if message_id:
            self._remember(message_id, subject)
        return Letter(content, date, message_id)

    def _headers(self, date: datetime) -> tuple[list[bytes], str, str]:
        rng = self._rng
        name, local = rng.choice(_PEOPLE)
        message_id = f"<{self._written}.{rng.getrandbits(64):016x}@{self._domain}>"
        answered = rng.choice(self._recent) if self._recent and rng.random() < 0.4 else None
        subject = rng.choice(_SUBJECTS).format(n=rng.randrange(10_000)) if answered is None else "Re: " + answered[2].removeprefix("Re: ")
        lines = [
            f"Return-Path: <{local}@{self._domain}>",
            f"Received: from mx{rng.randrange(9)}.{self._domain} (mx.{self._domain} [192.0.2.{rng.randrange(1, 255)}])",
            f"\tby mail.example.net with ESMTPS id {rng.getrandbits(48):012x}; {format_datetime(date)}",
            f"Date: {format_datetime(date)}",
            f"From: {_header_text(name)} <{local}@{self._domain}>",
            f"To: {_header_text('Werner Groß')} <werner@example.net>",
            f"Subject: {_header_text(subject)}",
            f"Message-ID: {message_id}",
        ]
        if answered is not None:
            lines += [f"In-Reply-To: {answered[0]}", f"References: {answered[1]}"]
        if rng.random() < 0.3:
            lines.append(f"List-Id: Moving mailboxes <moving.lists.{self._domain}>")
        lines.append("MIME-Version: 1.0")
        return [line.encode() for line in lines], message_id, subject

    def _remember(self, message_id: str, subject: str) -> None:
        before = self._recent[-1][1].split(" ")[-2:] if self._recent else []
        self._recent.append((message_id, " ".join([*before, message_id]), subject))
        del self._recent[:-20]

    def _damaged(self, headers: list[bytes], message_id: str) -> tuple[list[bytes], str]:
        """What should not be, and is: each kind once in a hundred letters."""
        kind = self._rng.randrange(3)
        if kind == 0:
            return [*headers, "X-Mailer: Büro-Post (ungültig kodiert)".encode("latin-1")], message_id
        lost = (b"Message-ID:", b"Date:")[kind - 1]
        return [line for line in headers if not line.startswith(lost)], message_id if kind == 2 else ""

    def _body(self) -> bytes:
        """The rest of the headers, an empty line, the body. The weights give a median of some 5 KiB and a mean of some 40."""
        rng = self._rng
        makers: tuple[Callable[[], bytes], ...] = (
            self._plain,
            self._encoded,
            self._alternative,
            self._document,
            self._forwarded,
            self._empty,
        )
        (maker,) = rng.choices(makers, weights=(40, 22, 20, 12, 5, 1))
        return maker()

    def _document(self) -> bytes:
        return self._attachment(int(min(self._rng.lognormvariate(11.3, 1.3), 6 << 20)))  # median 80 KiB, now and then some MiB

    def _plain(self) -> bytes:
        text = self._text(_ASCII_WORDS)
        if self._rng.random() < 0.03:
            text += b"x" * 5000 + b"\r\n"  # longer than any line may be (RFC 5322 2.1.1)
        return b"Content-Type: text/plain; charset=us-ascii\r\n\r\n" + text

    def _encoded(self) -> bytes:
        text = self._text(_WORDS)
        kind = self._rng.randrange(3)
        if kind == 0:
            return b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + text
        if kind == 1:
            head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            return head + _base64(text)
        latin = text.decode().encode("latin-1", "replace")
        packed = quopri.encodestring(latin.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
        return b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + packed

    def _alternative(self) -> bytes:
        text = self._text(_WORDS)
        lines = text.replace(b"\r\n", b"<br>\r\n")
        page = b"<html><body style='font-family: sans-serif'>\r\n" + lines * self._rng.randint(1, 6) + b"</body></html>\r\n"
        return self._parts(
            b"alternative",
            b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + text,
            b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + page,
        )

    def _attachment(self, size: int) -> bytes:
        """A text and one file, so that the message has about ``size`` bytes (base64 takes 78 for 57)."""
        name = self._rng.choice(_FILES)
        encoded = "".join(f"%{byte:02X}" for byte in name.encode())
        head = f"Content-Type: application/octet-stream\r\nContent-Disposition: attachment;\r\n filename*=UTF-8''{encoded}\r\n"
        data = self._rng.randbytes(max(size * 57 // 78, 1))
        text = b"Content-Type: text/plain; charset=us-ascii\r\n\r\nSee the file.\r\n"
        return self._parts(b"mixed", text, head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + _base64(data))

    def _forwarded(self) -> bytes:
        headers, _, _ = self._headers(_START)
        inner = b"\r\n".join(headers) + b"\r\n" + self._plain()
        text = b"Content-Type: text/plain; charset=us-ascii\r\n\r\nFrom here on it is the old letter.\r\n"
        return self._parts(b"mixed", text, b"Content-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\n" + inner)

    def _empty(self) -> bytes:
        return b"\r\n"

    def _parts(self, kind: bytes, *parts: bytes) -> bytes:
        boundary = b"=_%016x" % self._rng.getrandbits(64)
        head = b"Content-Type: multipart/" + kind + b';\r\n boundary="' + boundary + b'"\r\n\r\n'
        return head + b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"

    def _text(self, words: list[str]) -> bytes:
        """Paragraphs of 1 to some 30 KiB; lines that begin with ``From `` and with a dot among them."""
        rng = self._rng
        lines = ["Hello,", "", "From here on please read carefully:", ". (a dot at the start)"]
        for _ in range(int(min(rng.lognormvariate(3.4, 1.0), 500))):
            lines.append(("> " if rng.random() < 0.2 else "") + " ".join(rng.choices(words, k=rng.randint(4, 14))))
        return "\r\n".join([*lines, "-- ", "Sent from a desk", ""]).encode()


def _base64(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def _header_text(text: str) -> str:
    """An encoded-word (RFC 2047) per 12 characters where needed, else a quoted string where needed."""
    if text.isascii():
        return f'"{text}"' if "," in text and ":" not in text and "(" not in text else text
    chunks = [text[start : start + 12] for start in range(0, len(text), 12)]
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(chunk.encode()).decode()}?=" for chunk in chunks)
