"""What ``trasloco migrate`` says to another Trasloco: how the migration is planned there."""

from __future__ import annotations

import click

from trasloco.project.options import option, together
from trasloco.project.server_options import SECTION

NAMES = ("customer", "first_run_at", "second_run_hours", "time_zone", "recipients", "leave_out_failed", "detach", "again")
"""Of the parameters; they mean nothing without --server."""
FOR_BOTH = ("source_type", "source_tls", "source_oauth", "destination_passwords", "included", "window", "verify", "runs", "report")
"""Parameters of ``migrate`` that hold there, too."""

planning_options = together(
    option("--customer", type=click.IntRange(min=1), metavar="ID", section=SECTION, help="Whose migration it is; of the operator only."),
    option(
        "--first-run-at",
        type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
        metavar="YYYY-MM-DDTHH:MM",
        section=SECTION,
        help="When the first run begins, in the time zone of this machine. Default: at once.",
    ),
    option(
        "--second-run-hours",
        type=click.IntRange(0, 23),
        default=6,
        show_default=True,
        metavar="N",
        section=SECTION,
        help="How long after the first run the second one begins; 0: there is none.",
    ),
    option("--time-zone", metavar="NAME", section=SECTION, help="Of its hours and dates: Europe/Rome. Default: that of this machine."),
    option(
        "--recipient",
        "recipients",
        multiple=True,
        metavar="ADDRESS",
        section=SECTION,
        help="Who gets the mails besides you. May be repeated.",
    ),
    option("--leave-out-failed", is_flag=True, section=SECTION, help="Go on without the accounts whose logins do not work."),
    option(
        "--again",
        metavar="CODE",
        section=SECTION,
        help="One more run of this migration, whose runs have ended: the CSV brings the passwords, and says which accounts take part.",
    ),
    option("--detach", is_flag=True, section=SECTION, help="End when it is planned, without watching it."),
)
