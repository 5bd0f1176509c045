"""Markings of the Traffic Light Protocol, version 2.0 (FIRST, 2022)."""

from __future__ import annotations

from enum import StrEnum


class Tlp(StrEnum):
    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"

    @property
    def label(self) -> str:
        """As it must be written: in capitals, without a space."""
        return f"TLP:{self.value.upper()}"
