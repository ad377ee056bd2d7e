"""What MkDocs asks while it makes the site: which pages there are, where they stand, and how their links read.

The Markdown is written for a reader of the repository, so links lead from file to file. Here each becomes a link of
the site: to the page that a document becomes, or to a copy of any other file. A page that no other page leads to is a
warning, which ends the build like a dead link does.
"""

import json
import logging
import posixpath
import re
import sys
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parent))  # MkDocs loads this file by its path
import recording

LOG = logging.getLogger("mkdocs.hooks")
ROOT = Path(__file__).parents[2]
# Pages that are not in docs/, by their file.
ELSEWHERE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "HISTORY.rst": "history.md"}
# What was made for the site alone: pages and pictures.
MADE = ROOT / ".run" / "docs"
PICTURES = ROOT / ".run" / "pictures"
ASSETS = Path(__file__).parent / "assets"

_LINK = re.compile(r"\]\((?!\w+:|#|/)([^)#\s]+)(#[^)\s]*)?\)")
# A picture that is made for the site alone: a reader of the repository is not shown a gap.
_PICTURE = re.compile(r"^<!-- picture ([\w.-]+): ([^\n]+) -->$", re.MULTILINE)
_NAMED = re.compile(r"\[(?:docs/)?([\w.-]+\.(?:md|rst))\](?=\()")
_FENCE = re.compile(r"^```(\w+) ([^\n]+)$", re.MULTILINE)
# A console that shows no prompt: its commands would be taken for what they print.
_TYPED = re.compile(r"^```console(?=\n(?:(?!\$ |```$).*\n)+```$)", re.MULTILINE)
_NOT_FILES = {"no-emulator", "terminal"}  # other words behind a fence's language, tests/support/listings.py


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is not in docs/, then give each page its place."""
    for source, page in ELSEWHERE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=from_rst(text) if source.endswith(".rst") else text))
    for picture in sorted(PICTURES.glob("*.json")):
        drawn = recording.svg(json.loads(picture.read_text(encoding="utf-8")))
        files.append(File.generated(config, f"pictures/{picture.stem}.svg", content=drawn))
    for picture in sorted(PICTURES.glob("*.png")):
        files.append(File.generated(config, f"pictures/{picture.name}", abs_src_path=str(picture)))
    for folder in (ASSETS, MADE):
        for path in sorted(found for found in folder.rglob("*") if found.is_file()):
            uri = path.relative_to(folder).as_posix()
            uri = f"assets/{uri}" if folder == ASSETS else uri
            files.append(File.generated(config, uri, abs_src_path=str(path)))
    for named in sorted(set(_files_that_are_named(files))):
        # Said to be part of the site, because MkDocs leaves out names that begin with a dot.
        inside = InclusionLevel.INCLUDED
        files.append(File.generated(config, f"files/{named}", abs_src_path=str(ROOT / named), inclusion=inside))
    titles = {file.src_uri: _title(file.content_string) for file in files.documentation_pages()}
    config.nav = placed(titles, config.extra["sections"])
    return files


def placed(titles: Mapping[str, str], sections: Mapping[str, list[str]]) -> list[object]:
    """The navigation: the pages that a section names, in its order; all others by title where it has a star."""
    named = {page for pages in sections.values() for page in pages}
    rest = sorted((page for page in titles if page not in named and "/" not in page), key=titles.__getitem__)
    nav: list[object] = []
    for section, pages in sections.items():
        there = [page for name in pages for page in (rest if name == "*" else [name]) if page in titles]
        entries = [_with_its_parts(page, titles) for page in there]
        nav += [{section: entries}] if section else entries
    return nav


def _with_its_parts(page: str, titles: Mapping[str, str]) -> object:
    """A page, or the section that it leads if there are pages in a folder of its name."""
    folder = page.removesuffix(".md") + "/"
    parts = sorted(other for other in titles if other.startswith(folder))
    return {titles[page]: [{"Overview": page}, *parts]} if parts else page


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The text with links of the site, names of pages for names of files, and fences as MkDocs reads them."""
    here = page.file.src_uri
    text = _NAMED.sub(lambda found: f"[{_called(found[1], files)}]", markdown)
    text = _PICTURE.sub(r"![\2](pictures/\1)", text)
    text = _FENCE.sub(lambda found: _fence(found[1], found[2]), text)
    text = _TYPED.sub("```bash", text)
    text = _LINK.sub(lambda found: f"]({_link(here, found[1])}{found[2] or ''})", text)
    return with_links_to_commands(text, files) if here == "commands.md" else text


