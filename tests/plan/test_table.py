from __future__ import annotations

import io
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trasloco.plan.csv_text import template, write_rows
from trasloco.plan.problems import FIELDS, Problem
from trasloco.plan.table import Row, Table, read
from trasloco.secret import Secret

GOOD = "anna@example.net;192.0.2.10;anna@old.example;pa ss"


def rows(text: str) -> tuple[Row, ...]:
    table = read(text.encode())
    assert table.problems == ()
    return table.rows


def problems(text: str | bytes) -> list[tuple[int | None, str, str]]:
    table = read(text if isinstance(text, bytes) else text.encode())
    return [(problem.line, problem.field, problem.code) for problem in table.problems]


def warnings(text: str) -> list[tuple[int | None, str, str]]:
    return [(problem.line, problem.field, problem.code) for problem in read(text.encode()).warnings]


# What is read


def test_both_kinds_of_line_in_one_file() -> None:
    text = f"{GOOD}\nbob@example.net;192.0.2.10:143;bob;master password;admin\n"
    assert rows(text) == (
        Row(1, "anna@example.net", "192.0.2.10", None, "anna@old.example", Secret("pa ss")),
        Row(2, "bob@example.net", "192.0.2.10", 143, "bob", Secret("master password"), "admin"),
    )


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [
        ("imap.example.net", "imap.example.net", None),
        (" imap.example.net:143 ", "imap.example.net", 143),
        ("192.0.2.1:993", "192.0.2.1", 993),
        ("[2001:db8::1]:993", "2001:db8::1", 993),
        ("[2001:DB8::1]", "2001:db8::1", None),
        ("2001:db8:0::1", "2001:db8::1", None),
        ("mail.bücher.example", "mail.bücher.example", None),
        ("imap_1.example.net.", "imap_1.example.net", None),
    ],
)
def test_the_server_in_each_form(written: str, host: str, port: int | None) -> None:
    (row,) = rows(f"a@b.example;{written};a;p")
    assert (row.host, row.port) == (host, port)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings_and_line_ends(encoding: str, ending: str) -> None:
    text = ending.join(["anna@example.net;192.0.2.10;anna;pä§€ß", "bob@example.net;192.0.2.10;bob;x", "", "", ""])
    table = read(text.encode(encoding))
    assert table.problems == ()
    assert [row.password.reveal() for row in table.rows] == ["pä§€ß", "x"]
    assert [row.line for row in table.rows] == [1, 2]


def test_utf16_with_either_bom() -> None:
    for bom, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert len(read(bom + GOOD.encode(encoding)).rows) == 1


def test_windows_1252_is_said() -> None:
    table = read("a@b.example;192.0.2.1;a;x\nb@b.example;192.0.2.1;b;ü".encode("cp1252"))
    assert table.encoding == "windows-1252"
    assert [(item.line, item.code) for item in table.warnings] == [(2, "read-as-windows-1252")]


@pytest.mark.parametrize(
    ("written", "password"),
    [
        ('"a;b"', "a;b"),
        ('"a""b"', 'a"b'),
        ('pa"ss', 'pa"ss'),
        ('pass"', 'pass"'),
        ('""""', '"'),
        ("  two spaces  ", "  two spaces  "),
        ('" quoted space "', " quoted space "),
        ("a,b,c,d", "a,b,c,d"),
        ("tab\tinside\tit", "tab\tinside\tit"),
        ("=SUM(A1)", "=SUM(A1)"),
        ("'single'", "'single'"),
        ('"“smart”"', "“smart”"),
        ("line\u2028separator\x0bx\x85y", "line\u2028separator\x0bx\x85y"),
        ("#comment", "#comment"),
        ('"closed" ', "closed"),
        ("\\back\\slash", "\\back\\slash"),
        ("日本語🔑", "日本語🔑"),
    ],
)
def test_passwords_with_any_character(written: str, password: str) -> None:
    (row,) = rows(f"a@b.example;192.0.2.1;a;{written}")
    assert row.password.reveal() == password


@pytest.mark.parametrize("login", ["anna", "DOMAIN\\anna", "anna@old.example", "user*master", " spaced ", "ä ö", "a@b@c", "%61"])
def test_the_login_may_be_anything(login: str) -> None:
    assert rows(f"a@b.example;192.0.2.1;{login};p")[0].login == login


@pytest.mark.parametrize(
    "address", ["o'neill+x=y@example.net", "ünï@bücher.example", "a@xn--bcher-kva.example", "a@localhost", "A.B@Example.NET"]
)
def test_addresses_are_taken_liberally(address: str) -> None:
    assert rows(f"  {address} ;192.0.2.1;a;p")[0].destination == address


