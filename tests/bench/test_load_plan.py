from __future__ import annotations

from bench.load_plan import LARGE, SMALL, LoadPlan


def test_no_two_accounts_have_a_letter_a_login_or_an_address_in_common() -> None:
    plan = LoadPlan(migrations=3, accounts=40)
    migrations = [*plan.large(), *plan.little()]
    mailboxes = [mailbox for migration in migrations for mailbox in migration.mailboxes]
    numbers = [number for mailbox in mailboxes for number in mailbox.numbers]
    assert len(mailboxes) == plan.all_accounts == 129
    assert len(set(numbers)) == len(numbers)
    assert len({mailbox.login for mailbox in mailboxes}) == len({mailbox.address for mailbox in mailboxes}) == 129
    assert [migration.customer for migration in migrations] == [LARGE] * 3 + [SMALL] * 3
    assert {migration.host for migration in migrations} == {0, 1}
    assert 60 in {len(mailbox.numbers) for mailbox in mailboxes}


def test_the_same_seed_is_the_same_mail_and_another_one_is_other() -> None:
    assert LoadPlan(seed=3).large() == LoadPlan(seed=3).large()
    assert LoadPlan(seed=3).large() != LoadPlan(seed=4).large()
