"""Ringleader: find the espionage campaigns hidden in a telecom operator's telemetry."""

__version__ = "0.1.0"
