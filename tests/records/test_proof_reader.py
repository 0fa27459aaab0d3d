"""Proofs written for real, then changed by hand as somebody with something to hide would."""

from __future__ import annotations

import base64
import json
import re
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trasloco.records.proof_format import ProofRow
from trasloco.records.proof_key import ProofKey
from trasloco.records.proof_reader import Checked, NotAProof, check_proof
from trasloco.records.proof_writer import seal_document, sealed, write_proof

HEAD = {"migration": "k7m2q9xd", "counts": {"source": 40, "copied": 39, "refused": 1}, "folders": [{"source": 'Größe;"x"\n'}]}


def rows(count: int = 40) -> Iterator[ProofRow]:
    for number in range(1, count + 1):
        if number == 7:
            yield ProofRow(7, "=cmd()", 70, "", "", 9, "", "refused", 1, "the destination says “NO; \"bad\"\nlines” 'x'")
        else:
            yield ProofRow(number, '\'Größe; "quoted"', number * 10, "@there", str(number), number * 100, "ab" * 32, "copied", 1, "")


class Proof:
    """Both files of one proof; ``change`` edits one as text and checks it."""

    def __init__(self, directory: Path, count: int = 40) -> None:
        self.key = ProofKey.open(directory / "proof.key")
        self.files = {"csv": directory / "proof.csv", "json": directory / "proof.json"}
        self.seal = write_proof(self.files["csv"], self.files["json"], HEAD, rows(count), self.key)

    def check(self, form: str) -> Checked:
        return check_proof(self.files[form])

    def lines(self, form: str) -> list[str]:
        """The file in pieces: one a row, whatever line ends are in it."""
        text = self.files[form].read_bytes().decode("utf-8-sig")
        return text.split("\r\n" if form == "csv" else "\n")

    def change(self, form: str, edit: Callable[[list[str]], list[str]]) -> Checked:
        lines = edit(self.lines(form))
        self.files[form].write_bytes(("\r\n" if form == "csv" else "\n").join(lines).encode())
        return self.check(form)

    @staticmethod
    def first(form: str) -> int:
        """Where row 1 stands among the lines."""
        return 2 if form == "csv" else 3


@pytest.fixture
def proof(tmp_path: Path) -> Proof:
    return Proof(tmp_path)


both = pytest.mark.parametrize("form", ["csv", "json"])


@both
def test_an_untouched_proof_checks_out(proof: Proof, form: str) -> None:
    checked = proof.check(form)
    assert checked.problems == []
    assert checked.good
    assert checked.rows == 40
    assert checked.head == HEAD
    assert checked.fingerprint == proof.key.fingerprint


@both
def test_an_empty_account_has_a_proof_too(tmp_path: Path, form: str) -> None:
    key = ProofKey.open(tmp_path / "key")
    write_proof(tmp_path / "p.csv", tmp_path / "p.json", {"counts": {"source": 0}}, [], key)
    assert check_proof(tmp_path / f"p.{form}").problems == []


@both
def test_one_changed_row_is_named(proof: Proof, form: str) -> None:
    at = Proof.first(form) + 4

    def edit(lines: list[str]) -> list[str]:
        lines[at] = lines[at].replace("copied", "adopted")
        return lines

    checked = proof.change(form, edit)
    assert len(checked.problems) == 1
    assert re.search(r"row 5 was changed .*UID 50", checked.problems[0])


@both
def test_a_changed_row_whose_link_was_made_to_fit_breaks_the_next(proof: Proof, form: str) -> None:
    at = Proof.first(form) + 4

    def edit(lines: list[str]) -> list[str]:
        lines[at] = re.sub('[0-9a-f]{64}(?="?}?,?$)', "cd" * 32, lines[at])
        return lines

    checked = proof.change(form, edit)
    assert any("row 5 was changed" in words for words in checked.problems)
    assert any("row 6 was changed" in words for words in checked.problems)


@both
def test_one_removed_row_is_named(proof: Proof, form: str) -> None:
    at = Proof.first(form) + 9
    checked = proof.change(form, lambda lines: lines[:at] + lines[at + 1 :])
    assert "Row 10 is missing: removed after the proof was made." in checked.problems
    assert "There are 39 rows, 40 were sealed." in checked.problems


@both
def test_removed_rows_at_the_end_are_named(proof: Proof, form: str) -> None:
    at = Proof.first(form) + 38

    def edit(lines: list[str]) -> list[str]:
        del lines[at : at + 2]
        lines[at - 1] = lines[at - 1].rstrip(",")
        return lines

    checked = proof.change(form, edit)
    assert "There are 38 rows, 40 were sealed: from row 39 on they are missing at the end." in checked.problems


@both
def test_one_reordered_row_is_named(proof: Proof, form: str) -> None:
    at = Proof.first(form) + 2

    def edit(lines: list[str]) -> list[str]:
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
        return lines

    checked = proof.change(form, edit)
    assert any("row 3 stands in the wrong place" in words for words in checked.problems)
    assert not any("missing" in words for words in checked.problems)


