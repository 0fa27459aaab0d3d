"""What the engine is at when something fails: the clause behind "while" in a failure's words.

Written out where it is done (``classify.blame``), and once more here, so that it is found for the translations; a test compares.
In other languages they are nouns.
"""

from __future__ import annotations

from trasloco.sentence import sentence as _

DOINGS = frozenset(
    {
        _("adding a repaired message"),
        _("adding messages"),
        _("agreeing on compression"),
        _("asking for categories"),
        _("asking for messages"),
        _("asking for the quota"),
        _("changing flags"),
        _("changing to a new connection"),
        _("connecting"),
        _("copying messages"),
        _("counting messages"),
        _("creating a folder"),
        _("listing messages"),
        _("listing messages that are left out"),
        _("looking for messages again"),
        _("looking for messages that came late"),
        _("looking for messages that moved"),
        _("looking for messages to copy"),
        _("looking for the new messages"),
        _("looking whether a refused message was stored"),
        _("looking whether the folders are still there"),
        _("moving messages"),
        _("opening a folder that is left out"),
        _("opening the folder"),
        _("reading a message again"),
        _("reading a refused message again"),
        _("reading a repaired message again"),
        _("reading bodies"),
        _("reading copies again"),
        _("reading dates"),
        _("reading flags"),
        _("reading headers"),
        _("reading messages"),
        _("reading messages again"),
        _("reading messages back"),
        _("reading messages that came late"),
        _("reading messages that may have moved"),
        _("reading messages that were copied"),
        _("reading the folder list"),
        _("reading the folder list again"),
        _("reading the labels"),
        _("removing second copies"),
        _("sending messages"),
        _("setting a flag"),
        _("signing in"),
        _("subscribing folders"),
        _("waiting for messages that are still on their way"),
        _("waiting for the next messages' turn"),
    }
)
