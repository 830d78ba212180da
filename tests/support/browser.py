"""People at a real browser: headless Chromium, one context (cookies, language) each.

Playwright keeps an event loop running in its thread while it is open: a fixture that
holds ``browsers()`` ends before asynchronous tests begin (scope module or package).
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, sync_playwright

from sandbox.toolchain.layout import build_dir
from sandbox.toolchain.tools import npm_file
from tests.support.system import System

SCREENSHOTS = build_dir() / "screenshots"
SERIOUS = {"serious", "critical"}
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
_LOCALES = {"ky": "ky-KG", "ru": "ru-RU", "en": "en-GB"}


class Person:
    """Somebody at a browser of their own.

    Args:
        context: the browser's cookies and language.
        system: the running system.
        user: the account.
    """

    def __init__(self, context: BrowserContext, system: System, user: str) -> None:
        self.context = context
        self.system = system
        self.user = user
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._console)
        self.dialogs: list[str] = []
        self.page.on("dialog", self._dialog)

    def _dialog(self, dialog: Dialog) -> None:
        """Leave a page that asks whether to leave; keep and dismiss what a script shows."""
        if dialog.type == "beforeunload":
            dialog.accept()
            return
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _console(self, message: Any) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.errors.append(message.text)

    # Where to go.
    def sign_in(self) -> Person:
        """Log in at the hub's own form."""
        self.page.goto(f"{self.system.url}/hub/login")
        self.page.fill('input[name="username"]', self.user)
        self.page.fill('input[name="password"]', self.system.password)
        self.page.click('#login_submit, button[type="submit"], input[type="submit"]')
        self.page.wait_for_url(re.compile(r"/hub/(home|spawn)"))
        return self

    def open(self, path: str) -> Page:
        """Open a page of the desk or the hub."""
        answer = self.page.goto(self.system.url + path)
        assert answer is not None
        assert answer.status < 500, (answer.status, path)
        return self.page

    # What to do.
    def fill(self, **fields: str) -> None:
        """Type into fields by their names; ``__`` stands for a point."""
        for name, value in fields.items():
            self.page.locator(f'main [name="{name.replace("__", ".")}"]').first.fill(value)

    def send(
        self, form: str, *, understood: bool = True, problem: bool = False, **fields: str
    ) -> Page:
        """Fill and post a form of the page; give the password again when asked.

        Args:
            form: the end of the form's action.
            understood: tick the confirmation, where there is one.
            problem: whether the desk is expected to find something wrong.
            **fields: values by name; ``__`` stands for a point.
        """
        found = self.form(form)
        self._unfold(found)
        for name, value in fields.items():
            field = found.locator(f'[name="{name.replace("__", ".")}"]')
            if field.evaluate("each => each.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        if understood and found.locator('input[name="understood"]').count():
            found.locator('input[name="understood"]').check()
        found.locator('button[type="submit"]').first.click()
        self.page.wait_for_load_state()
        self.confirm()
        found_wrong = self.page.locator('#problem, .note-bad[role="alert"], .problem').count() > 0
        lost = bool(self.page.get_by_text("When you ask for help").count())
        assert (found_wrong or lost) == problem, self.text()
        return self.page

    def form(self, action_end: str) -> Locator:
        """The page's form whose action ends so."""
        return self.page.locator(f'main form[action$="{action_end}"]').first

    def confirm(self) -> None:
        """Give the password again when the page asks for it."""
        password = self.page.locator('input[name="_password"]')
        if password.count():
            password.fill(self.system.password)
            self.page.locator('main form button[type="submit"]').first.click()
            self.page.wait_for_load_state()

    def _unfold(self, inside: Locator) -> None:
        inside.evaluate(
            "form => { for (let at = form; at; at = at.parentElement)"
            " if (at.tagName === 'DETAILS') at.open = true;"
            " for (const each of form.querySelectorAll('details')) each.open = true; }"
        )

    # What to see.
    def text(self) -> str:
        """What the page says."""
        return self.page.locator("main").inner_text()

    def shot(self, name: str) -> Path:
        """Keep a picture of the whole page under ``build/screenshots``."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=True)
        return path

    def language(self, code: str) -> None:
        """Choose the language by the page's own switch."""
        self.page.click(f'a[href^="/desk/language/{code}"], a[href^="/hub/language/{code}"]')
        self.page.wait_for_load_state()
        assert self.page.locator("html").get_attribute("lang") == code

    def serious_findings(self) -> list[str]:
        """axe's serious and critical findings on this page."""
        self.page.evaluate(npm_file("axe-core/axe.min.js").read_text("utf-8"))
        found = self.page.evaluate("async () => (await axe.run(document)).violations")
        serious = [each for each in found if each["impact"] in SERIOUS]
        return [
            f"{each['id']}: {[node['html'][:200] for node in each['nodes'][:3]]}"
            for each in serious
        ]

    def too_wide(self) -> int:
        """Pixels by which the page is wider than its window."""
        wide: int = self.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wide


class People:
    """Everybody who sits at a browser in one run.

    Args:
        browser: the running Chromium.
        system: the running system.
    """

    def __init__(self, browser: Browser, system: System) -> None:
        self._browser = browser
        self.system = system
        self._known: dict[str, Person] = {}

    def __getitem__(self, user: str) -> Person:
        if user not in self._known:
            self._known[user] = self.fresh(user).sign_in()
        return self._known[user]

    def fresh(
        self, user: str, *, language: str = "en", phone: bool = False, scripts: bool = True
    ) -> Person:
        """A person with an empty browser who has not signed in."""
        context = self._browser.new_context(
            locale=_LOCALES[language],
            viewport=PHONE if phone else DESKTOP,
            java_script_enabled=scripts,
        )
        context.set_default_timeout(20_000)
        return Person(context, self.system, user)


@contextlib.contextmanager
def browsers(system: System) -> Iterator[People]:
    """A running Chromium for a running system."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "Chromium is missing: make test installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield People(browser, system)
        finally:
            browser.close()
