"""A machine that cannot keep users apart: refused, or for development said on every page."""

import pytest

from tests.support.system import System, free_base_port

WITHOUT_BUBBLEWRAP = (
    *("unshare", "--mount", "--"),
    *("sh", "-c", 'mount --bind /dev/null "$(command -v bwrap)" && exec "$@"', "sh"),
)
WARNING = {
    "ky": "Обочолоо жок",
    "ru": "Изоляции нет",
    "en": "No isolation: nothing keeps users apart on this machine.",
}

pytestmark = pytest.mark.slow


@pytest.fixture
def bare(tmp_path):
    tmp_path.chmod(0o711)
    one = System(tmp_path / "bare", free_base_port(), under=WITHOUT_BUBBLEWRAP)
    yield one
    one.stop()


def test_it_refuses_to_start_for_more_than_one_person(bare):
    bare.variables["SYNAK_DEVELOPMENT"] = "0"
    with pytest.raises(AssertionError, match=r"isolation\.too_weak"):
        bare.start()
    assert bare.process.returncode not in (0, None)
    assert bare.leftovers() == []


def test_for_development_every_page_says_so_in_its_language(bare):
    bare.start()
    with bare.anonymous() as visitor:
        for path in ("/hub/login", "/desk/public/permits", "/desk/about"):
            for language, words in WARNING.items():
                page = visitor.get(path, headers={"Accept-Language": language})
                assert words in page.text, (path, language)
