"""PDFs: several documents one after the other, and one that is to stand on a single page."""

from pipeline.printing import one_page_pdf, pdf_of, pdf_of_several, pdf_of_single_pages
from tests.dashboard.reports.pdf_pages import page_count

_STYLE = "<style>@page { size: A4; margin: 10mm }</style>"


def lines(count: int, size: float = 1.0) -> str:
    return f"{_STYLE}<div style='font-size: {12 * size}pt; line-height: 1.4'>{'<p>line</p>' * count}</div>"


def test_several_documents_follow_each_other():
    assert page_count(pdf_of(lines(3))) == 1
    assert page_count(pdf_of_several([lines(3), lines(60), lines(3)])) == 2 + page_count(pdf_of(lines(60)))


def test_type_shrinks_until_a_page_holds_it_and_no_further():
    tried: list[float] = []

    def at(size: float) -> str:
        tried.append(size)
        block = f"<div style='height: {145 * size}mm; break-inside: avoid'>x</div>"
        return f"{_STYLE}<body style='margin: 0'>{block * 2}</body>"

    assert page_count(one_page_pdf(at)) == 1
    assert tried == [1.0, 0.95]  # 290 mm, 275.5 mm: an A4 page with these margins has 277 mm


def test_what_no_size_makes_fit_ends_with_its_page():
    assert page_count(pdf_of_single_pages([lambda size: lines(500, size), lambda size: lines(2, size)])) == 2