def with_links_to_commands(text: str, files: Files) -> str:
    """The overview of commands, where each in the first column leads to its description."""

    def linked(found: re.Match[str]) -> str:
        return re.sub(r"`([a-z ]+)`", lambda name: f"[`{name[1]}`]({_described(name[1])})", found[0])

    if files.get_file_from_path("commands/attach.md") is None:
        return text
    return re.sub(r"^\| `[^|]+\|", linked, text, flags=re.MULTILINE)


def _described(command: str) -> str:
    return f"commands/{command.split()[0]}.md#az-ml-arc-{command.replace(' ', '-')}"


def _fence(language: str, remark: str) -> str:
    return f"```{language}" if remark in _NOT_FILES else f'```{language} title="{remark}"'


def _link(here: str, target: str) -> str:
    """A link of the page `here`, as written in its file, as one of the site; a dead one as it is."""
    path = _in_repository(here, target)
    uri = _uri(path)
    return posixpath.relpath(uri, posixpath.dirname(here) or ".") if (ROOT / path).exists() else target


def _in_repository(here: str, target: str) -> str:
    """The path in the repository that a page's link means."""
    sources = {page: path for path, page in ELSEWHERE.items()}
    return posixpath.normpath(posixpath.join(posixpath.dirname(sources.get(here, f"docs/{here}")), target))


def _uri(path: str) -> str:
    """Where the site has a file of the repository."""
    if path in ELSEWHERE:
        return ELSEWHERE[path]
    return path.removeprefix("docs/") if path.startswith("docs/") else f"files/{path}"


def _files_that_are_named(files: Files) -> Iterator[str]:
    """Files outside of docs/ that pages lead to and that are no pages."""
    for file in files.documentation_pages():
        for target, _ in _LINK.findall(file.content_string):
            path = _in_repository(file.src_uri, target)
            if _uri(path).startswith("files/") and (ROOT / path).is_file():
                yield path


def _called(name: str, files: Files) -> str:
    """A page's title for its file's name."""
    file = files.get_file_from_path(ELSEWHERE.get(name, name))
    return _title(file.content_string) if file else name


def _title(text: str) -> str:
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1] if found else ""


def from_rst(text: str) -> str:
    """HISTORY.rst as Markdown: a title, a heading for each release, lists, and code in double backticks."""
    text = re.sub(r"^\.\. .*\n+", "", text)
    text = re.sub(r"^(.+)\n=+$", r"# \1", text, flags=re.MULTILINE)
    text = re.sub(r"^(.+)\n\++$", r"## \1\n", text, flags=re.MULTILINE)
    return re.sub(r"``(.+?)``", r"`\1`", text, flags=re.DOTALL)


class _Hrefs(HTMLParser):
    """The targets of the links in a page's own text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found |= {value.partition("#")[0] for name, value in attributes if tag == "a" and name == "href" and value}


def on_env(env: object, config: MkDocsConfig, files: Files) -> None:
    """Every page is rendered: tell of those that no other one leads to."""
    for page in orphans({file.url: file.page.content or "" for file in files.documentation_pages() if file.page}):
        LOG.warning("No other page leads to %s: name it where its readers come by, such as in README.md.", page)


def orphans(pages: Mapping[str, str]) -> list[str]:
    """The addresses of pages, by their HTML, that no other page leads to; the first page needs nobody."""
    led_to = {
        posixpath.normpath(posixpath.join(posixpath.dirname(here), target))
        for here, html in pages.items()
        for target in _Hrefs(html).found
        if target and posixpath.normpath(posixpath.join(posixpath.dirname(here), target)) != here
    }
    return sorted(page for page in pages if page not in led_to and page != "index.html")
