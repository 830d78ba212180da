"""What the trainer's room of an investigation calls things, and the texts that are prepared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.domain.investigation_messages import Prepared
from sandbox.domain.investigation_teams import Power
from sandbox.locale.catalogue import N_
from sandbox.services.investigation_room import Stage

STAGES: Final[Mapping[str, str]] = {
    Stage.STUCK: N_("No change for a while"),
    Stage.WORKING: N_("Being worked on"),
    Stage.NOT_STARTED: N_("Not started"),
    Stage.HANDED_IN: N_("Handed in"),
}
POWERS: Final[Mapping[str, str]] = {
    Power.ALL: N_("no seat: works and hands in"),
    Power.INVESTIGATOR: N_("investigator: works and hands in"),
    Power.ANALYST: N_("analyst: works, does not hand in"),
    Power.PROSECUTOR: N_("prosecutor: reads and approves"),
}
TITLES: Final[Mapping[str, str]] = {
    Prepared.VICTIM: N_("A victim remembers another address"),
    Prepared.EXCHANGE: N_("The exchange answers"),
    Prepared.PRESS: N_("The press asks"),
    Prepared.PROSECUTOR: N_("The prosecutor asks for the method"),
    Prepared.LAWYER: N_("A lawyer objects"),
    Prepared.CHIEF: N_("The head of department wants a summary"),
    Prepared.TAG: N_("A tag was wrong"),
}
TEXTS: Final[Mapping[str, str]] = {
    Prepared.VICTIM: N_(
        "A victim has called again and remembers another address that was named to them. Note it "
        "with its source, and check whether it changes your trace."
    ),
    Prepared.EXCHANGE: N_(
        "The exchange has answered a request. Note what it says, what it does not say, and by "
        "which of your steps it can be checked."
    ),
    Prepared.PRESS: N_(
        "A journalist asks when the money will be found and who is suspected. Write down in two "
        "sentences what may be said now, and what may not."
    ),
    Prepared.PROSECUTOR: N_(
        "The prosecutor wants to know by which policy you follow the money and why not by another "
        "one. Answer in three sentences in your notes."
    ),
    Prepared.LAWYER: N_(
        "A lawyer says that a client received the money in good faith, for goods. Look again at "
        "one address that you call the thieves': what speaks against it, what for it?"
    ),
    Prepared.CHIEF: N_(
        "The head of department needs a summary in three sentences: how much was followed, where "
        "it lies, how sure you are."
    ),
    Prepared.TAG: N_(
        "The source of one of the tags says that it was wrong, without saying which. Which of your "
        "conclusions rest on a tag alone?"
    ),
}