@pytest.mark.parametrize(
    "header",
    [
        "email@local;imap-server-remote;email@remote;pwdremote",
        "email@local;imap-server-remote;email@remote;pwd-master-user;master-user-name",
        "Destination;Server;Login;Password",
        '"E-Mail";"Host";"User Name";"Password";"Master"',
        "indirizzo;server;utente;password",
        "sep=;\nemail;server;login;pwd",
        "\n\nemail;server;login;pwd",
    ],
)
def test_a_header_is_skipped(header: str) -> None:
    table = read(f"{header}\n{GOOD}\n".encode())
    assert len(table.rows) == 1
    assert table.header is not None


@pytest.mark.parametrize(
    "first", ["admin@mail.to;imap.mail.to;admin;password", "anna;imap;anna;password", "master@local;srv1;anna;password"]
)
def test_an_account_with_header_words_is_never_skipped(first: str) -> None:
    assert read(f"{first}\n{GOOD}".encode()).header is None


def test_a_header_is_only_the_first_line() -> None:
    assert problems(f"{GOOD}\nemail;server;login;password") == [(2, "destination", "bad-address")]


def test_empty_lines_and_empty_cells_are_nothing() -> None:
    text = f"\n{GOOD}\n\n;;;;\n  \nbob@example.net;192.0.2.10;bob;x;;;\n\n"
    assert [(row.line, row.master) for row in rows(text)] == [(2, ""), (6, "")]


# What is wrong


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ("a@b.example;192.0.2.1;a", "", "wrong-number-of-fields"),
        ("a@b.example", "", "wrong-number-of-fields"),
        ("a@b.example;192.0.2.1;a;p;m;x", "", "wrong-number-of-fields"),
        (";192.0.2.1;a;p", "destination", "empty-destination"),
        ("anna;192.0.2.1;a;p", "destination", "bad-address"),
        ("@b.example;192.0.2.1;a;p", "destination", "bad-address"),
        ("a@;192.0.2.1;a;p", "destination", "bad-address"),
        ("a@b@c.example;192.0.2.1;a;p", "destination", "bad-address"),
        ("a b@c.example;192.0.2.1;a;p", "destination", "bad-address"),
        ("a@b..example;192.0.2.1;a;p", "destination", "bad-address"),
        ("a@-b.example;192.0.2.1;a;p", "destination", "bad-address"),
        ("a@b.example.;192.0.2.1;a;p", "destination", "bad-address"),
        ("a@b,example;192.0.2.1;a;p", "destination", "bad-address"),
        ("Anna <a@b.example>;192.0.2.1;a;p", "destination", "bad-address"),
        ("mailto:a@b.example;192.0.2.1;a;p", "destination", "bad-address"),
        ("a\u200b@b.example;192.0.2.1;a;p", "destination", "bad-address"),
        ("a@b.example;;a;p", "server", "empty-server"),
        ("a@b.example;imaps://mail.example;a;p", "server", "bad-server"),
        ("a@b.example;mail example;a;p", "server", "bad-server"),
        ("a@b.example;mail.example:imap;a;p", "server", "bad-server"),
        ("a@b.example;mail.example:0;a;p", "server", "bad-server"),
        ("a@b.example;mail.example:65536;a;p", "server", "bad-server"),
        ("a@b.example;mail.example:;a;p", "server", "bad-server"),
        ("a@b.example;192.0.2.256;a;p", "server", "bad-server"),
        ("a@b.example;[2001:db8::1;a;p", "server", "bad-server"),
        ("a@b.example;[2001:db8::1]993;a;p", "server", "bad-server"),
        ("a@b.example;2001:db8::g;a;p", "server", "bad-server"),
        ("a@b.example;a@mail.example;a;p", "server", "bad-server"),
        ("a@b.example;mail..example;a;p", "server", "bad-server"),
        ("a@b.example;192.0.2.1;;p", "login", "empty-login"),
        ("a@b.example;192.0.2.1;a;", "password", "empty-password"),
        ('a@b.example;192.0.2.1;a;p;""', "master", "empty-master"),
        ("“a@b.example”;192.0.2.1;a;p", "destination", "smart-quotes"),
        ("a@b.example;192.0.2.1;a;“p”", "password", "smart-quotes"),
        ("a@b.example;192.0.2.1;„a“;p", "login", "smart-quotes"),
        ("a@b.example;«192.0.2.1»;a;p", "server", "smart-quotes"),
        ('a@b.example;192.0.2.1;a;"open', "password", "unclosed-quote"),
        ('"a@b.example;192.0.2.1;a;p', "destination", "unclosed-quote"),
        ('a@b.example;192.0.2.1;a;"p"x', "password", "text-after-quote"),
        ('a@b.example;192.0.2.1;a; "p"', "password", "space-before-quote"),
        ("a@b.example;192.0.2.1;a;p\0", "", "nul-character"),
        ("a@b.example;192.0.2.1;a;" + "p" * 20_000, "", "line-too-long"),
    ],
)
def test_each_mistake_has_its_line_field_and_code(line: str, field: str, code: str) -> None:
    assert problems(f"{GOOD}\n{line}\nz@example.net;192.0.2.10;z;p\n") == [(2, field, code)]
    assert len(read(f"{GOOD}\n{line}\n".encode()).rows) == 1


