"""Distances, directions, and labels as vectors."""

import math

from . import Case, fixed, real, whole

CASES = [
    Case(lambda nn: nn.CosineSimilarity(), real(3, 4), real(3, 4)),
    Case(lambda nn: nn.CosineSimilarity(dim=-1, eps=0.5), real(3, 1, 2), real(4, 2)),
    Case(lambda nn: lambda x, y: nn.functional.cosine_similarity(x, y, dim=0), real(4), real(4)),
    Case(lambda nn: lambda x, y: nn.functional.cosine_similarity(x, y), real(2, 3, low=0, high=0), real(2, 3)),
    Case(lambda nn: lambda x, y: nn.functional.cosine_similarity(x, y, eps=9.0), real(2, 3), real(2, 3)),
    Case(lambda nn: nn.PairwiseDistance(), real(3, 4), real(3, 4)),
    Case(lambda nn: nn.PairwiseDistance(p=1, keepdim=True), real(3, 4), real(3, 4)),
    Case(lambda nn: nn.PairwiseDistance(p=3.5, eps=0.1), real(3, 4), real(4)),
    Case(lambda nn: lambda x, y: nn.functional.pairwise_distance(x, y, p=math.inf), real(2, 3, 4), real(3, 4)),
    Case(lambda nn: lambda x, y: nn.functional.pairwise_distance(x, y, 2, 0.0), *[real(2, 3, low=0, high=0)] * 2),
    Case(lambda nn: lambda x, y: nn.functional.pairwise_distance(x, y), real(4), real(4)),
    *(Case(lambda nn, p=p: lambda x: nn.functional.pdist(x, p), real(4, 3)) for p in (2.0, 1.0, 3.0, math.inf)),
    Case(lambda nn: lambda x: nn.functional.pdist(x, 0.0), fixed(4, 3)),
    Case(lambda nn: lambda x: nn.functional.pdist(x), real(3, 2, high=-1.0)),
    Case(lambda nn: lambda x: nn.functional.pdist(x), real(1, 2)),
    Case(lambda nn: lambda x: nn.functional.normalize(x), real(3, 4)),
    Case(lambda nn: lambda x: nn.functional.normalize(x, p=1, dim=0), real(3, 4)),
    Case(lambda nn: lambda x: nn.functional.normalize(x, p=3, dim=-1, eps=1.0), real(2, 3, 4)),
    Case(lambda nn: lambda x: nn.functional.normalize(x, math.inf, dim=(1, 2)), real(2, 3, 4)),
    Case(lambda nn: lambda x: nn.functional.normalize(x), real(3, 4, low=0, high=0)),
    Case(lambda nn: lambda x: nn.functional.normalize(x), fixed(0, 4)),
    Case(lambda nn: lambda x: nn.functional.one_hot(x), whole(4, 5)),
    Case(lambda nn: lambda x: nn.functional.one_hot(x, 6), whole(4, 2, 3)),
    Case(lambda nn: lambda x: nn.functional.one_hot(x, num_classes=3), whole(1, 0)),
]
