"""Hours and bytes of a day on the command line: it rests, says until when, and goes on where it was, also after ``kill -9``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.acceptance.conftest import MASTER, Trasloco, fates, kill
from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.later import let_pass_in
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot
from trasloco.testing.wire_faults import Way

DAY = timedelta(hours=24, minutes=10)
SIZE = 500_000


@pytest.fixture
def proxy(source: Dovecot) -> Iterator[CuttingProxy]:
    with CuttingProxy(source.host, source.port) as proxy:
        yield proxy


def filled(source: Dovecot, user: str, count: int, size: int = SIZE) -> None:
    mails = []
    for number in range(count):
        head = b"Subject: %d\r\nMessage-ID: <%d@example.org>\r\n\r\n" % (number, number)
        mails.append(Mail((head + (b"x" * 70 + b"\r\n") * (size // 72 + 1))[: size - 2] + b"\r\n"))
    with MailboxFiller(source.host, source.port, user, source.password) as filler:
        filler.append(("INBOX",), mails)


def there(destination: Dovecot, user: str) -> Snapshot:
    return Snapshot.read(destination.host, destination.port, f"{user}*{MASTER[0]}", MASTER[1])


def test_killed_within_a_day_s_bytes_it_never_fetches_more_and_doubles_nothing(
    trasloco: Trasloco, source: Dovecot, destination: Dovecot, proxy: CuttingProxy
) -> None:
    user, count, budget = "killed-slice@old.example", 32, 24 * SIZE
    filled(source, user, count)
    rows = [(user, f"{proxy.host}:{proxy.port}", user, source.password)]
    words = trasloco.migrate_words(rows, destination, "--bytes-per-day", str(budget), "--bytes-per-second", "2M")
    process = trasloco.begin(*words)
    deadline = time.monotonic() + 120
    while proxy.seen.bytes[Way.TO_CLIENT] < 7 * SIZE and time.monotonic() < deadline:
        time.sleep(0.01)
    kill(process)
    before = proxy.seen.bytes[Way.TO_CLIENT]
    assert 7 * SIZE <= before < budget
    trasloco.run(*words, expect=4)
    fetched = proxy.seen.bytes[Way.TO_CLIENT]
    # Counted too high by what was on its way at most (two batches of what two seconds bring), never too low.
    assert budget - 2 * 4 * 1024**2 - SIZE <= fetched <= budget + 200_000
    brought = there(destination, user).total
    assert brought < count

    # The same command again: it does not forget.
    proxy.arm()
    said = trasloco.run(*words, expect=4).stdout
    assert "It goes on in 24 h (" in said
    assert proxy.seen.bytes[Way.TO_CLIENT] < 200_000
    assert fates(trasloco.report["accounts"][0]["runs"][0]).get("copied", 0) == brought

    let_pass_in(trasloco.directory / "state", DAY)
    proxy.arm()
    trasloco.run(*words)
    assert proxy.seen.bytes[Way.TO_CLIENT] < (count - brought) * SIZE + 200_000
    here = Snapshot.read(source.host, source.port, user, source.password)
    assert there(destination, user).digests() == here.digests()

    # The second run finds the same day: what is new does not come today, and nothing else is wanted.
    trasloco.run(*words)
    filled(source, user, 24)
    proxy.arm()
    trasloco.run(*words, expect=4)
    assert there(destination, user).total < count + 24
    let_pass_in(trasloco.directory / "state", DAY)
    trasloco.run(*words)
    assert there(destination, user).digests() == Snapshot.read(source.host, source.port, user, source.password).digests()


def test_outside_its_hours_nothing_is_moved_and_within_them_everything(
    trasloco: Trasloco, source: Dovecot, destination: Dovecot, proxy: CuttingProxy
) -> None:
    user = "hours@old.example"
    filled(source, user, 3, 1000)
    rows = [(user, f"{proxy.host}:{proxy.port}", user, source.password)]
    trasloco.environment["TZ"] = "Asia/Kathmandu"  # a quarter of an hour off
    now = datetime.now().astimezone(ZoneInfo("Asia/Kathmandu"))
    later, much_later = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (3, 5))
    said = trasloco.run(*trasloco.migrate_words(rows, destination, "--window", f"{later}-{much_later}"), expect=4).stdout
    assert f"{later} +0545)" in said
    assert "It goes on in 3 h" in said
    assert proxy.seen.connections == 0
    earlier = f"{now - timedelta(hours=3):%H:%M}"
    trasloco.run(*trasloco.migrate_words(rows, destination, "--window", f"{earlier}-{later}"))
    assert there(destination, user).total == 3


def test_a_window_that_is_none_is_refused_before_anything_is_begun(trasloco: Trasloco, source: Dovecot, destination: Dovecot) -> None:
    rows = [("nobody@old.example", f"{source.host}:{source.port}", "nobody@old.example", source.password)]
    done = trasloco.run(*trasloco.migrate_words(rows, destination, "--window", "20:00"), expect=2)
    assert '"20:00" is not written as 20:00-06:00' in " ".join(done.stderr.split())
    done = trasloco.run(*trasloco.migrate_words(rows, destination, "--bytes-per-day", "10"), expect=2)
    assert "it must be from 1,000,000" in " ".join(done.stderr.split())


def test_told_to_wait_it_waits_for_the_next_day_and_goes_on(
    trasloco: Trasloco, source: Dovecot, destination: Dovecot, proxy: CuttingProxy
) -> None:
    user, count = "waiting@old.example", 10
    filled(source, user, count)
    rows = [(user, f"{proxy.host}:{proxy.port}", user, source.password)]
    process = trasloco.begin(*trasloco.migrate_words(rows, destination, "--bytes-per-day", str(6 * SIZE), "--wait"))
    try:
        deadline = time.monotonic() + 120
        while proxy.seen.bytes[Way.TO_CLIENT] < 6 * SIZE and time.monotonic() < deadline:
            time.sleep(0.05)
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(2)
            let_pass_in(trasloco.directory / "state", DAY)  # beside it, in the same database
        assert process.wait(10) == 0
    finally:
        if process.poll() is None:
            kill(process)
    assert there(destination, user).total == count
    assert proxy.seen.bytes[Way.TO_CLIENT] < count * SIZE + 200_000
