"""Losses: every reduction and option."""

import numpy as np

from . import Case, fixed, real, whole

SIGNS = np.array([1, -1, -1, 1, 1])
MANY = np.array([[3, 0, -1, 1], [1, -1, -1, -1], [-1, 2, 0, 1], [0, 1, 2, 3]])  # classes, up to the first -1
REDUCTIONS = ("mean", "sum", "none")
# fmt: off

CASES = [
    *(
        case
        for how in REDUCTIONS
        for case in (
            Case(lambda nn, how=how: nn.MSELoss(reduction=how), real(3, 4), real(3, 4)),
            Case(lambda nn, how=how: nn.L1Loss(reduction=how), real(3, 4), real(3, 4)),
            Case(lambda nn, how=how: nn.HuberLoss(how), real(3, 4, low=-3, high=3), real(3, 4)),
            Case(lambda nn, how=how: nn.SmoothL1Loss(reduction=how), real(3, 4, low=-3, high=3), real(3, 4)),
            Case(lambda nn, how=how: nn.PoissonNLLLoss(reduction=how), real(3, 4), fixed(3, 4, low=0, high=5)),
            Case(lambda nn, how=how: nn.GaussianNLLLoss(reduction=how), real(3, 4), real(3, 4), real(3, 4, low=0.1, high=2)),
            Case(lambda nn, how=how: nn.BCELoss(reduction=how), real(3, 4, low=0.01, high=0.99), real(3, 4, low=0, high=1)),
            Case(lambda nn, how=how: nn.BCEWithLogitsLoss(reduction=how), real(3, 4, low=-5, high=5), real(3, 4, low=0, high=1)),
            Case(lambda nn, how=how: nn.SoftMarginLoss(reduction=how), real(5), SIGNS),
            Case(lambda nn, how=how: nn.MultiLabelSoftMarginLoss(reduction=how), real(3, 4), fixed(3, 4, low=0, high=1)),
            Case(lambda nn, how=how: nn.NLLLoss(reduction=how), real(5, 4), whole(4, 5)),
            Case(lambda nn, how=how: nn.CrossEntropyLoss(reduction=how), real(5, 4), whole(4, 5)),
            Case(lambda nn, how=how: nn.CrossEntropyLoss(reduction=how, label_smoothing=0.2), real(5, 4, 3), whole(4, 5, 3)),
            Case(lambda nn, how=how: nn.CrossEntropyLoss(reduction=how), real(5, 4), real(5, 4, low=0, high=1)),
            Case(lambda nn, how=how: nn.KLDivLoss(reduction=how, log_target=True), real(3, 4), real(3, 4)),
            Case(lambda nn, how=how: nn.MarginRankingLoss(0.1, reduction=how), real(5), real(5), SIGNS),
            Case(lambda nn, how=how: nn.HingeEmbeddingLoss(reduction=how), real(5, low=0, high=2), SIGNS),
            Case(lambda nn, how=how: nn.CosineEmbeddingLoss(0.1, reduction=how), real(5, 3), real(5, 3), SIGNS),
            Case(lambda nn, how=how: nn.TripletMarginLoss(reduction=how), real(5, 3), real(5, 3), real(5, 3)),
            Case(lambda nn, how=how: nn.TripletMarginWithDistanceLoss(reduction=how), real(5, 3), real(5, 3), real(5, 3)),
            Case(lambda nn, how=how: nn.MultiMarginLoss(reduction=how), real(5, 4), whole(4, 5)),
            Case(lambda nn, how=how: nn.MultiLabelMarginLoss(reduction=how), real(4, 4), MANY),
        )
        if how != "mean" or "KLDiv" not in case.text  # for which PyTorch warns
    ),
    # weights
    Case(lambda nn: lambda x, t, w: nn.functional.mse_loss(x, t, weight=w), real(3, 4), real(3, 4), real(3, 4, low=0, high=1)),
    Case(lambda nn: lambda x, t, w: nn.functional.l1_loss(x, t, weight=w, reduction="sum"), real(3, 4), real(3, 4), fixed(3, 4)),
    Case(lambda nn: lambda x, t, w: nn.functional.l1_loss(x, t, weight=w), real(3, 4), real(3, 4), fixed(3, 4, low=0)),
    Case(lambda nn: lambda x, t, w: nn.functional.huber_loss(x, t, weight=w), real(3, 4), real(3, 4), fixed(3, 4)),
    Case(lambda nn: nn.BCELoss(nn.Linear(4, 1).weight.detach()[0]), real(3, 4, low=0.1, high=0.9), real(3, 4, low=0, high=1)),
    Case(lambda nn: nn.BCEWithLogitsLoss(nn.Linear(4, 1).weight.detach()[0]), real(3, 4), real(3, 4, low=0, high=1)),
    Case(lambda nn: lambda x, t, w: nn.functional.binary_cross_entropy_with_logits(x, t, pos_weight=w), real(3, 4), fixed(3, 4, low=0), fixed(4, low=0)),
    Case(lambda nn: nn.MultiLabelSoftMarginLoss(nn.Linear(4, 1).weight.detach()[0]), real(3, 4), fixed(3, 4, low=0)),
    Case(lambda nn: nn.NLLLoss(nn.Linear(4, 1).weight.detach()[0]), real(5, 4), whole(4, 5)),
    Case(lambda nn: nn.NLLLoss(nn.Linear(4, 1).weight.detach()[0], ignore_index=2, reduction="none"), real(5, 4, 2, 3), whole(4, 5, 2, 3)),
    Case(lambda nn: nn.CrossEntropyLoss(nn.Linear(4, 1).weight.detach()[0], ignore_index=1), real(5, 4), whole(4, 5)),
    Case(lambda nn: nn.CrossEntropyLoss(nn.Linear(4, 1).weight.detach()[0], label_smoothing=0.1, reduction="sum"), real(5, 4), whole(4, 5)),
    Case(lambda nn: lambda x, t, w: nn.functional.cross_entropy(x, t, w, label_smoothing=0.1), real(5, 4), fixed(5, 4, low=0), fixed(4, low=0)),
    Case(lambda nn: nn.MultiMarginLoss(2, 0.5, nn.Linear(4, 1).weight.detach()[0]), real(5, 4), whole(4, 5)),
    # options
    Case(lambda nn: nn.HuberLoss(delta=0.3), real(3, 4), real(3, 4)),
    Case(lambda nn: nn.SmoothL1Loss(beta=0.3), real(3, 4), real(3, 4)),
    Case(lambda nn: nn.SmoothL1Loss(beta=0.0), real(3, 4), real(3, 4)),
    Case(lambda nn: nn.PoissonNLLLoss(False, True, eps=1e-3), real(3, 4, low=0.1, high=2), fixed(3, 4, low=0, high=5)),
    Case(lambda nn: nn.PoissonNLLLoss(full=True, reduction="none"), real(3, 4), fixed(3, 4, low=0, high=5)),
    Case(lambda nn: nn.GaussianNLLLoss(full=True, eps=0.5), real(3, 4), real(3, 4), real(3, 4, low=0, high=2)),
    Case(lambda nn: nn.functional.gaussian_nll_loss, real(3, 4), real(3, 4), real(3, 1, low=0.1, high=2)),
    Case(lambda nn: nn.functional.gaussian_nll_loss, real(3, 4), real(3, 4), real(3, low=0.1, high=2)),
    Case(lambda nn: nn.KLDivLoss(reduction="batchmean"), real(5, 4, low=-3, high=0), real(5, 4, low=0.01, high=1)),
    Case(lambda nn: nn.functional.nll_loss, real(4), whole(4)),
    Case(lambda nn: nn.functional.cross_entropy, real(4), whole(4)),
    Case(lambda nn: nn.functional.cross_entropy, real(4), fixed(4, low=0)),
    Case(lambda nn: nn.CrossEntropyLoss(), real(2, 4, 3, 2), whole(4, 2, 3, 2)),
    Case(lambda nn: nn.CosineEmbeddingLoss(), real(3), real(3), np.array(-1)),
    Case(lambda nn: nn.TripletMarginLoss(0.5, 3.0, 1e-3, True), real(5, 3), real(5, 3), real(5, 3)),
    Case(lambda nn: nn.TripletMarginLoss(p=1.0), real(3), real(3), real(3)),
    Case(lambda nn: nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: ((a - b) ** 2).sum(-1), margin=0.3, swap=True), real(5, 3), real(5, 3), real(5, 3)),
    Case(lambda nn: nn.MultiMarginLoss(), real(4), whole(4)),
    Case(lambda nn: nn.MultiLabelMarginLoss(), real(4), MANY[0]),
]
# fmt: on
