"""The mean F1 of favor and against toward each target, and its mean over the targets."""

from __future__ import annotations

import numpy as np

from .bootstrap import Figure, cluster_sums, interval, varied
from .judged import Judged
from .metrics import confusions, mean_f1_of

__all__ = ["MEAN_OF_TARGETS", "target_figures"]

#: What the mean over targets is called beside them.
MEAN_OF_TARGETS = "mean of the targets"


def target_figures(judged: Judged, *, samples: int, seed: int) -> dict[str, Figure]:
    """Return F1 (mean of favor and against) by target, then `MEAN_OF_TARGETS`, in which each target counts the same.

    The mean is what P-Stance's authors report (Li et al., Findings of ACL 2021); F1 of all tweets together is another
    figure.

    Args:
        judged: the stance layer; every sentence names its target.
        samples: bootstrap samples; they resample what the layer's other intervals resample.
        seed: of the bootstrap.
    """
    f1 = mean_f1_of([judged.layer.codes.index(code) for code in ("favor", "against")])
    targets = np.array([record.target for record in judged.sentences])
    names = sorted(set(targets.tolist()))
    cells = confusions(judged.gold, judged.predicted, len(judged.layer.codes))
    found = {}
    for name in names:
        own = targets == name
        sums = cluster_sums(cells[own], judged.groups[own])
        found[name] = varied(interval(f1, sums, n=int(own.sum()), samples=samples, seed=seed))
    one_hot = (targets[:, None] == np.array(names)).astype(float)
    sums = cluster_sums(one_hot[:, :, None, None] * cells[:, None], judged.groups)
    mean = interval(
        lambda matrix: np.asarray(f1(matrix).mean(axis=-1)), sums, n=len(targets), samples=samples, seed=seed
    )
    found[MEAN_OF_TARGETS] = varied(mean)
    return found
