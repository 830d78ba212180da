"""The steps a request takes, one file each; their order is in ``sandbox.gateway.pipeline``."""
