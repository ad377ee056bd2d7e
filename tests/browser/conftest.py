"""A headless Chromium, from Debian's packages chromium and chromium-driver or wherever the path has them."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement


@dataclass(frozen=True)
class Browser:
    """A window that shows one page at a time."""

    driver: Chrome

    def open(self, page: Path, width: int = 1280, scheme: str = "light", media: str = "screen") -> None:
        """Show the page anew, in a window of that width in CSS pixels."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        preferred = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": preferred})
        self.driver.get(page.as_uri())

    def all(self, selector: str) -> list[WebElement]:
        """The elements that a CSS selector finds, in the page's order."""
        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def one(self, selector: str) -> WebElement:
        """The only element that a CSS selector finds."""
        (element,) = self.all(selector)
        return element

    def texts(self, selector: str) -> list[str]:
        """What a person reads in those of the elements that are shown."""
        return [element.text for element in self.all(selector) if element.is_displayed()]

    def first(self, selector: str) -> str:
        """The first of these texts: on a long page, all of them take seconds."""
        return next(element.text for element in self.all(selector) if element.is_displayed())

    def run(self, script: str) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script)

    def requests(self) -> list[str]:
        """The addresses asked for since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[str]:
        """What the console got since the last call: errors, warnings, violations of the page's own policy."""
        return [entry["message"] for entry in self._log("browser")]

    def _log(self, kind: str) -> Any:
        return self.driver.get_log(kind)  # type: ignore[no-untyped-call]  # the only call that selenium left untyped


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no Chromium with chromedriver on the path: scripts/browser installs them on Debian")
    options = ChromeOptions()
    options.binary_location = chromium
    options.add_argument("--headless=new")
    options.add_argument("--disable-dev-shm-usage")  # containers give /dev/shm 64 MB
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium refuses its sandbox to root, which CI containers are
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # It leaves reports of crashes in the home folder of whoever runs it.
    home = {**os.environ, "HOME": str(tmp_path_factory.mktemp("home"))}
    chrome = Chrome(options=options, service=Service(driver, env=home))
    yield Browser(chrome)
    chrome.quit()
