"""Code that test contracts run."""

# SSTORE(number, BLOCKHASH(number-1)); SSTORE(number<<64, BLOCKHASH(number-5));
# SSTORE(number<<128, PREVRANDAO)
WITNESS_RUNTIME = bytes.fromhex(
    "4360019003404355" + "4360059003404360401b55" + "444360801b55" + "00"
)
# PUSH1 0 PUSH1 0 REVERT
REVERTS_RUNTIME = bytes.fromhex("60006000fd")
