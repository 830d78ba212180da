"""A user's server, attacked from inside: each cell runs in a real server, through the proxy."""

import json
import socket
import time

import pytest
from websockets.exceptions import ConnectionClosed

from tests.hub.attempts import refused
from tests.support.system import CellFailed

# Files.


def test_own_home_is_kept_between_cells_and_kernels(inside, running_system):
    inside("open('kept.txt', 'w').write('mine')")
    answer = running_system.run_cell("aigul", "home", "print(open('kept.txt').read())")
    assert answer == "mine\n"


def test_home_of_another_user_does_not_exist(inside, running_system):
    assert inside("import os; print(os.listdir('/home'))") == "['aigul']\n"
    refused(inside, f"os.listdir('{running_system.state}/homes/bakyt')")
    refused(inside, f"open('{running_system.state}/homes/bakyt/home/secret.txt').read()")


@pytest.mark.parametrize(
    "path",
    [
        "hub/jupyterhub.sqlite",
        "secrets/hub/cookie_secret",
        "secrets/proxy/proxy_token",
        "store/synak.sqlite",
        "signer/seed",
        "chain",
        "logs/manager.log",
        "manager/servers.json",
        "accounts/accounts.json",
    ],
)
def test_what_the_parts_keep_does_not_exist_inside(inside, running_system, path):
    assert (running_system.state / path).exists(), "the test names what is there"
    refused(inside, f"import os; os.stat('{running_system.state / path}')")


def test_program_cannot_be_changed(inside):
    refused(inside, "import sandbox.kit.money as m; open(m.__file__, 'a').write('#')")


def test_course_sources_do_not_exist_inside(inside):
    """Hidden tests and solutions lie in courses/."""
    refused(
        inside,
        "import os, pathlib, sandbox;"
        " os.listdir(pathlib.Path(sandbox.__file__).parents[1] / 'courses')",
    )


# Sockets and network.


@pytest.mark.parametrize(
    "name",
    [
        "launcher/launcher.sock",
        "signer/signer.sock",
        "gateway/internal.sock",
        "engine/kgst.ipc",
        "worker/health.sock",
        "manager/manager.sock",
    ],
)
def test_sockets_of_the_parts_are_out_of_reach(inside, running_system, name):
    path = running_system.state / "run" / name
    assert path.exists(), "the test names what is there"
    refused(inside, f"import socket; socket.socket(socket.AF_UNIX).connect('{path}')")


@pytest.mark.parametrize("distance", [1, 10, 20, 81])
def test_ports_of_the_parts_are_out_of_reach(inside, running_system, distance):
    port = running_system.port + distance
    socket.create_connection(("127.0.0.1", port), 10).close()  # it is there, outside
    refused(inside, f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)")


def test_public_proxy_is_in_reach(inside):
    answer = inside("""
        import os, urllib.request
        print(urllib.request.urlopen(os.environ["SYNAK_URL"] + "/rpc/healthz").status)
    """)
    assert answer == "200\n"


@pytest.mark.parametrize("address", [("1.1.1.1", 53), ("169.254.169.254", 80)])
def test_internet_is_out_of_reach(inside, address):
    refused(inside, f"import socket; socket.create_connection({address!r}, 2)")


def test_names_of_the_internet_are_not_found(inside):
    refused(inside, "import socket; socket.getaddrinfo('example.org', 80)")


def test_server_of_another_user_does_not_open_for_this_token(inside, running_system):
    base = running_system.server_url("bakyt").replace("bakyt.synak.localhost", "synak.localhost")
    answer = inside(f"""
        import os, urllib.request, urllib.error
        request = urllib.request.Request("{base}api/contents/secret.txt", headers={{
            "Host": "bakyt.synak.localhost:{running_system.port}",
            "Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]}})
        try:
            print(urllib.request.urlopen(request).read().decode())
        except urllib.error.HTTPError as error:
            print(error.code)
    """)
    assert "bakyt-secret" not in answer
    assert answer.strip() in ("401", "403")


# Processes and power.


def test_processes_of_others_are_not_seen(inside):
    answer = inside("""
        import os
        lines = [open(f"/proc/{p}/cmdline").read() for p in os.listdir("/proc") if p.isdigit()]
        print(len(lines), any("sandbox.run" in line or "anvil" in line for line in lines))
    """)
    count, others = answer.split()
    assert int(count) < 20
    assert others == "False"


