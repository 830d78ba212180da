"""Starts, watches and stops every process of an install (`synak run`)."""
