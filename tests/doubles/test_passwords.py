"""Any password opens its mailbox, on real servers and on recorded ones; a wrong one is not tried so often that it locks the account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from trasloco.engine.account import Side
from trasloco.engine.failure import Failure, Retry, SideName, TransferError
from trasloco.engine.opener import close, open_side
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.imap_double.doors import Door
from trasloco.testing.imap_double.flavour import Flavour, flavour
from trasloco.testing.imap_double.server import ImapDouble
from trasloco.testing.imap_double.store import Mailbox

PASSWORDS = {
    "blanks": "  pass  word ",
    "quotes": 'a"b\\c\\"d',
    "braces": "{12}",
    "a-literal": "{3+}",
    "percent-star": "%*()[]{}",
    "semicolons": ";;'`$HOME&&rm",
    "umlauts": "Grüße, naïve façade",
    "section": "§1 \u00a0 ÿ",
    "other-scripts": "пароль 東京 🎉",
    "control": "bell\x07del\x7f",  # Dovecot of Debian takes no tab from anybody: its own auth protocol has it between words
    "nil": "NIL",
    "long": "x" * 1500,
    "one": "x",
}


def side(host: str, port: int, login: str, password: str) -> Side:
    return Side(SideName.SOURCE, Endpoint(host, port, Security.PLAIN), Credentials(login, Secret(password)))


async def opens(where: Side) -> Side:
    client, found = await open_side(where)
    assert client.authenticated
    await close(client)
    return found


async def refused(where: Side) -> Failure:
    with pytest.raises(TransferError) as error:
        await open_side(where)
    return error.value.failure


@pytest.fixture(scope="module", params=["dovecot", "cyrus"])
def real(request: pytest.FixtureRequest) -> Iterator[Dovecot | Cyrus]:
    """Each password's name is a user of its own."""
    kind = Dovecot if request.param == "dovecot" else Cyrus
    with kind(users=PASSWORDS) as server:
        yield server


@pytest.mark.parametrize("name", PASSWORDS)
async def test_a_real_server_takes_it(real: Dovecot | Cyrus, name: str) -> None:
    if isinstance(real, Cyrus) and name == "long":
        pytest.skip("saslauthd takes 1,023 bytes at most")
    await opens(side(real.host, real.port, name, PASSWORDS[name]))
    assert (await refused(side(real.host, real.port, name, PASSWORDS[name] + "!"))).code == "login-refused"


@pytest.mark.parametrize("kind", ["standard", "exchange", "courier", "zimbra", "hmailserver"])
@pytest.mark.parametrize("name", PASSWORDS)
async def test_a_recorded_server_takes_it_at_once(kind: str, name: str) -> None:
    door = Door(locked_after=1)
    door.password("anna@old.example", PASSWORDS[name], Mailbox())
    with ImapDouble(flavour(kind), door) as double:
        await opens(side(double.host, double.port, "anna@old.example", PASSWORDS[name]))
    assert (door.tried.total(), door.wrong.total()) == (1, 0)


@pytest.mark.parametrize("kind", ["standard", "exchange", "courier"])
async def test_a_server_that_knows_it_in_latin_1_gets_it_so_at_the_second_try(kind: str) -> None:
    door = Door(locked_after=2)
    door.password("anna", "Grüße".encode("latin-1"), Mailbox())
    with ImapDouble(flavour(kind), door) as double:
        found = await opens(side(double.host, double.port, "anna", "Grüße"))
        assert found.credentials.charset == "latin-1"
        await opens(found)  # a further connection begins with what was taken
    assert (door.tried.total(), door.wrong.total()) == (3, 1)


BADLY = {
    "a-no": flavour("exchange"),
    "a-bad-about-the-password": replace(flavour("exchange"), refuses="BAD", refused="invalid user or password"),
    "a-bad-about-nothing": replace(flavour("exchange"), refuses="BAD", refused="Command Error. 10"),
    "login-only": flavour("standard"),
    "login-only-and-bad": replace(flavour("standard"), refuses="BAD", refused="Error"),
}


@pytest.mark.parametrize("kind", BADLY.values(), ids=list(BADLY))
@pytest.mark.parametrize("password", ["wrong", "wrong: Grüße", "wrong: 東京"])
async def test_a_wrong_one_is_tried_twice_at_most(kind: Flavour, password: str) -> None:
    """Once; in Latin-1 a second time where that makes a difference; another way in only where nobody looked at the password."""
    door = Door()
    door.password("anna", "right", Mailbox())
    with ImapDouble(kind, door) as double:
        failure = await refused(side(double.host, double.port, "anna", password))
    assert (failure.code, failure.retry) == ("login-refused", Retry.NEVER)
    assert door.wrong[b"anna"] <= 2
    if kind.refuses == "NO" and "ü" not in password:
        assert door.wrong[b"anna"] == 1


async def test_a_wrong_one_does_not_lock_the_account_of_whoever_signs_in_meanwhile(fresh_user: Callable[[], str]) -> None:
    """A server that locks after three: our one try leaves its owner two."""
    door, user = Door(locked_after=3), fresh_user()
    door.password(user, "right", Mailbox())
    with ImapDouble(flavour("exchange"), door) as double:
        await refused(side(double.host, double.port, user, "wrong: Grüße"))
        await opens(side(double.host, double.port, user, "right"))
