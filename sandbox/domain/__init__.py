"""The rules of the sandbox as pure functions and frozen records: no I/O, no framework.

``seats`` (who may do what), ``lifecycle`` (one transition table), ``terms`` and ``limits_form``
(what a permit allows), ``approvals`` (two people), ``application`` (what is missing), ``policy``
(what the gateway holds), ``document`` (what is signed), ``records`` (what is kept).
"""
