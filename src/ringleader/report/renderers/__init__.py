"""The forms that a report has. A new one is a file here, a line in ``RENDERERS``, and a test."""

from ringleader.report.renderers.base import Renderer
from ringleader.report.renderers.html import Html
from ringleader.report.renderers.json import Json
from ringleader.report.renderers.markdown import Markdown

RENDERERS: tuple[Renderer, ...] = (Html(), Markdown(), Json())

__all__ = ["RENDERERS", "Html", "Json", "Markdown", "Renderer"]
