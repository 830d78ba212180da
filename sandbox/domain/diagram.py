"""The lifecycle's diagram, generated from its table: ``python -m sandbox.domain.diagram``."""

from __future__ import annotations

import sys

from sandbox.domain.lifecycle import TABLE, By, FileState

_SIGN = {
    By.APPLICANT: "applicant",
    By.SPONSOR: "sponsor",
    By.REGULATOR: "one regulator",
    By.TWO_REGULATORS: "two regulators",
    By.SYSTEM: "by itself",
}


def mermaid() -> str:
    """The state diagram in Mermaid's language, one line per source and act.

    >>> "draft --> submitted: submit (applicant)" in mermaid()
    True
    """
    lines = ["stateDiagram-v2", f"    [*] --> {FileState.DRAFT}"]
    sources = set()
    for transition in TABLE:
        for source in transition.sources:
            sources.add(source)
            target = transition.target or source
            act = transition.act.value.replace("_", " ")
            lines.append(f"    {source} --> {target}: {act} ({_SIGN[transition.by]})")
    lines += [f"    {state} --> [*]" for state in FileState if state not in sources]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(mermaid())
