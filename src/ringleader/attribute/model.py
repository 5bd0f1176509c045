"""The fitted model: weights of features, a temperature, and the null. A few dozen numbers in a JSON file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ringleader.attribute import features, null
from ringleader.attribute.logit import OUT, softmax
from ringleader.errors import KnowledgeError

Matrix = NDArray[np.float64]
FILE = "model.json"


@dataclass(frozen=True)
class Model:
    """``weights`` (K) of the features, already divided by the temperature; ``null`` (8 + 1) of the signs."""

    weights: Matrix
    null: Matrix
    fitted_on: int = 0

    def scores(self, table: Matrix, known: NDArray[np.bool_]) -> Matrix:
        """(..., G) from features (..., G, K): log-odds between groups, in nats."""
        return np.where(known, table @ self.weights, OUT)

    def known(self, scores: Matrix, table: Matrix, techniques: Matrix, software: Matrix) -> Matrix:
        """n: the probability that the actor is one of the groups at all."""
        likeness = table[..., features.NAMES.index("report-both")]
        found = null.signs(scores, techniques, software, likeness)
        return null.logistic(found @ self.null[:-1] + self.null[-1])

    def doubt(self, scores: Matrix, table: Matrix, techniques: float, software: float) -> dict[str, float]:
        """The log-odds, in nats, of "none of them", as a sum by sign. ``scores`` are G, ``table`` is G x K."""
        likeness = table[:, features.NAMES.index("report-both")]
        found = null.signs(scores[None], np.array([techniques]), np.array([software]), likeness[None])[0]
        return dict(zip((*null.NAMES, "intercept"), map(float, -self.null * np.append(found, 1.0)), strict=True))

    def probabilities(
        self, table: Matrix, known: NDArray[np.bool_], techniques: Matrix, software: Matrix
    ) -> tuple[Matrix, Matrix]:
        """n x G for the groups, and n for "none of them"; each row of both sums to one."""
        scores = self.scores(table, known)
        some = self.known(scores, table, techniques, software)
        return softmax(scores) * some[:, None], 1 - some

    def save(self, folder: Path) -> None:
        content = {
            "weights": dict(zip(features.NAMES, map(_rounded, self.weights), strict=True)),
            "null": dict(zip((*null.NAMES, "intercept"), map(_rounded, self.null), strict=True)),
            "fitted_on": self.fitted_on,
        }
        temporary = folder / f".{FILE}"
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        temporary.replace(folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> Model:
        """The model in ``folder``. Raises ``KnowledgeError``."""
        try:
            content: Any = json.loads((folder / FILE).read_text(encoding="utf-8"))
            weights = np.array([content["weights"][name] for name in features.NAMES], float)
            signs = np.array([content["null"][name] for name in (*null.NAMES, "intercept")], float)
            return cls(weights, signs, int(content["fitted_on"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise KnowledgeError(
                f"{folder / FILE} cannot be used: {error}", hint="build the knowledge again with this version"
            ) from error


def _rounded(value: float) -> float:
    # What differs beyond is the machine's arithmetic.
    return float(f"{value:.6g}")
