"""One line of the CSV: split into fields, each checked; and what kind of line it is.

The line's text is looked at here and nowhere else; what comes out is values and problems.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from trasloco.imap.endpoint import Speech
from trasloco.plan.endpoints import ServerError, parse_source
from trasloco.plan.problems import FIELDS, Problem
from trasloco.secret import Secret
from trasloco.sentence import Sentence
from trasloco.sentence import sentence as _
from trasloco.sentence import sentence_of as ngettext

LONGEST_LINE = 10_000
"""Characters; a line of honest fields has some hundred."""

_QUOTED = re.compile(r'"((?:[^"]|"")*+)"')
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_SMART = {"“": "”“", "”": "”", "„": "“”‟", "‟": "”", "«": "»", "»": "«", "‘": "’", "’": "’", "‚": "‘’", "‹": "›", "›": "‹", "＂": "＂"}

_HEADER_WORDS = re.compile(
    r"(?:accounts?|address|adresse|admin|alt|ancien|benutzer(?:name)?|casella|clave|compte|contrase(?:ñ|n)a|correo|courriel|dest"
    r"|destination|destinatario|destinazione|destino|dominio|e|e?mail|from|host(?:name)?|imap|imapserver|indirizzo|kennwort|konto"
    r"|locale?|login|loginname|mailbox|master|masteruser|mot|name|neu|new|nome|nouveau|nouvelle|nuov[ao]|of|old|origen|origine"
    r"|parola|pass|passe|passphrase|password|passwort|passwd|porta?|posta|postfach|psw|pwd|pwdmaster|pwdremote|quelle|remoto?|remote|s"
    r"|serveur|server|servername|servidor|source|src|target|the|to|user(?:id|name)?|usuario|utente|utilisateur|ziel)"
)


@dataclass(slots=True)
class Line:
    """What a line holds. The keys are "" / None when the field is wrong; ``password`` is never shown."""

    number: int
    destination: str = ""
    host: str = ""
    port: int | None = None
    speech: Speech = Speech.IMAP
    login: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    master: str = ""
    destination_key: str = ""
    source_key: tuple[str, int, str] | None = None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Field:
    """One field as written. trouble: code of what is wrong with its quoting, "" if nothing."""

    text: str
    quoted: bool = False
    trouble: str = ""


def split(line: str) -> list[_Field]:
    """The fields of one line; never fails, troubles are noted on their field."""
    fields: list[_Field] = []
    position = 0
    while True:
        end = line.find(";", position)
        end = len(line) if end < 0 else end
        text = line[position:end]
        if text.lstrip().startswith('"'):
            opening = position + len(text) - len(text.lstrip())
            found = _QUOTED.match(line, opening)
            if found is None:
                return [*fields, _Field(line[opening + 1 :], True, "unclosed-quote")]
            end = line.find(";", found.end())
            end = len(line) if end < 0 else end
            rest = line[found.end() : end]
            trouble = "text-after-quote" if rest.strip() else "space-before-quote" if opening > position else ""
            fields.append(_Field(found[1].replace('""', '"'), True, trouble))
        else:
            fields.append(_Field(text))
        if end == len(line):
            return fields
        position = end + 1


def separator_used(line: str) -> str:
    """The separator when it is clearly not ``;``: a tab, a comma or a vertical bar; "" otherwise."""
    if line.count(";") > 1 or len(line) > LONGEST_LINE:
        return ""
    for mark in ("\t", ",", "|"):
        if line.count(mark) >= 2:
            return mark
    return ""


def is_header(line: str) -> bool:
    """Whether a first line names columns: three fields or more, all of header words, in one of six languages.

    Decided by words alone, so that an account with a mistake in it is never skipped in silence."""
    if len(line) > LONGEST_LINE:
        return False
    fields = [item.text.strip() for item in split(line)]
    filled = [text for text in fields if text]
    if "." in fields[0].rpartition("@")[2] and "@" in fields[0]:
        return False  # a real address, whatever its words
    return len(filled) >= 3 and all(_names_a_column(text) for text in filled)


def _names_a_column(text: str) -> bool:
    words = re.findall(r"\w+", text.casefold().replace("_", " "))
    return bool(words) and all(_HEADER_WORDS.fullmatch(word) for word in words)


_OUTER_SPACES = {
    "login": _("The login begins or ends with a space, which is kept as part of it."),
    "password": _("The password begins or ends with a space, which is kept as part of it."),
    "master": _("The master begins or ends with a space, which is kept as part of it."),
}
_QUOTING = {
    "unclosed-quote": (
        _('A field begins with " and is not closed on this line; a field cannot contain a line break.'),
        _('Close it with ". If the " belongs to the value, write "" for it and put the whole field between ".'),
    ),
    "text-after-quote": (
        _('Something follows the closing " of a field.'),
        _('If the " belongs to the value, write "" for it and put the whole field between ".'),
    ),
    "space-before-quote": (
        _('There is a space before the opening " of a field.'),
        _("Remove it; if it belongs to the value, put it after the opening quote."),
    ),
}


def parse_line(number: int, text: str, *, by_token: bool = False, server: str = "", to_find: bool = False) -> Line:
    """Read and check one line. by_token: an empty password is none that is missing. server: what an empty one stands for;
    to_find: without that it is none that is missing either."""
    line = Line(number)
    if len(text) > LONGEST_LINE:
        words = _("This line has more than %(most)s characters, and cannot be an account.", most=LONGEST_LINE)
        _note(line, "", "line-too-long", words, _("Check that the line breaks of the file are in place."))
        return line
    if "\0" in text:
        words = _("There is a NUL character on this line, which no text has.")
        _note(line, "", "nul-character", words, _("Save the file again as CSV UTF-8."))
        return line
    fields = split(text)
    while len(fields) > 4 and not fields[-1].text.strip() and not fields[-1].quoted:
        fields.pop()  # spreadsheets fill short rows up with empty cells
    troubles = [(index, item.trouble) for index, item in enumerate(fields) if item.trouble]
    for index, trouble in troubles:
        _note(line, FIELDS[index] if index < len(FIELDS) else "", trouble, *_QUOTING[trouble])
    if len(fields) not in (4, 5):
        if not troubles:
            _wrong_count(line, len(fields))
        return line
    if not troubles:
        _check_fields(line, fields, by_token=by_token, server=server, to_find=to_find)
    return line


def _note(line: Line, name: str, code: str, words: Sentence, remedy: Sentence) -> None:
    line.problems.append(Problem(line.number, name, code, words, remedy))


def _warn(line: Line, name: str, code: str, words: Sentence, remedy: Sentence) -> None:
    line.warnings.append(Problem(line.number, name, code, words, remedy))


def _wrong_count(line: Line, count: int) -> None:
    words = ngettext("There is %(n)s field instead of 4 or 5.", "There are %(n)s fields instead of 4 or 5.", count)
    remedy = _("Write destination;server;login;password, or destination;server;login;master's password;master.")
    if count > 5:
        remedy = _(
            "Write destination;server;login;password, or destination;server;login;master's password;master. "
            'A field that contains ; stands between ": "pass;word".'
        )
    _note(line, "", "wrong-number-of-fields", words, remedy)


def _check_fields(line: Line, fields: list[_Field], *, by_token: bool, server: str, to_find: bool) -> None:
    for name, item in zip(FIELDS, fields, strict=False):
        _check_smart_quotes(line, name, item)
    smart = {problem.field for problem in line.problems}
    texts = [item.text for item in fields] + [""]
    if "destination" not in smart:
        _check_destination(line, texts[0].strip())
    unknown = to_find and not (texts[1].strip() or server)
    if "server" not in smart and not unknown:
        _check_server(line, texts[1].strip() or server)
    line.login, line.password, line.master = texts[2], Secret(texts[3]), texts[4]
    if not line.login.strip():
        remedy = _("Write the user name, often the whole address.")
        _note(line, "login", "empty-login", _("The login on the old server is missing."), remedy)
    if not texts[3] and (not by_token or texts[4].strip()):
        _note(line, "password", "empty-password", _("The password is missing."), _("Write the password; spaces in it count."))
    if len(fields) == 5 and not line.master.strip():
        _note(line, "master", "empty-master", _("The master user's name is empty."), _("Write it, or leave the fifth field out."))
    for name, text in zip(("login", "password", "master"), texts[2:], strict=False):
        if text.strip() and text != text.strip():
            _warn(line, name, "outer-spaces", _OUTER_SPACES[name], _("Remove the space if it does not belong there."))
    if (line.host or unknown) and line.login.strip():
        login = line.login.casefold() if "@" in line.login else line.login
        # 143 and 993, and those of POP3, are doors of one server; any other port may lead to another server behind one address.
        door = 0 if line.port in (None, 110, 143, 993, 995) else line.port or 0
        line.source_key = line.host.casefold().removesuffix("."), door, login


def _check_smart_quotes(line: Line, name: str, item: _Field) -> None:
    text = item.text.strip()
    if item.quoted or len(text) < 2 or text[0] not in _SMART:
        return
    if text[-1] in _SMART[text[0]] or name in {"destination", "server"}:
        words = _("The field stands between typographic quotes, as word processors make them.")
        remedy = _('Use straight quotes ("), or none. If they belong to the value, put straight quotes around them.')
        _note(line, name, "smart-quotes", words, remedy)


def _check_destination(line: Line, text: str) -> None:
    code, remedy = "bad-address", _("Write the address of the mailbox on your server, such as anna@example.net.")
    local, at, domain = text.rpartition("@")
    if not text:
        _note(line, "destination", "empty-destination", _("The destination address is missing."), remedy)
    elif any(char.isspace() or unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in text):
        _note(line, "destination", code, _("The destination has a space or an invisible character inside."), remedy)
    elif text.casefold().startswith("mailto:") or "<" in text or ">" in text:
        _note(line, "destination", code, _("The destination is more than an address."), remedy)
    elif not at or not local or not domain:
        _note(line, "destination", code, _("The destination is not an address: it has to be local@domain."), remedy)
    elif len(local.encode()) > 64 or ("@" in local and not (local[0] == local[-1] == '"')):
        _note(line, "destination", code, _("What stands before the last @ cannot be the local part of an address."), remedy)
    elif not _is_domain(domain):
        _note(line, "destination", code, _("What stands after the @ is not a domain."), remedy)
    else:
        line.destination = text
        line.destination_key = f"{_folded(local)}@{_ascii_domain(domain)}"


def _is_domain(domain: str) -> bool:
    return len(domain) <= 253 and all(_LABEL.fullmatch(label) and "_" not in label for label in domain.split("."))


def _ascii_domain(domain: str) -> str:
    """The form domains are compared in: IDNA where it applies."""
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return _folded(domain)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _check_server(line: Line, text: str) -> None:
    if not text:
        _note(line, "server", "empty-server", _("The server is missing."), _("Write its IP address or its name, such as 192.0.2.10."))
        return
    try:
        line.host, line.port, line.speech = parse_source(text)
    except ServerError as error:
        _note(line, "server", "bad-server", error.words, error.remedy)
