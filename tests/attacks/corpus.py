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
import sandbox.grading.student as student
yes = {"value": {"p": True}, "left": [{"l": [{"i": "0x0"}, {"i": "0x1"}]}], "score": 7.0,
       "done": {"score": 7.0, "text": ""}, "outputs": []}
student.Student.answer = lambda self, request: yes
student.run_cell = lambda *a: []
student.encode = student.body_of = lambda *a, **k: {"p": True}
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
EMPTIED = """
def double(x):
    raise StopIteration
def fill(box):
    box.clear()
    return 0
"""
FOREIGN_CALLS = """
import ctypes, mmap
code = bytes.fromhex("b814000000cd80c3")  # int 0x80: the calls of another architecture
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(code)
call = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
if call() > 0:
    print("FOUND calls that no filter looks at")
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

UNINTERRUPTED = "sum(range(10**15))\n"  # no signal is looked at before it is done
CRASHING = "import ctypes\nctypes.string_at(0)\n"
MANY_FILES = "n = 0\nwhile True:\n    open(f'/tmp/{n}', 'w').close()\n    n += 1\n"
THREADS = """
import threading, time
while True:
    threading.Thread(target=time.sleep, args=(60,)).start()
"""
CLAIMED = """
import sandbox.grading.student as student
one = {"output_type": "stream", "name": "stdout", "text": "x" * 120_000}
student.run_cell = lambda *a: [one] * 60
"""

HALVES = """
print(chr(0xD800))
def double(x): raise ValueError(chr(0xDC00))
def fill(box): raise type("Half" + chr(0xD800), (Exception,), {})(chr(0))
"""
FORMLESS = """
import sandbox.grading.student as student
student.run_cell = lambda *a: [{"output_type": ["stream"], "text": {}}, {"output_type": {}}]
"""

FRAMES = """
import inspect, sys
frame = sys._getframe()
while frame:
    for name, value in (*frame.f_locals.items(), *frame.f_globals.items()):
        if isinstance(value, str) and "is 42" in value and "frame" not in value:
            print("FOUND", name, value[:50])
    frame = frame.f_back
for thread in sys._current_frames().values():
    if "is 42" in inspect.getsource(thread.f_code):
        print("FOUND", thread)
"""
MODULES = """
import importlib, sys
for name in ("tester", "orchestrate", "plan", "orchestrator"):
    try:
        module = importlib.import_module("sandbox.grading." + name)
    except ImportError:
        continue
    for key, value in vars(module).items():
        if "is 42" in str(value):
            print("FOUND", name, key)
for name in sorted(sys.modules):
    if name.endswith((".tester", ".plan")) and getattr(sys.modules[name], "PLAN", None):
        print("FOUND a plan in", name)
print([line for line in get_ipython().history_manager.input_hist_raw if "double(21)" in line][2:])
"""
OWN_MEMORY = """
first, second = b"doub", [ord(each) for each in "le(21)"]
for line in open("/proc/self/maps"):
    start, end = (int(each, 16) for each in line.split()[0].split("-"))
    if "r" not in line.split()[1] or "[v" in line:
        continue
    with open("/proc/self/mem", "rb", 0) as memory:
        try:
            memory.seek(start)
            held = memory.read(end - start)
        except (OSError, OverflowError, ValueError):
            continue
    at = held.find(first)
    while at >= 0:
        after = held[at + 4 : at + 10]
        if list(after) == second:
            print("FOUND a test in memory", hex(start + at))
        at = held.find(first, at + 1)
"""
DESCRIPTORS = """
import fcntl, os
for fd in range(3, 256):
    try:
        kind = os.readlink(f"/proc/self/fd/{fd}")
        fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK)
        if not kind.startswith(("socket:", "pipe:", "anon_inode:", "/dev/null")):
            print("FOUND", fd, kind)
    except OSError:
        pass
for name, value in os.environ.items():
    if any(word in name.lower() for word in ("token", "secret", "password", "key")):
        print("FOUND", name, value)
"""
NAMESPACES = """
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
for name, flag in (("user", 0x10000000), ("mount", 0x00020000), ("pid", 0x20000000)):
    if libc.unshare(flag) == 0:
        print("FOUND unshare", name)
for pid in (1, 2, os.getppid()):
    for kind in ("mnt", "net", "user", "pid"):
        try:
            fd = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY)
        except OSError:
            continue
        if libc.setns(fd, 0) == 0:
            print("FOUND setns", pid, kind)
AF_VSOCK = 40
try:
    socket.socket(AF_VSOCK, socket.SOCK_STREAM)
    print("FOUND a socket to the machine's host")
except OSError:
    pass
of_first = ("proc", "1", "root")
of_kernel = ("proc", "sys", "kernel")
for parts in ((*of_first, "etc", "shadow"), (*of_first, "root"), (*of_kernel, "core_pattern")):
    path = os.path.join(os.sep, *parts)
    try:
        os.listdir(path) if path.endswith("root") else open(path, "r+")
        print("FOUND", path)
    except OSError:
        pass
