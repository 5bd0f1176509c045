"""How a kernel (a plain function of one unit) is spread over work units. Kernels know Arrow and events, engines do
not."""

from ringleader.engines.base import Engine, Failure
from ringleader.engines.local import Local

__all__ = ["Engine", "Failure", "Local"]
