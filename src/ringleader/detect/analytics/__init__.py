"""Analytics: findings for what no rule names, because only the comparison with others, or with a habit, shows it.

An analytic is one file with one class of the shape of :class:`~.base.Analytic`, and one line here.
"""

from __future__ import annotations

from ringleader.detect.analytics.after_hours import AfterHours
from ringleader.detect.analytics.base import Analytic, Known
from ringleader.detect.analytics.same_subscribers import SameSubscribers
from ringleader.detect.analytics.stage import write
from ringleader.detect.analytics.supplier_address import SupplierAddress

ANALYTICS: tuple[Analytic, ...] = (
    AfterHours(),
    SameSubscribers(),
    SupplierAddress(),
)

__all__ = ["ANALYTICS", "Analytic", "Known", "write"]
