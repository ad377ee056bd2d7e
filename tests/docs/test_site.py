"""The site that `make docs` makes: strict about its sources, the same each time, readable from a folder and offline."""

import os
import re
import shutil
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from azext_amlarc.commands.az.table import COMMANDS
from tests.browser.conftest import Browser
from tests.browser.conftest import browser as browser
from tests.support.az import ROOT

pytestmark = pytest.mark.site
MKDOCS = ROOT / ".venv-docs" / "bin" / "mkdocs"
WIDTHS = (390, 1280)
# What sticks out of the window, but for what scrolls in its own frame: listings and tables.
OUT = """
return [...document.querySelectorAll('article *')]
  .filter(e => e.checkVisibility() && !e.closest('pre, .md-typeset__scrollwrap, .headerlink, .md-annotation'))
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 160));
"""


def build(folder: Path, site: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """MkDocs over the sources in a folder."""
    if not (MKDOCS.exists() and (ROOT / ".run" / "pictures" / "taken").exists()):
        pytest.skip("MkDocs or its pictures are not here: `make docs` makes them")
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": "1790000000", **variables}
    command = [str(MKDOCS), "build", "-f", str(folder / "mkdocs.yml"), "-d", str(site)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The documents in a folder of their own, to be changed."""
    folder = tmp_path / "copy"
    left = shutil.ignore_patterns(
        ".venv*", ".run", ".git", "build", "dist", "*.egg-info", ".*_cache", "__pycache__", "tests"
    )
    shutil.copytree(ROOT, folder, ignore=left)
    if (ROOT / ".run" / "pictures").is_dir():
        shutil.copytree(ROOT / ".run" / "pictures", folder / ".run" / "pictures")
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("made") / "site"
    done = build(ROOT, made)
    assert done.returncode == 0, done.stderr
    return made


def test_a_dead_link_a_dead_anchor_and_an_orphan_end_the_build(copy: Path, tmp_path: Path) -> None:
    with (copy / "docs" / "guide.md").open("a", encoding="utf-8") as guide:
        guide.write("\n[a](gone.md) [b](fleet.md#gone) [c](../examples/gone.json) ![d](gone.svg)\n")
    (copy / "docs" / "new.md").write_text("# New\n\nIt leads to [itself](new.md).\n", encoding="utf-8")
    done = build(copy, tmp_path / "site")
    assert done.returncode == 1
    warnings = [line for line in done.stderr.splitlines() if line.startswith("WARNING")]
    for part in ("'gone.md'", "'#gone'", "'../examples/gone.json'", "'gone.svg'", "No other page leads to new.html"):
        assert sum(part in line for line in warnings) == 1, (part, warnings)
    assert len(warnings) == 5


def test_a_page_that_no_section_names_is_taken_in(copy: Path, tmp_path: Path) -> None:
    (copy / "docs" / "new.md").write_text("# A new page\n", encoding="utf-8")
    with (copy / "README.md").open("a", encoding="utf-8") as readme:
        readme.write("\n[docs/new.md](docs/new.md)\n")
    done = build(copy, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    first = (tmp_path / "site" / "index.html").read_text("utf-8")
    assert '<a href="new.html">A new page</a>' in first  # a title for a file's name
    tasks = first.partition("Tasks")[2].partition("Reference")[0]
    assert 'href="new.html"' in tasks


def test_each_command_of_the_overview_leads_to_its_description(site: Path) -> None:
    if not (ROOT / ".run" / "docs" / "commands").is_dir():
        pytest.skip("the reference is not here: `make docs` makes it")
    overview = (site / "commands.html").read_text("utf-8")
    for command in COMMANDS:
        page, anchor = f"commands/{command.name.split()[0]}.html", f"az-ml-arc-{command.name.replace(' ', '-')}"
        assert f'href="{page}#{anchor}"><code>{command.name}</code>' in overview
        assert f'id="{anchor}"' in (site / page).read_text("utf-8")


def test_recordings_play_and_pictures_say_what_they_show(browser: Browser, site: Path) -> None:
    browser.open(site / "guide.html")
    (source,) = re.findall(r'<img alt="(A terminal: [^"]+)" src="(pictures/attach.svg)"', browser.driver.page_source)
    assert source
    browser.driver.get((site / "pictures" / "attach.svg").as_uri())
    assert "Attach the cluster? (y/N): y" in str(browser.all("g.f")[-1].get_property("textContent"))
    shown = (
        "return [...document.querySelectorAll('g.f')].filter(g => getComputedStyle(g).visibility === 'visible').length"
    )
    assert browser.run(shown) == 1
    still = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": still})
    assert browser.run(shown) == 1
    assert browser.run("return getComputedStyle([...document.querySelectorAll('g.f')].pop()).visibility") == "visible"
    assert browser.complaints() == []


def test_it_is_the_same_byte_for_byte_each_time(site: Path, tmp_path: Path) -> None:
    again = tmp_path / "site"
    assert build(ROOT, again).returncode == 0
    made, remade = ({str(path.relative_to(root)) for path in root.rglob("*")} for root in (site, again))
    assert made == remade
    files = [path for path in site.rglob("*") if path.is_file()]
    assert [path.name for path in files if path.read_bytes() != (again / path.relative_to(site)).read_bytes()] == []


class _Asked(HTMLParser):
    """What a browser asks for when it shows a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        kept = tag in ("script", "img", "iframe", "source") or (tag == "link" and named.get("rel") != "canonical")
        self.found += [value for name in ("src", "href") if kept and (value := named.get(name))]


def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 10
    asked = {address for page in pages for address in _Asked(page.read_text("utf-8")).found}
    assert [address for address in sorted(asked) if ":" in address or address.startswith("//")] == []
    styles = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"url\(['\"]?(?:https?:)?//", styles) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_stay_within_the_window(browser: Browser, site: Path, width: int) -> None:
    for page in sorted(site.glob("*.html")):
        browser.open(page, width)
        assert browser.run(OUT) == [], page.name
        assert browser.run("return document.documentElement.scrollWidth") <= width, page.name


def test_the_search_finds_a_setting_from_a_folder_without_asking_anybody(browser: Browser, site: Path) -> None:
    browser.open(site / "index.html")
    browser.requests(), browser.complaints()
    browser.open(site / "index.html")
    browser.run("document.querySelector('[data-md-component=search-query]').focus()")
    browser.one("[data-md-component=search-query]").send_keys("installNvidiaDevicePlugin")
    for _ in range(100):
        if found := browser.run("return [...document.querySelectorAll('.md-search-result__link')].map(a => a.href)"):
            break
        time.sleep(0.05)
    assert any("settings.html" in link for link in found)
    assert [address for address in browser.requests() if not address.startswith(("file:", "data:"))] == []
    assert browser.complaints() == []
