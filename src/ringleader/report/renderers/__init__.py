"""The forms that a report has. A new one is a file here, a line in ``RENDERERS``, and a test."""

from ringleader.report.renderers.base import Renderer
from ringleader.report.renderers.html import Html

RENDERERS: tuple[Renderer, ...] = (Html(),)

__all__ = ["RENDERERS", "Html", "Renderer"]
