"""A user's server, attacked from inside: other processes, the kernel's files, devices, power."""

import json

import pytest

from tests.hub.attempts import refused

LIBC = "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True)"


def _call_refused(inside, call):
    """Hold a call of the C library to answer with an error."""
    assert inside(f"{LIBC}\nprint({call})").strip() == "-1"


@pytest.mark.parametrize(
    "call",
    [
        "libc.ptrace(16, os.getppid(), 0, 0)",
        "libc.ptrace(16, 1, 0, 0)",
        "libc.syscall(310, os.getppid(), 0, 0, 0, 0, 0)",
        "libc.mount(b'none', b'/mnt', b'tmpfs', 0, None)",
        "libc.mount(None, b'/', None, 32 | 4096, None)",
        "libc.chroot(b'/tmp')",
    ],
    ids=["attach", "attach to the first", "read memory", "mount", "remount", "chroot"],
)
def test_no_other_process_is_traced_and_nothing_is_mounted(inside, call):
    _call_refused(inside, call)


@pytest.mark.parametrize("name", ["environ", "mem", "maps", "root", "cwd", "fd"])
def test_proc_of_others_tells_nothing(inside, name):
    answer = inside(f"""
        import json, os
        found = {{}}
        for number in filter(str.isdigit, os.listdir("/proc")):
            if os.stat(f"/proc/{{number}}").st_uid == os.getuid():
                continue
            path = f"/proc/{{number}}/{name}"
            try:
                os.listdir(path) if "{name}" in ("root", "cwd", "fd") else open(path, "rb").read(1)
                found[number] = "REACHED"
            except OSError as error:
                found[number] = type(error).__name__
        print(json.dumps(found))
    """)
    found = json.loads(answer)
    assert "1" in found, "the box's first process is not the user's"
    assert set(found.values()) == {"PermissionError"}


@pytest.mark.parametrize(
    "path",
    [
        *("/dev/mem", "/dev/kmsg", "/dev/port", "/dev/sda", "/dev/vda", "/dev/loop0"),
        *("/dev/loop-control", "/dev/fuse", "/dev/kvm", "/dev/net/tun", "/dev/vsock"),
    ],
)
def test_devices_of_the_machine_are_out_of_reach(inside, path):
    refused(inside, f"open('{path}', 'rb').read(1)")


def test_devices_cannot_be_made(inside):
    refused(inside, "import os; os.mknod('device', 0o20666, os.makedev(1, 1))")


@pytest.mark.parametrize("path", ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger"])
def test_the_kernels_settings_cannot_be_written(inside, path):
    refused(inside, f"open('{path}', 'w').write('x')")


@pytest.mark.parametrize("command", [["su", "-c", "id -u"], ["mount", "-t", "tmpfs", "x", "/mnt"]])
def test_programs_with_the_machines_power_give_none(inside, command):
    answer = inside(f"""
        import subprocess
        done = subprocess.run({command!r}, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        print(done.returncode != 0, done.stdout.strip() == "0")
    """)
    assert answer.split() == ["True", "False"]


def test_kernel_of_another_user_cannot_be_attached_to(inside, running_system):
    with running_system.kernel("bakyt") as other:
        told = json.loads(
            other.run("import ipykernel.connect as c; print(c.get_connection_info())")
        )
        ports = [told[name] for name in told if name.endswith("_port")]
        assert ports
        here = other.run(f"""
import socket
for port in {ports}:
    socket.create_connection(("127.0.0.1", port), 10).close()
print("all")""")
        assert here == "all\n", "they are there, for their own"
        for port in ports:
            refused(inside, f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)")
        connection_file = other.run("import ipykernel.connect as c; print(c.get_connection_file())")
        refused(inside, f"open({connection_file.strip()!r}).read()")
        assert other.run("print(6 * 7)") == "42\n"


@pytest.mark.parametrize("path", ["api/kernels", "api/sessions", "api/terminals", "lab"])
def test_no_door_of_anothers_server_opens_for_this_token(inside, running_system, path):
    base = running_system.server_url("bakyt").replace("bakyt.synak.localhost", "synak.localhost")
    answer = inside(f"""
        import os, urllib.request, urllib.error
        request = urllib.request.Request("{base}{path}", headers={{
            "Host": "bakyt.synak.localhost:{running_system.port}",
            "Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]}})
        try:
            page = urllib.request.urlopen(request)
            print(page.url.partition("?")[0].rpartition("/")[2])
        except urllib.error.HTTPError as error:
            print(error.code)
    """)
    assert answer.strip() in ("401", "403", "login")
