"""The fitted weights of linking, and where they come from."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import msgspec


class Model(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``fitted``: the command that made it. ``suspicion`` (of bundles), ``group`` (of groups), ``once``, ``near``
    and ``far`` (of pairs, by their reach): weights by name of feature. ``worthy``: the log odds
    from which on a group is an intrusion; ``floor``: those which one of two bundles must have to be compared;
    ``least``: the average log odds from which on two groups are joined."""

    fitted: str
    worthy: float
    floor: float
    least: float
    suspicion: dict[str, float]
    group: dict[str, float]
    once: dict[str, float]
    near: dict[str, float]
    far: dict[str, float]


@lru_cache(maxsize=1)
def model() -> Model:
    return msgspec.yaml.decode(files(__package__).joinpath("model.yml").read_bytes(), type=Model)
