"""The files: complete, self-contained, accessible, and the same every time."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from hepatica.engine.evaluation import Evaluation
from hepatica.errors import InvalidInput, MissingExtra
from hepatica.report import write_report
from hepatica.report.compose import evaluation_sheet
from hepatica.report.html import html_text
from hepatica.report.isotoxic_figure import isotoxic_figure
from hepatica.report.pdf import pdf_bytes
from hepatica.report.sheet import BANNER, Fact, Facts, Sheet, Table
from tests.report.conftest import RUN

_VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """Collects what the tests ask about and insists that every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        """All words, with plain single spaces."""
        return " ".join("".join(self.words).split())

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of all elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def html(written: dict[str, Path]) -> str:
    return written[".html"].read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.fixture(scope="module")
def sheet(evaluation: Evaluation) -> Sheet:
    return evaluation_sheet(evaluation, RUN)


def test_two_files_are_written_and_returned(written: dict[str, Path]) -> None:
    assert [written[s].name for s in (".html", ".pdf")] == ["report.html", "report.pdf"]


def test_the_page_says_what_it_is_not(page: Page) -> None:
    assert page.text.startswith("Plan evaluation, case phantom-1 " + BANNER)
    assert page.text.endswith(BANNER)


def test_every_limit_stands_on_the_page_with_its_verdict(
    page: Page, evaluation: Evaluation
) -> None:
    for limit in evaluation.limits:
        assert limit.metric in page.text
        assert limit.verdict.value in page.text
    assert "Unknown: the case has no Duodenum: contour it." in page.text


def test_every_source_and_its_status_stand_on_the_page(page: Page, evaluation: Evaluation) -> None:
    for work in evaluation.protocol.sources:
        assert " ".join(work.citation.split()) in page.text
    assert "recalled" in page.text


def test_the_page_needs_no_network_and_no_scripts(html: str, page: Page) -> None:
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "iframe", "object", "embed", "form"}
    for _, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href", "srcset", "action"):
                assert value is not None
                assert value.startswith(("data:image/svg+xml;base64,", "#"))
    outside = re.sub(r'src="data:[^"]*"', "", html)
    assert "://" not in outside
    assert "@import" not in outside
    assert "url(" not in outside


def test_the_pictures_have_words_in_their_place(page: Page) -> None:
    pictures = page.attributes("img")
    assert len(pictures) == 3
    alts = [picture["alt"] or "" for picture in pictures]
    assert "risks of 5\u00a0%, 10\u00a0% and 20\u00a0%" in alts[0]
    assert "Mean doses: GTV1" in alts[1]
    assert "Axial, coronal and sagittal" in alts[2]


def test_tables_have_captions_and_scoped_headers(page: Page) -> None:
    tags = [tag for tag, _ in page.elements]
    assert tags.count("caption") == tags.count("table") > 8
    assert {header.get("scope") for header in page.attributes("th")} == {"col", "row"}


def test_links_lead_to_places_that_exist(page: Page) -> None:
    places = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    links = {(attributes["href"] or "")[1:] for attributes in page.attributes("a")}
    assert links
    assert links <= places


def test_headings_descend_without_a_gap(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_what_came_from_files_cannot_become_markup(sheet: Sheet) -> None:
    words = "<script>alert(1)</script> & --dose <b>"
    box = replace(sheet.answer, facts=(Fact("<b>", words),))
    text = html_text(replace(sheet, case_id=words, answer=box))
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; " in text


def test_unknown_is_written_out_and_no_cell_is_blank(written_unknown: str, sheet: Sheet) -> None:
    text = Page(written_unknown).text
    assert "Unknown: the dose grid misses Liver-GTV" in text
    assert "Unknown: neither plan nor user stated it" in text
    assert "unknown: the dose grid misses Liver-GTV" in text
    for section in sheet.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                assert all(cell.text.strip() for row in block.rows for cell in row)
            if isinstance(block, Facts):
                assert all(fact.text.strip() for fact in block.items)


def test_the_report_knows_the_case_id_only(html: str) -> None:
    assert "phantom-1" in html
    assert "1.2.3" not in re.sub(r'src="data:[^"]*"', "", html)


def test_the_html_is_the_same_every_time(evaluation: Evaluation, html: str) -> None:
    assert html_text(evaluation_sheet(evaluation, RUN)) == html


def test_the_pdf_is_the_same_every_time(sheet: Sheet, written: dict[str, Path]) -> None:
    first = written[".pdf"].read_bytes()
    assert first.startswith(b"%PDF-")
    assert pdf_bytes(sheet) == first
    assert b"/CreationDate" not in first


def test_the_pdf_has_a_handful_of_pages(written: dict[str, Path]) -> None:
    pages = re.search(rb"<xmpTPg:NPages>(\d+)<", written[".pdf"].read_bytes())
    assert pages is not None
    assert 4 <= int(pages[1]) <= 9


def test_every_page_of_the_pdf_says_what_it_is_not(written: dict[str, Path]) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    command = ["pdftotext", "-layout", str(written[".pdf"]), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    pages = text.rstrip("\f").split("\f")
    assert all(BANNER in page for page in pages)
    words = " ".join(text.split()).replace("\u00a0", " ")
    for expected in ("not met", "\u2264 1 Gy", "Supply what is missing", "michigan_mets"):
        assert expected in words


def test_both_files_are_made_from_one_sheet(sheet: Sheet) -> None:
    titles = [section.title for section in sheet.sections]
    assert titles[0] == "The dose this patient may receive"
    assert titles[-2:] == ["Sources of the numbers", "This run"]


def test_without_run_facts_there_is_no_such_section(written_unknown: str) -> None:
    assert "This run" not in Page(written_unknown).text


def test_a_format_that_is_not_known_is_refused(evaluation: Evaluation, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="'docx' is not known; html and pdf are"):
        write_report(evaluation, tmp_path / "out", formats=("html", "docx"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("package", ["matplotlib", "typst"])
def test_a_missing_package_names_the_extra(
    evaluation: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    expected = rf"needs the package {package}.*pip install 'hepatica\[report\]'"
    with pytest.raises(MissingExtra, match=expected):
        write_report(evaluation, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_isotoxic_picture_without_matplotlib_names_the_extra(
    evaluation: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"Drawing a figure needs the package matplotlib"):
        isotoxic_figure(evaluation.protocol, tmp_path / "a.svg")


def _luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("ink", "pale"),
        ("soft", "pale"),
        ("accent", "pale"),
        ("met", "met-pale"),
        ("broken", "broken-pale"),
        ("unknown", "unknown-pale"),
        ("soft", "unknown-pale"),
        ("soft", "broken-pale"),
        ("soft", "met-pale"),
    ],
)
def test_text_stands_out_from_its_ground(ink: str, paper: str) -> None:
    style = files("hepatica.report").joinpath("templates/style.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", style))
    light, dark = sorted((_luminance(colours[ink]), _luminance(colours[paper])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
