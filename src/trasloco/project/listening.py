"""Where the panel listens: the options that ``serve`` and ``panel`` share."""

from __future__ import annotations

import click

from trasloco.project.options import option, together

listening_options = together(
    option(
        "--host",
        default="127.0.0.1",
        show_default=True,
        metavar="ADDRESS",
        section="Panel",
        help="The address to listen on. Other names people use for it stand in TRASLOCO_HOSTS.",
    ),
    option(
        "--port",
        type=click.IntRange(1, 65535),
        default=8080,
        show_default=True,
        metavar="N",
        section="Panel",
        help="The port to listen on.",
    ),
    option("--quiet", is_flag=True, default=False, section="Panel", help="Say nothing on the terminal but what is wrong."),
)
