"""Proof of reserves: what is owed, what is held, and whether both are true."""
