"""Isolation of processes by bubblewrap: what may be seen, as whom, with how much.

What isolation is to be had on a machine is probed and said honestly, never assumed.
"""
