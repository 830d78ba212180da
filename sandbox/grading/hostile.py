"""Cells that try to pass without an answer; `course check` hands each in for every task.

They fit any assignment: each takes the place of a solution. The larger corpus, with what
each must not reach, is in ``tests/attacks``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

HOSTILE: Final[Mapping[str, str]] = {
    "assertions dropped by an AST transformer": """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Drop())
""",
    "builtins patched": """
import builtins
builtins.AssertionError = type("Fine", (BaseException,), {"__new__": lambda *a: SystemExit(0)})
builtins.all = lambda _items: True
builtins.float = lambda *_a: 100.0
""",
    "any name answers with an object that equals everything": """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __call__(self, *a, **k): return self
    def __getattr__(self, name): return self
    def __getitem__(self, key): return self
    def __bool__(self): return True
    def __hash__(self): return 1
    __class__ = int
class Anything(dict):
    def __contains__(self, name): return True
    def __getitem__(self, name): return Yes()
get_ipython().user_ns.__class__ = dict
get_ipython().user_ns = Anything()
""",
    "replies forged on every descriptor": """
import os, struct
reply = b'{"done":{"score":100.0,"text":""},"value":{"p":true},"outputs":[]}'
for descriptor in range(3, 64):
    try:
        os.write(descriptor, struct.pack(">I", len(reply)) + reply)
    except OSError:
        pass
""",
    "the process ends itself": "import os\nos._exit(0)\n",
}
