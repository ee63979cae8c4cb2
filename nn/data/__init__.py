"""Data sets, samplers and loaders under torch.utils.data's names; small sets to learn with; folds; augmentation."""

from . import augmentation, dataloader, dataset, distributed, sampler
from .collation import default_collate, default_convert
from .dataloader import DataLoader
from .dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from .distributed import DistributedSampler
from .folds import Fold, k_folds
from .minibatches import batches
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from .samples import (
    Samples,
    Split,
    circles,
    curve,
    digits,
    moons,
    noisy_xor,
    polynomial,
    sine,
    spirals,
    xor,
)
from .workers import WorkerInfo, get_worker_info

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "Fold",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "Samples",
    "SequentialSampler",
    "Split",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "WorkerInfo",
    "augmentation",
    "batches",
    "circles",
    "curve",
    "dataloader",
    "dataset",
    "default_collate",
    "default_convert",
    "digits",
    "distributed",
    "get_worker_info",
    "k_folds",
    "moons",
    "noisy_xor",
    "polynomial",
    "random_split",
    "sampler",
    "sine",
    "spirals",
    "xor",
]