def test_with_oauth_credentials_a_password_may_be_empty_unless_it_is_a_master_s() -> None:
    lines = "a@b.example;192.0.2.1;a;\nc@b.example;192.0.2.1;c;own\nd@b.example;192.0.2.1;d;;master\n"
    table = read(lines.encode(), by_token=True)
    assert [(row.login, bool(row.password)) for row in table.rows] == [("a", False), ("c", True)]
    assert [(problem.line, problem.code) for problem in table.problems] == [(3, "empty-password")]


def test_an_empty_server_is_the_usual_one_where_there_is_one() -> None:
    table = read(b"a@b.example;;a;p\nc@b.example;192.0.2.1;c;p", server="imap.gmail.com")
    assert [(row.host, row.port) for row in table.rows] == [("imap.gmail.com", None), ("192.0.2.1", None)]
    assert (table.problems, table.warnings) == ((), ())


def test_an_empty_server_may_be_one_that_is_still_to_be_found() -> None:
    table = read(b"a@b.example;;a;p\nc@b.example;;c;p", to_find=True)
    assert [(row.host, row.port) for row in table.rows] == [("", None), ("", None)]
    assert table.problems == ()
    twice = read(b"a@b.example;;a@old.example;p\nc@b.example;;A@old.example;p", to_find=True)
    assert [(problem.line, problem.code) for problem in twice.problems] == [(2, "source-twice")]
    wrong = read(b"a@b.example;mail example;a;p", to_find=True)
    assert [problem.code for problem in wrong.problems] == ["bad-server"]


def test_every_problem_of_every_line_at_once() -> None:
    text = f"nobody;imap://x;;\n{GOOD}\n{GOOD}\nonly;three;fields\n"
    assert problems(text) == [
        (1, "destination", "bad-address"),
        (1, "server", "bad-server"),
        (1, "login", "empty-login"),
        (1, "password", "empty-password"),
        (3, "destination", "destination-twice"),
        (3, "login", "source-twice"),
        (4, "", "wrong-number-of-fields"),
    ]


def test_a_line_break_in_quotes_spoils_only_its_lines() -> None:
    assert problems(f'a@b.example;192.0.2.1;a;"pass\nword"\n{GOOD}') == [
        (1, "password", "unclosed-quote"),
        (2, "", "wrong-number-of-fields"),
    ]


@pytest.mark.parametrize("second", ["ANNA@Example.net", "anna@EXAMPLE.NET"])
def test_the_same_destination_in_another_case(second: str) -> None:
    table = read(f"{GOOD}\n{second};192.0.2.10;other;p".encode())
    assert [(item.line, item.code) for item in table.problems] == [(2, "destination-twice")]
    assert "Line 1 has the same destination" in table.problems[0].words


def test_the_same_destination_in_idna() -> None:
    text = "a@bücher.example;192.0.2.10;x;p\na@xn--bcher-kva.example;192.0.2.10;y;p"
    assert problems(text) == [(2, "destination", "destination-twice")]


def test_the_same_source_with_another_port_or_master() -> None:
    text = f"{GOOD}\nx@example.net;192.0.2.10:143;ANNA@old.example;p\ny@example.net;192.0.2.10;anna@old.example;p;m"
    assert problems(text) == [(2, "login", "source-twice"), (3, "login", "source-twice")]
    assert problems(f"{GOOD}\nx@example.net;192.0.2.11;anna@old.example;p") == []


def test_another_port_of_its_own_is_another_server() -> None:
    assert problems(f"{GOOD}\nx@example.net;192.0.2.10:10993;anna@old.example;p") == []