def test_users_have_numbers_of_their_own(inside, running_system):
    mine = int(inside("import os; print(os.getuid())"))
    other = int(running_system.run_cell("bakyt", "home", "import os; print(os.getuid())"))
    assert mine != other
    assert min(mine, other) >= 200_000


def test_power_cannot_be_won(inside):
    refused(inside, "import os; os.setuid(0)")
    status = inside("print(open('/proc/self/status').read())")
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp_filters:\t1" in status


def test_no_namespace_no_keyring_and_no_way_to_the_machines_host_can_be_had(inside):
    answer = inside("""
        import ctypes, socket
        libc = ctypes.CDLL(None, use_errno=True)
        def refused(call, *arguments):
            return call(*arguments) < 0
        def no_socket(family):
            try:
                socket.socket(family, socket.SOCK_STREAM)
            except OSError:
                return True
            return False
        keyctl, get_user_keyring = 250, (0, -4, 1)
        print(refused(libc.unshare, 0x10000000), refused(libc.syscall, keyctl, *get_user_keyring),
              no_socket(40), no_socket(socket.AF_UNIX))
    """)
    assert answer.split() == ["True", "True", "True", "False"]


def test_servers_token_may_ask_for_itself_and_for_nothing_else(inside):
    answer = inside("""
        import json, os, urllib.request, urllib.error
        def ask(path):
            request = urllib.request.Request(os.environ["JUPYTERHUB_API_URL"] + path,
                headers={"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]})
            try:
                return json.load(urllib.request.urlopen(request))
            except urllib.error.HTTPError as error:
                return error.code
        own = ask("/user")
        print(json.dumps([own["name"], sorted(own["scopes"]), ask("/users"), ask("/users/bakyt"),
                          ask("/proxy"), ask("/services")]))
    """)
    name, scopes, users, other, proxy, services = json.loads(answer)
    assert name == "aigul"
    assert not [one for one in scopes if one.startswith(("custom:", "admin", "tokens", "servers"))]
    assert users in (403, 404)
    assert other in (403, 404)
    assert proxy in (403, 404)
    assert services in (403, 404, {})


@pytest.mark.slow
def test_memory_over_the_limit_ends_the_kernel_and_not_the_server(inside, running_system):
    if not running_system.doctor()["memory"]["ok"]:
        pytest.skip("this machine lets nobody limit memory")
    base = running_system.server_url("bakyt")
    with running_system.kernel("bakyt") as one:
        number = one.run("import os; print(os.getpid())").strip()
        with pytest.raises((CellFailed, TimeoutError, ConnectionClosed)):
            one.run("x = bytearray(4 << 30)", timeout=20)
    assert running_system.client("bakyt").get(base + "api").is_success
    left = running_system.run_cell("bakyt", "home", "import os; print(os.listdir('/proc'))")
    assert f"'{number}'" not in left, "it was that kernel which ended"


# Life.


@pytest.mark.slow
def test_idle_or_stopped_server_keeps_its_files(running_system):
    running_system.start_server("cholpon")
    running_system.run_cell("cholpon", "home", "open('work.txt', 'w').write('kept')")
    running_system.stop_server("cholpon")
    running_system.start_server("cholpon")
    answer = running_system.run_cell("cholpon", "home", "print(open('work.txt').read())")
    running_system.stop_server("cholpon")
    assert answer == "kept\n"


def test_restart_of_the_hub_does_not_cut_a_session(inside, running_system):
    hub = next(
        one
        for one in running_system.processes()
        if "sandbox.hub.start hub" in " ".join(one.cmdline())
        and one.cmdline()[0].endswith("python")
    )
    inside("value = 41")
    hub.terminate()
    hub.wait(30)
    assert inside("print(value + 1)") == "42\n"
    deadline = time.monotonic() + 60
    while not running_system.doctor()["hub"]["ok"]:
        assert time.monotonic() < deadline
        time.sleep(0.3)
    assert inside("print(value + 1)") == "42\n"
    servers = running_system.hub_api("aigul", "GET", "/users/aigul").json()["servers"]
    assert servers[""]["ready"]
