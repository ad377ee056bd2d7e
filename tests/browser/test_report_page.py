"""The page of results in a real browser: what a person sees, reaches by keyboard, and prints."""

from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from azext_amlarc.checks.check import Status, Verdict
from azext_amlarc.checks.report.page import html
from azext_amlarc.product.steps import Note, command
from tests.browser.conftest import Browser
from tests.checks.results import HEADING, RESULTS, passed, result

WIDTHS = (390, 1280)
LONG = "a-name-that-goes-on-" * 12
LONG_FIX = (command("az ml arc show -n {name}", name=LONG), Note(LONG), Note(f"`{LONG}`"))
UNRULY = (
    *RESULTS,
    result(
        "AMLARC-K099",
        "Texts that nobody can break " + "x" * 80,
        f"{LONG} is short",
        Verdict(Status.FAIL, LONG * 3, LONG_FIX, (LONG * 5, "日本語" * 60)),
        f"https://learn.microsoft.com/{LONG}",
    ),
    *(passed(f"AMLARC-K{number}", "Many", f"statement {number} holds") for number in range(200, 300)),
)

# Boxes that stand beside or below each other; none may touch what another shows.
CROWDED = """
const boxes = [...document.querySelectorAll(
  '.command, h1, .outcome, dt, dd, .strip, .filter label, nav a, h2, .result > *, h3 > *, .fix > *, footer')]
  .filter(e => e.checkVisibility()).map(e => [e, e.getBoundingClientRect()]);
const found = [];
for (const [a, p] of boxes) for (const [b, q] of boxes)
  if (a !== b && !a.contains(b) && !b.contains(a)
      && p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1)
    found.push(a.outerHTML.slice(0, 80) + ' / ' + b.outerHTML.slice(0, 80));
return found;
"""
CLIPPED = """
return [...document.querySelectorAll('header, header *, main, main *, footer')]
  .filter(e => e.checkVisibility() && !e.closest('.unseen, svg'))
  .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
    || e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1)
  .map(e => e.outerHTML.slice(0, 120));
"""
# https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio of every text and mark with what is painted behind it.
FAINT = """
const light = color => { const [r, g, b] = color.match(/[\\d.]+/g).map(v => v / 255)
  .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const behind = e => { for (; e; e = e.parentElement) { const color = getComputedStyle(e).backgroundColor;
  if (!/, 0\\)$/.test(color)) return color; } return 'rgb(255, 255, 255)'; };
const ratio = e => { const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05); };
return [...document.querySelectorAll('header *, main *, footer')]
  .filter(e => e.checkVisibility() && !e.closest('.unseen'))
  .filter(e => e.matches('.mark') || [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .filter(e => ratio(e) < 4.5).map(e => e.outerHTML.slice(0, 120) + ' ' + ratio(e).toFixed(2));
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return written(tmp_path, html(RESULTS, HEADING))


@pytest.fixture
def unruly(tmp_path: Path) -> Path:
    return written(tmp_path, html(UNRULY, HEADING))


def written(folder: Path, content: str) -> Path:
    path = folder / "report.html"
    path.write_text(content, encoding="utf-8")
    return path


def test_the_heading_says_what_was_checked_and_how_it_ended(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.driver.title == "lab-berlin: 2 of 14 checks failed"
    assert browser.texts("h1, .outcome") == ["lab-berlin", "2 of 14 checks failed"]
    assert browser.texts("dt") == ["Workspace", "Subscription", "Checked"]
    assert browser.texts("dd") == ["vision-ws", "Contoso Training", "2026-11-23 21:04:00 UTC"]


def test_every_group_is_there_with_its_numbers_and_its_mark(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert [text.split("\n") for text in browser.texts("h2")] == [  # the worst first
        ["Providers", "1 failed, 1 passed"],
        ["Extension", "1 failed, 1 error"],
        ["Cluster", "1 warning, 1 passed"],
        ["Sign-in", "2 passed"],
        ["Rights", "1 passed, 1 skipped"],
        ["Workspace", "1 skipped"],
        ["API server", "1 skipped"],
        ["Instance types", "2 skipped"],
    ]
    marks = [mark.get_dom_attribute("href") for mark in browser.all("h2 use")]
    worst = ["fail", "fail", "warn", "pass", "pass", "skipped", "skipped", "skipped"]
    assert marks == [f"#mark-{status}" for status in worst]


def test_a_status_is_a_shape_and_a_word_not_a_color_alone(browser: Browser, page: Path) -> None:
    browser.open(page)
    shapes = browser.run("return [...document.querySelectorAll('symbol')].map(symbol => symbol.innerHTML)")
    assert len(set(shapes)) == 5
    drawn = "return [...document.querySelectorAll('.result > .mark')].map(mark => mark.getBoundingClientRect().width)"
    assert browser.run(drawn) == [20] * 14
    words = [word.get_property("textContent") for word in browser.all(".result h3 .unseen")]
    assert words[:5] == ["failed: ", "passed: ", "failed: ", "error: ", "warning: "]


def test_a_failure_shows_its_reason_commands_and_link_without_a_click(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.texts("#AMLARC-A030 .message") == ["amlarc-compute is Failed: pod healthcheck failed"]
    assert browser.texts("#AMLARC-A030 .fix pre") == [
        "kubectl -n azureml get configmap arcml-healthcheck -o yaml",
        "az ml arc extension update -c lab-berlin -g research --config inferenceRouterHA=False",
    ]
    link = browser.one("#AMLARC-A030 .more a")
    assert link.get_property("href") == (
        "https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-kubernetes-extension"
    )


def test_one_click_selects_a_whole_command(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.one("#AMLARC-A011 .fix pre").click()
    assert browser.run("return getSelection().toString()") == (
        "az provider register -n Microsoft.Relay --wait --subscription 11111111-2222-3333-4444-555555555555"
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_the_evidence_of_what_is_wrong_is_open_on_a_phone_too(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width)
    assert browser.texts("#AMLARC-A021 details pre") == [
        "agentVersion: 1.12.5\nlastConnectivityTime: 2026-03-01T08:15:00Z"
    ]
    browser.one("#AMLARC-A021 summary").click()
    assert browser.texts("#AMLARC-A021 details") == ["Evidence (2)"]


def test_evidence_opens_and_closes_by_keyboard(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.one("#AMLARC-A021 h3 a").send_keys(Keys.TAB)
    focused = browser.driver.switch_to.active_element
    assert focused.text == "Evidence (2)"
    focused.send_keys(Keys.ENTER)
    assert not browser.one("#AMLARC-A021 details pre").is_displayed()
    focused.send_keys(Keys.SPACE)
    assert browser.one("#AMLARC-A021 details pre").is_displayed()


def test_markup_in_a_text_is_text(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert "<script>alert('hook')</script>" in browser.one("#AMLARC-A030 details pre").text
    assert browser.all("script") == []


def test_a_choice_shows_one_status_and_the_groups_that_have_it(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.texts(".filter label") == [
        "All 14",
        "2 failed",
        "1 error",
        "1 warning",
        "5 passed",
        "5 skipped",
    ]
    browser.one("label[for=show-fail]").click()
    assert browser.texts(".result h3 a") == ["AMLARC-A011", "AMLARC-A030"]
    assert browser.texts("nav li") == ["Providers", "Extension"]
    assert [text.split("\n")[0] for text in browser.texts("h2")] == ["Providers", "Extension"]
    browser.one("label[for=show-all]").click()
    assert len(browser.texts(".result")) == 14


def test_the_choice_is_made_by_keyboard_and_shows_its_focus(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.one("body").send_keys(Keys.TAB)
    browser.driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert browser.texts(".result h3 a") == ["AMLARC-A031"]
    assert browser.one("label[for=show-error]").value_of_css_property("outline-style") == "solid"


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_scrolls_sideways_is_cut_off_or_overlaps(browser: Browser, unruly: Path, width: int) -> None:
    browser.open(unruly, width)
    browser.run("document.querySelectorAll('details').forEach(details => { details.open = true })")
    assert browser.run("return innerWidth") == width
    assert browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert browser.run(CLIPPED) == []
    assert browser.run(CROWDED) == []


@pytest.mark.parametrize(
    ("style", "probe"),
    [
        ("h2 { overflow-wrap: normal }", CLIPPED),
        (".group { margin-left: -4rem }", CLIPPED),
        (".outcome { margin-bottom: -3rem }", CROWDED),
        (":root { --muted: #999 }", FAINT),
        (":root { --warn: #d90 }", FAINT),
    ],
)
def test_a_broken_style_would_be_noticed(browser: Browser, unruly: Path, style: str, probe: str) -> None:
    unruly.write_text(unruly.read_text("utf-8").replace("</style>", f"{style}</style>"), "utf-8")
    browser.open(unruly, 390)
    assert browser.run(probe) != []


def test_the_list_of_groups_stands_beside_them_only_where_there_is_room(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    assert browser.one("nav").is_displayed()
    assert browser.one("nav").rect["x"] + browser.one("nav").rect["width"] < browser.all(".group")[0].rect["x"]
    browser.open(page, 390)
    assert not browser.one("nav").is_displayed()
    assert browser.all(".group")[0].rect["width"] > 0.85 * 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_and_mark_has_contrast(browser: Browser, page: Path, scheme: str) -> None:
    browser.open(page, scheme=scheme)
    browser.run("document.querySelectorAll('details').forEach(details => { details.open = true })")
    dark = browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(14, 17, 22)"
    assert dark == (scheme == "dark")
    assert browser.run(FAINT) == []


def test_on_paper_evidence_is_open_and_controls_are_gone(browser: Browser, page: Path) -> None:
    browser.open(page, media="print", scheme="dark")
    visible = "return document.querySelector('#AMLARC-A021 details pre').checkVisibility({contentVisibilityAuto: true})"
    assert browser.run(visible) is True
    assert browser.texts(".filter, nav") == []
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_the_page_asks_for_nothing_and_the_console_stays_empty(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.requests(), browser.complaints()
    browser.open(page)
    browser.one("label[for=show-warn]").click()
    browser.one("#AMLARC-A021 summary").click()
    assert set(browser.requests()) <= {page.as_uri(), "data:,"}
    assert browser.complaints() == []


def test_the_console_would_tell_of_a_script(browser: Browser, tmp_path: Path) -> None:
    browser.open(written(tmp_path, html(RESULTS, HEADING).replace("</main>", "<script>1</script></main>")))
    assert any("Content Security Policy" in complaint for complaint in browser.complaints())
