"""Grading: a student's code and the tests never share a process.

Three processes, each in its own sandbox without network::

    warden (privileged, reads nothing) ── starts and kills ──┐
    orchestrator O: nbgrader's converters, the plan, results │ uid grader
       ├── student S: set-up cells and the student's cells   │ uid of its own
       └── tester T: set-up cells and the hidden tests       │ uid of its own

S never sees a hidden test; T never runs a student's line; they exchange plain data
through O, which bounds size and time. A value that S returns is a claim.
"""
