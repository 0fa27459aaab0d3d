from __future__ import annotations

from pathlib import Path

from trasloco.testing.corpus import CorpusMessage


def test_mboxes_are_cut_and_everything_else_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "a.mbox").write_bytes(b"From x Mon\nSubject: 1\n\nFrom here\n\nFrom y Tue Jan  2 03:04:05 2006\r\nSubject: 2\r\n\r\n")
    (tmp_path / "b.eml").write_bytes(b"Subject: 3\r\rlone\n\r\n")
    (tmp_path / "README.md").write_bytes(b"no mail")
    first, second, third = CorpusMessage.all_of(tmp_path)
    assert (first.name, first.content) == ("a.mbox#1", b"Subject: 1\n\nFrom here\n\n")
    assert (second.name, second.content) == ("a.mbox#2", b"Subject: 2\r\n\r\n")
    assert (third.name, third.crlf) == ("b.eml", b"Subject: 3\r\n\r\nlone\r\n\r\n")


def test_the_whole_corpus_is_read(shared: Path) -> None:
    messages = list(CorpusMessage.all_of(shared / "corpus"))
    assert len(messages) > 1000
    assert len({message.name for message in messages}) == len(messages)
