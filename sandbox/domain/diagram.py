"""The lifecycle's diagram; ``python -m sandbox.domain.diagram`` prints it."""

from __future__ import annotations

import sys

from sandbox.domain.lifecycle import TABLE, FileState, who


def diagram() -> str:
    """The table as a state diagram in Mermaid's language, one line per source and act.

    >>> "draft --> submitted: submit (applicant)" in diagram()
    True
    """
    lines = ["stateDiagram-v2", f"    [*] --> {FileState.DRAFT}"]
    sources = set()
    for transition in TABLE:
        for source in transition.sources:
            sources.add(source)
            target = transition.target or source
            act = transition.act.value.replace("_", " ")
            lines.append(f"    {source} --> {target}: {act} ({who(transition.by)})")
    lines += [f"    {state} --> [*]" for state in FileState if state not in sources]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(diagram())
