"""A page as PDF, with fonts embedded and nothing fetched from outside."""

from collections.abc import Callable, Sequence
from typing import Any

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message


class NoPdfHere(ShownToPeople):
    """The libraries that set type are not on this machine."""


#: How large the type of a single page is set, the first at which it fits.
_SIZES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7)


def pdf_of(html: str) -> bytes:
    """The document as PDF. Raises NoPdfHere where the system lacks Pango, which sets the type."""
    made: bytes = _set(html).write_pdf()
    return made


def pdf_of_several(documents: Sequence[str]) -> bytes:
    """Several documents one after the other as one PDF, each with page numbers of its own."""
    first, *others = (_set(html) for html in documents)
    pages = [*first.pages, *(page for other in others for page in other.pages)]
    made: bytes = first.copy(pages).write_pdf()
    return made


def one_page_pdf(html_at: Callable[[float], str]) -> bytes:
    """A document as PDF on a single page. `html_at`: the document with its type so many times the usual size."""
    return pdf_of_single_pages([html_at])


def pdf_of_single_pages(documents: Sequence[Callable[[float], str]]) -> bytes:
    """Several documents as one PDF, each on a page of its own, as one_page_pdf."""
    first, *others = (_on_one_page(html_at) for html_at in documents)
    pages = [first.pages[0], *(other.pages[0] for other in others)]
    made: bytes = first.copy(pages).write_pdf()
    return made


def _on_one_page(html_at: Callable[[float], str]) -> Any:
    """What does not fit even with the smallest type ends with the page."""
    for size in _SIZES:
        found = _set(html_at(size))
        if len(found.pages) == 1:
            break
    return found


def _set(html: str) -> Any:
    try:
        from weasyprint import HTML
    except OSError as error:
        text = N_("No PDF can be written here: %(why)s. Install Pango (Debian: apt-get install libpangoft2-1.0-0).")
        raise NoPdfHere(Message(text, {"why": str(error).splitlines()[0]})) from error
    return HTML(string=html, url_fetcher=_nothing_from_outside).render()


def _nothing_from_outside(url: str, *_args: object, **_kwargs: object) -> dict[str, Any]:
    raise ValueError(f"A page fetches nothing from outside: {url}")
