"""The trial journey: one account of it, run as a test and as ``make demo``."""
