"""A page as PDF, with fonts embedded and nothing fetched from outside."""

from typing import Any

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message


class NoPdfHere(ShownToPeople):
    """The libraries that set type are not on this machine."""


def pdf_of(html: str) -> bytes:
    """The document as PDF. Raises NoPdfHere where the system lacks Pango, which sets the type."""
    try:
        from weasyprint import HTML
    except OSError as error:
        text = N_("No PDF can be written here: %(why)s. Install Pango (Debian: apt-get install libpangoft2-1.0-0).")
        raise NoPdfHere(Message(text, {"why": str(error).splitlines()[0]})) from error
    return HTML(string=html, url_fetcher=_nothing_from_outside).write_pdf()


def _nothing_from_outside(url: str, *_args: object, **_kwargs: object) -> dict[str, Any]:
    raise ValueError(f"A page fetches nothing from outside: {url}")
