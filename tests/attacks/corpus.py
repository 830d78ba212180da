"""What a hostile submission may try. Each is a cell in place of both answers of the lab.

``FOUND`` in what a cell prints means that it reached something it must not reach.
"""

from __future__ import annotations

from sandbox.grading.hostile import HOSTILE

LYING = """
class Lying(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 42
    def __rmul__(self, other): return self
def double(x): return Lying(7)
def fill(box): return Lying(7)
"""
PICKLED = """
import os, pickle
class Bomb:
    def __reduce__(self): return (os.system, ("touch /tmp/owned",))
    def __eq__(self, other): return True
def double(x): return Bomb()
def fill(box): return [Bomb(), pickle.dumps(Bomb())]
"""
NOT_A_NUMBER = """
def double(x): return float("nan")
def fill(box):
    box[:] = [float("inf")] * 3
    return float("nan")
"""
DEEP = """
def deep():
    value = []
    for _ in range(100000):
        value = [value]
    return value
def double(x): return deep()
def fill(box): return {"a": "x" * 20_000_000}
"""
PATCHED_SERVER = """
import sandbox.grading.student as student, sandbox.grading.wire as wire
yes = {"value": {"p": True}, "args": [{"l": [{"i": "0x0"}, {"i": "0x1"}]}], "score": 7.0,
       "done": {"score": 7.0, "text": ""}, "outputs": []}
student.Student.answer = lambda self, request: yes
student.run_cell = lambda *a: []
wire.encode = lambda *a, **k: {"p": True}
"""
TRACED = """
import sys, threading
sys.settrace(lambda *a: None)
sys.setprofile(lambda *a: None)
sys.excepthook = lambda *a: None
get_ipython().showtraceback = lambda *a, **k: None
get_ipython().run_cell = lambda *a, **k: None
__builtins__.__dict__["__build_class__"] = None if isinstance(__builtins__, type(sys)) else 0
"""
SEARCHING = """
import os, sandbox
checkout = os.path.dirname(os.path.dirname(sandbox.__file__))
SYSTEM = {"proc", "sys", "dev", "usr", "bin", "sbin"}
OPEN = ("sandbox/sdk", "sandbox/grading/authoring")  # notebooks and templates shown to everybody
top = [each for each in os.listdir("/") if each not in SYSTEM and not each.startswith("lib")]
for base in (*(os.path.join("/", each) for each in sorted(top)), checkout):
    for folder, _dirs, files in os.walk(base):
        if "/site-packages/" in folder or "/node_modules/" in folder:
            continue
        for name in files:
            kept = name.endswith((".ipynb", ".db", ".sqlite", ".yaml"))
            if kept and not any(each in folder for each in OPEN):
                print("FOUND", os.path.join(folder, name))
"""
REMEMBERING = """
import gc
needle = "double(21)" + " is 42"
mine = id(needle)
for thing in gc.get_objects():
    if isinstance(thing, dict):
        thing = list(thing.values())
    for value in thing if isinstance(thing, (list, tuple)) else []:
        if isinstance(value, str) and needle in value and id(value) != mine:
            if "needle" in value:
                continue
            print("FOUND", value[:50])
"""
OTHER_PROCESSES = """
import os
me = os.getpid()
for pid in filter(str.isdigit, os.listdir("/proc")):
    for what in ("environ", "mem", "cwd", "root"):
        if int(pid) in (1, 2, me, os.getppid()):
            continue
        path = f"/proc/{pid}/{what}"
        try:
            os.listdir(path) if what in ("cwd", "root") else open(path, "rb").read(1)
            print("FOUND process", pid, what)
        except OSError:
            pass
    command = open(f"/proc/{pid}/cmdline", "rb").read()
    if b"tester" in command or b"orchestrate" in command:
        print("FOUND tester", pid)
"""
NETWORK = """
import socket
for host, port in (("127.0.0.1", 8000), ("127.0.0.1", 8081), ("10.0.0.1", 80), ("1.1.1.1", 53)):
    address = (host, port)
    try:
        socket.create_connection(address, 0.5)
        print("FOUND network", address)
    except OSError:
        pass
s = socket.socket(socket.AF_UNIX)
for path in ("/run/launcher/launcher.sock", "/var/run/docker.sock", "\\0bus"):
    try:
        s.connect(path)
        print("FOUND socket", path)
    except OSError:
        pass
"""
ROOT = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def zero(answer):
    if answer != 0:
        raise OSError
for name, call in {
    "setuid": lambda: os.setuid(0),
    "chroot": lambda: os.chroot("/tmp"),
    "mount": lambda: zero(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)),
    "ptrace": lambda: zero(libc.ptrace(16, 1, 0, 0)),
    "device": lambda: open("/dev/mem", "rb"),
    "write code": lambda: open("/usr/bin/owned", "w"),
    "write sandbox": lambda: open(__import__("sandbox").__file__, "a"),
}.items():
    try:
        call()
        print("FOUND", name)
    except (OSError, PermissionError):
        pass
"""
KILLING = "import os, signal\nos.kill(-1, signal.SIGKILL)\n"
DETACHED = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(0.2)
            try:
                outside = os.path.join(os.sep, "proc", "1", "root", "tmp")
                for name in os.listdir(outside):
                    open(os.path.join(outside, name), "a").close()
            except OSError:
                pass
    os._exit(0)
"""
DEAF = "while True:\n    try:\n        while True: pass\n    except BaseException: pass\n"
MEMORY = "hog = []\nwhile True:\n    hog.append(bytearray(50_000_000))\n"
OUTPUT = "while True:\n    print('x' * 1_000_000)\n"
FORKS = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n"
DISK = "with open('/tmp/full', 'wb') as f:\n    while True:\n        f.write(bytes(1 << 20))\n"

FORGING = {
    **HOSTILE,
    "an integer that lies about equality": LYING,
    "objects that run code when unpickled": PICKLED,
    "a score that is not a number": NOT_A_NUMBER,
    "answers nested or large beyond measure": DEEP,
    "the student's server itself patched": PATCHED_SERVER,
    "tracing and traceback machinery replaced": TRACED,
}
STEALING = {
    "files of the course or of others": SEARCHING,
    "test text in memory": REMEMBERING,
    "memory and environment of other processes": OTHER_PROCESSES,
}
ESCAPING = {
    "the network and local sockets": NETWORK,
    "root, mounts, devices, program files": ROOT,
    "every process killed": KILLING,
    "a child that outlives the grading": DETACHED,
}
EXHAUSTING = {
    "a loop that swallows interrupts": DEAF,
    "all memory": MEMORY,
    "endless output": OUTPUT,
    "a fork bomb": FORKS,
    "a full disk": DISK,
}
EVERYTHING = {**FORGING, **STEALING, **ESCAPING, **EXHAUSTING}
