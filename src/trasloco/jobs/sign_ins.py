"""Owners' sign-ins at Microsoft and Google, carried through: the providers are asked here, never by the web process.

One job carries all sign-ins of a migration at once, so that they do not take the places of login checks, and takes in
those that are begun meanwhile. A worker that dies loses the codes on the pages: the next one shows others.
"""

from __future__ import annotations

import asyncio
import logging
import time

from trasloco.engine.token_source import TokenUnavailable
from trasloco.jobs.database_thread import in_thread
from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.sign_ins import (
    SignInWork,
    fail_sign_in,
    keep_consent,
    open_sign_in,
    sign_in_wanted,
    sign_in_work,
)
from trasloco.secret import Secret
from trasloco.sentence import sentence as _
from trasloco.sources.oauth_settings import MICROSOFT_DEVICE

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0  # between two looks for sign-ins begun meanwhile
_OUR_MISTAKE = _("it ended by a mistake of ours; the log of the service says more")
_TOO_LATE = _("nobody signed in as long as the code held")
_BEGIN_AGAIN = _("Begin again")


async def carry_sign_ins(migration_id: int, ring: KeyRing) -> None:
    """Until none of this migration is under way any more: each ends by its owner, by the provider, or when its code runs out."""
    under_way: dict[tuple[int, int], asyncio.Task[None]] = {}
    try:
        while True:
            for work in await in_thread(sign_in_work, migration_id, ring):
                key = work.sign_in.pk, work.sign_in.turn
                if key not in under_way:
                    under_way[key] = asyncio.create_task(_carry(work, ring))
            under_way = {key: task for key, task in under_way.items() if not task.done()}
            if not under_way:
                return
            await asyncio.wait(under_way.values(), timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in under_way.values():
            task.cancel()
        await asyncio.gather(*under_way.values(), return_exceptions=True)


async def _carry(work: SignInWork, ring: KeyRing) -> None:
    """One of them. A mistake of ours ends this one only, and says so."""
    try:
        consent = await (_by_device(work) if work.settings.kind == MICROSOFT_DEVICE else _by_google(work))
        if consent is not None:
            await in_thread(keep_consent, work.sign_in, consent, ring)
    except TokenUnavailable as error:
        await in_thread(fail_sign_in, work.sign_in, error.words, error.remedy)
    except KeyProblem as error:
        await in_thread(fail_sign_in, work.sign_in, str(error), "")
    except Exception:
        log.exception("a sign-in failed")
        await in_thread(fail_sign_in, work.sign_in, _OUR_MISTAKE, _BEGIN_AGAIN)


async def _by_device(work: SignInWork) -> Secret | None:
    """None when it was begun anew or taken back meanwhile. Raises TokenUnavailable."""
    from trasloco.sources.microsoft_tokens import DeviceSignIn

    sign_in = DeviceSignIn(work.settings)
    begun = await asyncio.to_thread(sign_in.begin)
    if not await in_thread(open_sign_in, work.sign_in, begun.url, begun.code, begun.seconds):
        return None
    end = time.monotonic() + begun.seconds
    while time.monotonic() < end:
        await asyncio.sleep(begun.interval)
        if not await in_thread(sign_in_wanted, work.sign_in):
            return None
        if kept := await asyncio.to_thread(sign_in.ask):
            return kept
    raise TokenUnavailable(_TOO_LATE, _BEGIN_AGAIN, permanent=True)


async def _by_google(work: SignInWork) -> Secret:
    """Raises TokenUnavailable."""
    from trasloco.sources.google_consent import take_consent

    assert work.asked is not None
    return await asyncio.to_thread(take_consent, work.settings, work.asked, work.pasted)