@both
def test_a_row_that_stands_twice_is_named(proof: Proof, form: str) -> None:
    at = Proof.first(form) + 2
    checked = proof.change(form, lambda lines: [*lines[: at + 1], lines[at], *lines[at + 1 :]])
    assert any("row 3 stands here a second time" in words for words in checked.problems)


@both
def test_an_unreadable_row_is_named(proof: Proof, form: str) -> None:
    at = Proof.first(form) + 2

    def edit(lines: list[str]) -> list[str]:
        lines[at] = "nonsense" if form == "csv" else '{"number":3},'
        return lines

    assert any("cannot be read; it was changed" in words for words in proof.change(form, edit).problems)


@both
def test_a_changed_head_is_said(proof: Proof, form: str) -> None:
    def edit(lines: list[str]) -> list[str]:
        lines[:3] = [line.replace("k7m2q9xd", "xxxxxxxx") for line in lines[:3]]
        return lines

    assert proof.change(form, edit).problems == ["The head was changed: it is not the one that was sealed."]


@both
def test_a_missing_seal_is_said(proof: Proof, form: str) -> None:
    checked = proof.change(form, lambda lines: [line for line in lines if "signature" not in line])
    assert any("seal at the end is missing" in words for words in checked.problems)


@both
def test_a_changed_seal_is_said(proof: Proof, form: str) -> None:
    signature = base64.b64encode(proof.seal.signature).decode()
    other = base64.b64encode(bytes(64)).decode()
    checked = proof.change(form, lambda lines: [line.replace(signature, other) for line in lines])
    assert checked.problems == [
        "The seal is wrong: its signature does not hold, so the seal itself was changed or put there by somebody else."
    ]


@both
def test_what_follows_the_seal_is_said(proof: Proof, form: str) -> None:
    assert any("after the seal" in words for words in proof.change(form, lambda lines: [*lines, "more"]).problems)


def test_a_forged_proof_shows_another_key(proof: Proof, tmp_path: Path) -> None:
    """Whoever makes the whole chain anew needs a key of his own: the fingerprint tells."""
    (tmp_path / "other").mkdir()
    forged = Proof(tmp_path / "other", 39)
    assert check_proof(forged.files["json"]).fingerprint != proof.key.fingerprint


def test_a_key_that_stands_twice_in_a_row_is_no_spelling_of_it(proof: Proof) -> None:
    def edit(lines: list[str]) -> list[str]:
        lines[5] = lines[5].replace('"fate":"copied"', '"fate":"refused","fate":"copied"')
        return lines

    assert not proof.change("json", edit).good


def test_a_proof_made_wrong_is_told_from_a_changed_one(tmp_path: Path) -> None:
    key = ProofKey.open(tmp_path / "key")
    write_proof(tmp_path / "p.csv", tmp_path / "p.json", HEAD | {"counts": {"copied": 41}}, rows(), key)
    assert "made wrong" in check_proof(tmp_path / "p.json").problems[0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"a;b;c\r\n",
        b"{}",
        b'{"proof": "trasloco-proof 2",\n"head": {},\n"rows": [\n',
        b"trasloco-proof;2;{}\r\n",
        b"trasloco-proof;1;nonsense\r\n",
    ],
)
def test_what_is_no_proof_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(NotAProof):
        check_proof(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotAProof, match="No such file"):
        check_proof(tmp_path / "file")


def test_the_json_is_json(proof: Proof) -> None:
    document = json.loads(proof.files["json"].read_text("utf-8"))
    assert [row["number"] for row in document["rows"]] == list(range(1, 41))
    assert document["seal"] == seal_document(proof.seal)
    assert document["head"] == HEAD


def test_a_spreadsheet_runs_nothing_of_the_csv(proof: Proof) -> None:
    assert not re.search(r'[;\n]"?[=@+-]', proof.files["csv"].read_text("utf-8-sig"))


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    key = ProofKey.open(tmp_path / "key")

    def broken() -> Iterator[ProofRow]:
        yield from rows(3)
        raise RuntimeError("cut")

    with pytest.raises(RuntimeError):
        write_proof(tmp_path / "p.csv", tmp_path / "p.json", HEAD, broken(), key)
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_the_seal_can_be_made_alone(proof: Proof) -> None:
    assert sealed(HEAD, 40, bytes.fromhex(proof.seal.last), proof.key) == proof.seal


def test_many_rows_take_little_memory(tmp_path: Path) -> None:
    key = ProofKey.open(tmp_path / "key")
    head = {"counts": {"copied": 60_000}}
    many = (ProofRow(number, "INBOX", number, "INBOX", str(number), 5, "ab" * 32, "copied", 1, "") for number in range(1, 60_001))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    write_proof(tmp_path / "p.csv", tmp_path / "p.json", head, many, key)
    assert check_proof(tmp_path / "p.csv").good
    assert check_proof(tmp_path / "p.json").good
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # KiB
