"""The national contracts: their sources, their build, and what is signed for them."""