@pytest.mark.parametrize(("mark", "name"), [(",", "commas"), ("\t", "tabs"), ("|", "vertical bars")])
def test_another_separator_is_one_problem(mark: str, name: str) -> None:
    table = read("".join(GOOD.replace(";", mark) + "\n" for _ in range(50)).encode())
    assert [(item.line, item.code) for item in table.problems] == [(1, "wrong-separator")]
    assert f"separated by {name} instead of ;" in table.problems[0].words
    assert "49 more lines" in table.problems[0].words


def test_a_quoted_file_with_commas() -> None:
    assert problems('"a@b.example","192.0.2.1","a","p;x"\n') == [(1, "", "wrong-separator")]


def test_a_header_with_commas_is_no_account() -> None:
    assert problems("EmailAddress,UserName,Password\nanna@example.net,anna,pw") == [(1, "", "wrong-separator")]


def test_too_many_lines_are_one_problem() -> None:
    lines = [f"u{number}@example.net;192.0.2.1;u{number};p" for number in range(1, 752)]
    table = read("\n".join(lines).encode())
    assert [(item.line, item.code) for item in table.problems] == [(501, "too-many-lines")]
    assert "751 accounts" in table.problems[0].words
    assert "2 files" in table.problems[0].remedy
    assert problems("\n".join(lines[:500]) + "\n\n") == []
    assert len(read("\n".join(lines).encode(), max_lines=800).rows) == 751


def test_hostile_sizes_are_quick() -> None:
    begun = time.monotonic()
    assert read(b"x;y\n" * 100_000).problems[0].code == "wrong-number-of-fields"
    assert [item.code for item in read(b'"' * 5_000_000).problems] == ["line-too-long"]
    assert {item.code for item in read((b'"' * 9_000 + b"\n") * 600).problems} <= {
        "wrong-number-of-fields",
        "too-many-lines",
        "unclosed-quote",
    }
    assert read(b"\n" * 3_000_000).problems[0].code == "empty-file"
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("data", [b"", b"\n\r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"   \n;;;\n"])
def test_an_empty_file(data: bytes) -> None:
    assert problems(data) == [(None, "", "empty-file")]


def test_only_a_header() -> None:
    assert problems("email;server;login;password\n\n") == [(1, "", "only-a-header")]


def archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name in names:
            packed.writestr(name, "application/vnd.oasis.opendocument.spreadsheet" if name == "mimetype" else "x")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (archive("[Content_Types].xml", "xl/workbook.xml"), ".xlsx"),
        (archive("mimetype"), ".ods"),
        (archive("accounts.csv"), "ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xls"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(10), "picture"),
        (b"\xff\xd8\xff\xe0" + bytes(10), "picture"),
        (b"\n <!DOCTYPE html><html>", "HTML"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>', "XML"),
        (b"{\\rtf1\\ansi", "RTF"),
        (b"\x1f\x8b\x08" + bytes(10), "gzip"),
    ],
)
def test_another_kind_of_file(data: bytes, what: str) -> None:
    (problem,) = read(data).problems
    assert problem.code == "not-a-csv"
    assert what in problem.words


def test_servers_without_imap_are_written_with_their_protocol_or_their_port() -> None:
    servers = {
        "pop3://mail.example.net": ("mail.example.net", None, "pop3"),
        "POP3://mail.example.net:1110/": ("mail.example.net", 1110, "pop3"),
        "pop3s://[2001:db8::10]:995": ("2001:db8::10", 995, "pop3"),
        "mail.example.net:995": ("mail.example.net", 995, "pop3"),
        "192.0.2.1:110": ("192.0.2.1", 110, "pop3"),
        "mail.example.net:993": ("mail.example.net", 993, "imap"),
    }
    text = "".join(f"a{number}@b.example;{server};login{number};p\n" for number, server in enumerate(servers))
    table = read(text.encode())
    assert not table.problems
    assert [(row.host, row.port, row.speech.value) for row in table.rows] == list(servers.values())
    assert [(item.line, item.code) for item in table.warnings if item.code == "pop3-source"] == [(1, "pop3-source")]
    assert read(write_rows(table.rows).encode()).rows == table.rows


def test_two_encodings_in_one_file_are_named_by_line() -> None:
    data = "a@b.example;192.0.2.1;a;ü\n".encode() + "b@b.example;192.0.2.1;b;ü\n".encode("cp1252")
    assert problems(data) == [(2, "", "mixed-encodings")]


def test_bytes_of_no_encoding() -> None:
    assert problems(GOOD.encode() + b"\nb@b.example;192.0.2.1;b;\x81\x8d") == [(2, "", "unknown-encoding")]
    assert problems(b"\xff\xfe" + f"{GOOD}\n".encode("utf-16-le") + b"\x00\xd8\x41") == [(2, "", "broken-encoding")]


# What is only worth a thought


def test_a_host_name_is_a_warning_once_for_each_name() -> None:
    text = "".join(f"u{number}@example.net;{'IMAP' if number % 2 else 'imap'}.example.net;u{number};p\n" for number in range(1, 4))
    table = read((text + "v@example.net;192.0.2.1;v;p\n").encode())
    assert [(item.line, item.field, item.code) for item in table.warnings] == [(1, "server", "host-name")]
    assert "2 more" in table.warnings[0].words
    assert len(table.rows) == 4


def test_the_servers_of_large_providers_are_theirs_by_name() -> None:
    assert warnings("a@b.example;imap.gmail.com;a@gmail.com;p") == []


def test_a_server_that_the_type_names_may_be_left_empty() -> None:
    text = b"a@b.example;;a@gmail.com;p\nb@b.example; ;b@gmail.com;p\nc@b.example;192.0.2.1:143;c;p\n"
    table = read(text, server="imap.gmail.com")
    assert not table.problems
    assert [(row.host, row.port) for row in table.rows] == [("imap.gmail.com", None), ("imap.gmail.com", None), ("192.0.2.1", 143)]
    assert {problem.code for problem in read(text).problems} == {"empty-server"}


def test_an_empty_server_is_the_same_as_its_name_when_logins_are_compared() -> None:
    table = read(b"a@b.example;;x@gmail.com;p\nb@b.example;IMAP.gmail.com:993;x@gmail.com;p\n", server="imap.gmail.com")
    assert [problem.code for problem in table.problems] == ["source-twice"]


def test_outer_spaces_are_kept_and_told() -> None:
    assert warnings("a@b.example; 192.0.2.1; a; p ") == [(1, "login", "outer-spaces"), (1, "password", "outer-spaces")]


# Secrets


SECRET = "hunter2"


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@given(
    order=st.permutations(["anna@example.net", "192.0.2.1", "anna", SECRET, f"{SECRET}@x", f'"{SECRET}', f"imap://{SECRET}", f"“{SECRET}”"])
)
def test_no_message_repeats_what_stands_in_the_file(separator: str, order: list[str]) -> None:
    text = (
        "\n".join(separator.join(order[start:]) for start in range(8)) + "\n" + separator.join(order[:4]) + "\n" + separator.join(order[:5])
    )
    table = read(text.encode())
    assert SECRET not in "".join(map(str, table.problems + table.warnings))
    assert SECRET not in repr(Table((), table.problems, table.warnings))


# Writing


FIELD_TEXT = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip)


