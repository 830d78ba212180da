"""The desk's JSON interface: bearer tokens only, RFC 9457 problems, never an act of law."""
