from __future__ import annotations

import hashlib

from trasloco.records.proof_format import START, ProofRow, fingerprint, head_bytes, link, row_bytes, signed_bytes

ROW = ProofRow(1, "Büro", 7, "Office", "12", 345, "ab" * 32, "copied", 1, "")


def test_the_bytes_of_a_row_are_netstrings() -> None:
    expected = "1:1,5:Büro,1:7,6:Office,2:12,3:345,64:" + "ab" * 32 + ",6:copied,1:1,0:,"
    assert row_bytes(ROW) == expected.encode()


def test_no_two_rows_have_the_same_bytes() -> None:
    one = ProofRow(1, "a", 1, "b,1:c", "", 1, "", "copied", 1, "")
    other = ProofRow(1, "a", 1, "b", "c", 1, "", "copied", 1, "")
    assert row_bytes(one) != row_bytes(other)


def test_a_link_is_the_hash_of_the_one_before_and_the_row() -> None:
    assert link(START, ROW) == hashlib.sha256(bytes(32) + row_bytes(ROW)).digest()


def test_a_head_has_one_spelling() -> None:
    assert head_bytes({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}'.encode()


def test_what_is_signed_is_text_a_person_can_write_down() -> None:
    assert signed_bytes("aa", 2, "bb") == b"trasloco-proof 1\nhead aa\nrows 2\nlast bb\n"


def test_a_fingerprint_is_in_groups() -> None:
    assert fingerprint(bytes(32)).count(":") == 15