@given(
    st.lists(
        st.tuples(FIELD_TEXT, FIELD_TEXT, st.one_of(st.just(""), FIELD_TEXT)),
        min_size=1,
        max_size=5,
        unique_by=lambda item: item[0].casefold(),
    )
)
def test_what_is_written_is_read_back(values: list[tuple[str, str, str]]) -> None:
    given_rows = tuple(
        Row(
            0,
            f"u{number}@example.net",
            ("192.0.2.1", "2001:db8::1")[number % 2],
            (None, 143)[number // 2 % 2],
            login,
            Secret(password),
            master,
        )
        for number, (login, password, master) in enumerate(values)
    )
    table = read(write_rows(given_rows).encode())
    assert table.problems == ()
    assert [(row.destination, row.host, row.port, row.login, row.password, row.master) for row in table.rows] == [
        (row.destination, row.host, row.port, row.login, row.password, row.master) for row in given_rows
    ]


def test_a_first_row_of_header_words_is_written_below_a_header() -> None:
    row = Row(1, "email@local", "imap", None, "login", Secret("password"))
    (again,) = read(write_rows([row]).encode()).rows
    assert again.destination == "email@local"


def test_what_no_file_can_give_is_not_written() -> None:
    with pytest.raises(ValueError, match="line break"):
        write_rows([Row(1, "a@b.example", "192.0.2.1", None, "a", Secret("two\nlines"))])


@pytest.mark.parametrize(("kind", "count"), [("standard", 3), ("master", 2)])
def test_the_templates_are_correct(kind: str, count: int) -> None:
    table = read(template(kind).encode())
    assert table.problems == table.warnings == ()
    assert len(table.rows) == count
    assert all(bool(row.master) == (kind == "master") for row in table.rows)


def test_problems_read_as_sentences() -> None:
    problem = Problem(3, "server", "bad-server", "This is not a port.", "Write a number.")
    assert str(problem) == "Line 3, server: This is not a port. Write a number."
    assert FIELDS[1] == "server"