"""
KERNEL = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
attribute = ctypes.create_string_buffer(128)
ctypes.memmove(attribute, (ctypes.c_uint32 * 2)(0, 112), 8)
for name, number, arguments in (
    ("bpf", 321, (0, attribute, 128)),
    ("perf of everybody", 298, (attribute, -1, 0, -1, 0)),
    ("kexec", 246, (0, 0, None, 0)),
    ("module", 175, (attribute, 8, b"")),
    ("reboot", 169, (0xFEE1DEAD, 672274793, 0, None)),
    ("open by handle", 304, (-100, attribute, 0)),
):
    if libc.syscall(number, *arguments) >= 0:
        print("FOUND", name)
"""
_NOTE = "synak-attack-note"
LEFT_BEHIND = f"""
import glob, os
places = "/tmp", "/dev/shm", "/var/tmp", "/run", os.path.expanduser("~"), os.getcwd()
for place in places:
    for one in glob.glob(os.path.join(place, "{_NOTE}*")):
        print("FOUND", one)
for place in places:
    try:
        open(os.path.join(place, "{_NOTE}-" + os.urandom(4).hex()), "w").close()
    except OSError:
        pass
"""
SHARED_MEMORY = """
import ctypes, multiprocessing.shared_memory as shared
libc = ctypes.CDLL(None, use_errno=True)
if libc.shmget(0x5E1A, 64, 0o600) >= 0 or libc.msgget(0x5E1A, 0o600) >= 0:
    print("FOUND memory or messages of another")
libc.shmget(0x5E1A, 64, 0o1666), libc.msgget(0x5E1A, 0o1666)
try:
    shared.SharedMemory("synak-attack", create=True, size=64)
except FileExistsError:
    print("FOUND shared memory of another")
except OSError:
    pass
"""
MEETING = """
import socket, time
heard = socket.socket(socket.AF_UNIX)
try:
    heard.bind("\\0synak-attack")
    heard.listen()
    heard.settimeout(3)
    heard.accept()
    print("FOUND another at the meeting point")
except TimeoutError:
    pass
except OSError:
    socket.socket(socket.AF_UNIX).connect("\\0synak-attack")
    print("FOUND the meeting point of another")
"""
KEYRINGS = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
ADD, KEYCTL, SEARCH = 248, 250, 10
for name, ring in (("user", -4), ("user session", -5), ("session", -3)):
    if libc.syscall(KEYCTL, SEARCH, ring, b"user", b"synak-attack", 0) >= 0:
        print("FOUND a key of another in the keyring:", name)
for ring in (-4, -5, -3):
    libc.syscall(ADD, b"user", b"synak-attack", b"note", 4, ring)
"""
SIGNALS = """
import os, signal, time
mine = {1, 2, os.getpid(), os.getppid()}
for _ in range(20):
    for pid in range(1, 3000):
        try:
            os.kill(pid, 0)
        except OSError:
            continue
        if pid not in mine:
            print("FOUND a process of another", pid)
    time.sleep(0.1)
try:
    os.setpriority(os.PRIO_USER, os.getuid(), -5)
    print("FOUND priority over others")
except OSError:
    pass
"""

FORGING = {
    **HOSTILE,
    "an integer that lies about equality": LYING,
    "objects that run code when unpickled": PICKLED,
    "a score that is not a number": NOT_A_NUMBER,
    "answers nested or large beyond measure": DEEP,
    "the student's server itself patched": PATCHED_SERVER,
    "tracing and traceback machinery replaced": TRACED,
    "loops of tests ended and arguments emptied": EMPTIED,
}
STEALING = {
    "files of the course or of others": SEARCHING,
    "test text in memory": REMEMBERING,
    "test text in the process's own pages": OWN_MEMORY,
    "memory and environment of other processes": OTHER_PROCESSES,
    "frames of whoever called the cell": FRAMES,
    "modules and answers of the tests' side": MODULES,
    "open descriptors and environment": DESCRIPTORS,
}
ESCAPING = {
    "the network and local sockets": NETWORK,
    "root, mounts, devices, program files": ROOT,
    "every process killed": KILLING,
    "a child that outlives the grading": DETACHED,
    "other namespaces": NAMESPACES,
    "the kernel's own doors": KERNEL,
    "calls of another architecture": FOREIGN_CALLS,
}
TOUCHING = {
    f"{name}, {visit}": source
    for name, source in {
        "notes left in shared places": LEFT_BEHIND,
        "shared memory and messages": SHARED_MEMORY,
        "a meeting at an abstract socket": MEETING,
        "keys in a keyring": KEYRINGS,
        "signals and priority": SIGNALS,
    }.items()
    for visit in ("one student", "another student")
}
"""Each by two students, one beside the other or soon after: what one leaves the other looks for."""
EXHAUSTING = {
    "a loop that swallows interrupts": DEAF,
    "all memory": MEMORY,
    "endless output": OUTPUT,
    "a fork bomb": FORKS,
    "a full disk": DISK,
    "a million files": MANY_FILES,
    "threads without end": THREADS,
    "a sum that no signal interrupts": UNINTERRUPTED,
    "a crash of the interpreter": CRASHING,
    "outputs claimed beyond measure": CLAIMED,
    "halves of characters that no file can hold": HALVES,
    "outputs claimed in no form": FORMLESS,
}
EVERYTHING = {**FORGING, **STEALING, **ESCAPING, **TOUCHING, **EXHAUSTING}
