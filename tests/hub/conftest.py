from tests.support.system import running_system  # noqa: F401
