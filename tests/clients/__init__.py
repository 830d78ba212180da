"""Real clients from outside the hub: web3.py, viem, Foundry, Uniswap v2, a Safe."""
