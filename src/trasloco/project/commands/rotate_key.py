"""``trasloco rotate-key``: another master key, for all that is stored."""

from __future__ import annotations

import click

from trasloco.project.database import prepare
from trasloco.project.exit_codes import ExitCode
from trasloco.project.options import SectionedCommand, option
from trasloco.project.paths import master_key_file
from trasloco.project.screen import say

_EPILOG = """
Panel and workers go on meanwhile. Where they run on several machines: trasloco rotate-key --add-only, copy master.key to all of them, then
trasloco rotate-key --no-new-key. Backups made before need the old key: keep a copy of the file as it was with them.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@option("--add-only", is_flag=True, default=False, section="Steps", help="Make the new key; what is stored keeps the old one.")
@option("--no-new-key", is_flag=True, default=False, section="Steps", help="Only bring what is stored to the newest key there is.")
@option(
    "--forget-old", is_flag=True, default=False, section="Steps", help="Then take the keys out of the file that nothing needs any more."
)
def rotate_key(*, add_only: bool, no_new_key: bool, forget_old: bool) -> int:
    """Make a new master key and bring all stored passwords to it."""
    if add_only and (no_new_key or forget_old):
        raise click.UsageError("--add-only does the first step alone; the other options are for the steps after it.")
    with prepare():
        from trasloco.records.key_ring import KeyRing
        from trasloco.records.key_rotation import keys_in_use, rewrap

        path = master_key_file()
        ring = KeyRing.open(path)
        if not no_new_key:
            ring = ring.with_new_key()
            say(f"Made master key {ring.newest} in {path}.")
        if not add_only:
            say(f"Stored keys and sign-in secrets brought to master key {ring.newest}: {rewrap(ring)}.")
        if forget_old:
            unneeded = ring.ids - keys_in_use() - {ring.newest}
            ring.without(unneeded)
            say(f"Old keys taken out of {path}: {len(unneeded)}.")
    return ExitCode.OK
