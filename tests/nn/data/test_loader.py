"""DataLoader, its data sets and samplers: what comes out, in which order, and what happens when something fails."""

import collections
import gc
import itertools
import threading
import time

import numpy as np
import pytest
from loading import (
    Count,
    CountWithLength,
    Drawing,
    Dying,
    Failing,
    Global,
    Hanging,
    Modes,
    Slow,
    Squares,
    Torn,
    fail_to_start,
)

import autograd
from autograd import Tensor, no_grad
from nn import data, functional
from nn.data import (
    BatchSampler,
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    StackDataset,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    default_convert,
    digits,
    get_worker_info,
    k_folds,
    random_split,
    xor,
)

KINDS = [None, "spawn"]  # threads, processes


def listed(batch):
    """A batch of either library as lists and numbers."""
    if hasattr(batch, "tolist"):
        return str(batch.dtype).removeprefix("torch."), batch.tolist()
    if isinstance(batch, dict):
        return {key: listed(value) for key, value in batch.items()}
    if isinstance(batch, tuple | list):
        return type(batch).__name__, [listed(value) for value in batch]
    return batch


def flat(lists):
    return list(itertools.chain.from_iterable(lists))


def epoch(loader):
    return [listed(batch) for batch in loader]


def workers():
    """The threads of DataLoaders that are alive, after those that were told to stop had the time to."""
    for attempt in range(100):
        found = [thread for thread in threading.enumerate() if "DataLoader" in thread.name]
        if not found:
            break
        if not attempt:
            gc.collect()
        time.sleep(0.02)
    return found


@pytest.fixture(autouse=True)
def no_worker_is_left():
    yield
    assert not workers()


# --- The same batches as PyTorch ------------------------------------------------------------------------------------

Pair = collections.namedtuple("Pair", "x y")
SAMPLES = {
    "numbers": [1, 2, 3],
    "floats": [0.1, 2.0],
    "booleans": [True, False],
    "texts": ["a", "bc"],
    "bytes": [b"a", b"b"],
    "arrays": [np.float32([1, 2]), np.float32([3, 4])],
    "scalars": [np.float32(0.5), np.float32(1)],
    "tuples": [(1, "a", np.zeros(2)), (2, "b", np.ones(2))],
    "lists": [[1, 2.0], [3, 4.0]],
    "dicts": [{"x": 1, "y": [0.5]}, {"x": 2, "y": [1.5]}],
    "ordered": [collections.OrderedDict(b=1, a=2)] * 2,
    "named": [Pair(1, (2,)), Pair(3, (4,))],
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_collating_is_pytorchs(kind):
    theirs = pytest.importorskip("torch.utils.data")
    ours, expected = default_collate(SAMPLES[kind]), theirs.default_collate(SAMPLES[kind])
    assert listed(ours) == listed(expected)
    converted = default_convert(SAMPLES[kind]), theirs.default_convert(SAMPLES[kind])
    assert listed(converted[0]) == listed(converted[1])


def test_tensors_are_collated_and_gradients_go_through():
    x = Tensor([1.0, 2.0], requires_grad=True)
    default_collate([x * 2, x * 3]).sum().backward()
    assert x.grad.tolist() == [5, 5]


@pytest.mark.parametrize(
    ("batch", "error", "message"),
    [
        ([np.zeros(3), np.zeros(4)], ValueError, r"the first has shape \(3,\), number 1 of the batch shape \(4,\)"),
        ([(1, np.zeros(3)), (1, None)], ValueError, r"at sample\[1\] cannot be stacked.* none: it is None"),
        ([{"a": (1, None)}], TypeError, r"this is None at sample\['a'\]\[1\]; give DataLoader\(..., collate_fn=\)"),
        ([(1, 2), (1,)], ValueError, r"of lengths \[1, 2\]"),
        ([{"a": 1}, {"b": 1}], ValueError, "differ in their keys"),
        ([np.array(["a"])], TypeError, "arrays of <U1"),
        ([object()], TypeError, "this is a object"),
        ([1, None], TypeError, "samples are of several kinds: the first is a int, number 1 of the batch is None"),
        (
            [(2.0, "a"), ("b", "c")],
            TypeError,
            r"at sample\[0\] are of several kinds: .* number 1 of the batch is a str",
        ),
    ],
)
def test_what_cannot_be_collated_is_told_with_its_place(batch, error, message):
    with pytest.raises(error, match=message):
        default_collate(batch)


LOADERS = [
    lambda d: d.DataLoader(list(range(7)), batch_size=3),
    lambda d: d.DataLoader(list(range(7)), batch_size=3, drop_last=True),
    lambda d: d.DataLoader([(i, str(i)) for i in range(5)]),
    lambda d: d.DataLoader(list(range(5)), batch_size=None),
    lambda d: d.DataLoader([np.arange(3)] * 2, batch_size=None),
    lambda d: d.DataLoader(list(range(7)), batch_sampler=[[1, 2], [6], []][:2]),
    lambda d: d.DataLoader(list(range(7)), sampler=[5, 3, 1], batch_size=2),
    lambda d: d.DataLoader(list(range(7)), batch_size=2, collate_fn=lambda samples: [sum(samples)]),
    lambda d: d.DataLoader(d.ConcatDataset([list(range(3)), list(range(10, 14))]), batch_size=4),
    lambda d: d.DataLoader(d.Subset(list(range(10, 20)), [3, 1, 9]), batch_size=2),
    lambda d: d.DataLoader(d.StackDataset(x=list(range(3)), y=["a", "b", "c"]), batch_size=2),
    lambda d: d.DataLoader(d.StackDataset(list(range(3)), list(range(3))), batch_size=2),
    lambda d: d.DataLoader(list(range(7)), sampler=d.DistributedSampler(range(7), 3, 1, shuffle=False), batch_size=2),
    lambda d: d.DataLoader(list(range(7)), sampler=d.DistributedSampler(range(7), 3, 2, False, drop_last=True)),
    lambda d: d.DataLoader(range(20), sampler=d.DistributedSampler(range(3), 8, 7, False)),
    lambda d: d.DataLoader(list(range(7)), batch_size=2, shuffle=False, num_workers=2, prefetch_factor=3),
]


@pytest.mark.parametrize("number", range(len(LOADERS)))
def test_batches_are_pytorchs(number):
    theirs = pytest.importorskip("torch.utils.data")
    theirs.DistributedSampler = pytest.importorskip("torch.utils.data.distributed").DistributedSampler
    if number == len(LOADERS) - 1:
        expected = epoch(
            theirs.DataLoader(list(range(7)), batch_size=2)
        )  # processes of its own are not needed for this
    else:
        expected = epoch(LOADERS[number](theirs))
    loader = LOADERS[number](data)
    assert epoch(loader) == expected == epoch(loader)
    assert len(loader) == len(expected)


@pytest.mark.parametrize(
    ("size", "lengths"), [(10, [7, 3]), (10, [0.5, 0.3, 0.2]), (7, [0.5, 0.5]), (1, [1.0]), (5, [1 / 3] * 3)]
)
def test_parts_of_a_random_split_have_pytorchs_sizes(size, lengths):
    theirs = pytest.importorskip("torch.utils.data")
    parts = random_split(range(size), lengths, generator=1)
    assert [len(part) for part in parts] == [len(part) for part in theirs.random_split(range(size), lengths)]
    assert sorted(flat(parts)) == list(range(size))
    assert [list(p) for p in parts] == [list(p) for p in random_split(range(size), lengths, np.random.default_rng(1))]


@pytest.mark.parametrize("lengths", [[5, 4], [0.5, 0.4], [1.5, -0.5], [11, -1], []])
def test_lengths_that_do_not_add_up_are_refused(lengths):
    with pytest.raises(ValueError, match="random_split"):
        random_split(range(10), lengths)


# --- Data sets ----------------------------------------------------------------------------------------------------------


def test_data_sets_add_up():
    both = Squares(3) + Squares(2) + Squares(1)
    assert [both[i][0] for i in range(6)] == [0, 1, 2, 0, 1, 0]
    assert both[-1] == (0, 0.0)
    chained = Count(2) + Count(3)
    assert isinstance(chained, ChainDataset)
    assert list(chained) == [0, 1, 0, 1, 2]
    assert len(CountWithLength(2) + CountWithLength(3)) == 5
    for index in (6, -7):
        with pytest.raises(IndexError, match="of a ConcatDataset of 6"):
            both[index]


def test_a_tensor_dataset_is_on_the_memory_that_it_was_given():
    x, t = np.eye(3), Tensor([1, 2, 3])
    samples = TensorDataset(x, t)
    x[1, 1] = 7
    assert samples[1][0].tolist() == [0, 7, 0]
    assert samples.tensors[1] is t
    assert len(samples) == 3


class Negated(TensorDataset):
    def __getitem__(self, index):
        return [-tensor for tensor in super().__getitem__(index)]


@pytest.mark.parametrize("kind", [TensorDataset, Negated])
def test_whole_batches_of_tensors_are_what_samples_one_by_one_would_be(kind):
    samples = kind(np.arange(12.0).reshape(6, 2), np.arange(6))
    for dataset in (samples, Subset(samples, [5, 1, 3]), Subset(Subset(samples, [5, 1, 3]), [2, 0])):
        at_once = epoch(DataLoader(dataset, batch_size=2, shuffle=True, generator=3))
        one_by_one = epoch(
            DataLoader(
                dataset, batch_size=2, shuffle=True, generator=3, collate_fn=lambda batch: default_collate(batch)
            )
        )
        assert at_once == one_by_one


def test_changing_a_batch_does_not_change_the_data_set():
    samples = TensorDataset(np.zeros((4, 2)))
    for (batch,) in DataLoader(samples, batch_size=2):
        batch += 1
    assert not samples.tensors[0].any()


def test_samples_are_a_data_set_for_a_loader():
    inputs, targets = next(iter(DataLoader(digits().train, batch_size=32)))
    assert (inputs.shape, targets.shape) == ((32, 64), (32,))
    assert len(DataLoader(xor(), batch_size=3)) == 2


def test_a_data_set_may_load_whole_batches():
    class Batched(Squares):
        def __getitems__(self, indices):
            asked.append(indices)
            return [(i, 0.5) for i in indices]

    asked = []
    assert len(epoch(DataLoader(Batched(5), batch_size=2))) == 3
    assert asked == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: TensorDataset(), TypeError, r"write TensorDataset\(inputs, targets\)"),
        (lambda: TensorDataset(np.ones(3), np.ones((4, 2))), ValueError, r"the shapes are \(3,\), \(4, 2\)"),
        (lambda: TensorDataset(np.ones(())), ValueError, r"the shapes are \(\)"),
        (lambda: StackDataset(), ValueError, "at least one"),
        (lambda: StackDataset([1], [1, 2]), ValueError, r"not \[1, 2\]"),
        (lambda: ConcatDataset([]), ValueError, "at least one"),
        (lambda: ConcatDataset([Count(3)]), TypeError, "write ChainDataset"),
        (lambda: ChainDataset([[1]]), TypeError, "write ConcatDataset"),
        (lambda: Dataset()[0], NotImplementedError, r"Dataset has no __getitem__\(self, i\)"),
        (lambda: iter(IterableDataset()), NotImplementedError, "has no __iter__"),
        (lambda: DataLoader([1], batch_size=0), ValueError, "batch_size is a whole number of at least 1, not 0"),
        (lambda: DataLoader([1], sampler=[0], shuffle=True), ValueError, "give one of them"),
        (lambda: DataLoader([1], batch_sampler=[[0]], batch_size=2), ValueError, "takes the place of"),
        (lambda: DataLoader([1], batch_size=None, drop_last=True), ValueError, "there are no batches"),
        (lambda: DataLoader(Count(3), shuffle=True), ValueError, "let its __iter__ decide"),
        (lambda: DataLoader([1], num_workers=-1), ValueError, "num_workers"),
        (lambda: DataLoader([1], timeout=-1), ValueError, "timeout"),
        (lambda: DataLoader([1], prefetch_factor=2), ValueError, "write num_workers=2"),
        (lambda: DataLoader([1], persistent_workers=True), ValueError, "write num_workers=2"),
        (lambda: DistributedSampler([1]), ValueError, "num_replicas=4, rank=0"),
        (lambda: DistributedSampler([1], 2, 2), ValueError, "rank 2 is not one of 0 to 1"),
        (lambda: WeightedRandomSampler([[1.0]], 2), ValueError, r"not \(1, 1\)"),
        (lambda: RandomSampler([1], replacement=1), TypeError, "True or False"),
        (lambda: RandomSampler([1], num_samples=0), ValueError, "num_samples"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_at_once(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- Order ------------------------------------------------------------------------------------------------------------


def test_a_seed_decides_all_epochs_and_each_has_its_own_order():
    def run(seed):
        loader = DataLoader(range(20), batch_size=7, shuffle=True, generator=seed)
        return [flat(batch.tolist() for batch in loader) for _ in range(3)]

    assert run(0) == run(0) != run(1)
    first, second, third = run(0)
    assert first != second != third != first
    assert sorted(first) == list(range(20))
    generator = np.random.default_rng(0)
    assert [*RandomSampler(range(20), generator=generator)] == first


def test_without_a_generator_manual_seed_decides():
    orders = []
    for seed in (3, 3, 4):
        autograd.manual_seed(seed)
        orders.append(epoch(DataLoader(range(20), batch_size=20, shuffle=True)))
    assert orders[0] == orders[1] != orders[2]


def test_samplers_draw_what_they_say():
    assert list(SequentialSampler("abc")) == [0, 1, 2]
    assert sorted(SubsetRandomSampler([7, 3, 5], generator=0)) == [3, 5, 7]
    assert len(RandomSampler(range(3), num_samples=8)) == 8
    drawn = list(RandomSampler(range(3), num_samples=8, generator=0))
    assert sorted(drawn[:3]) == sorted(drawn[3:6]) == [0, 1, 2]
    assert len(drawn) == 8
    counts = np.bincount(list(RandomSampler(range(4), replacement=True, num_samples=4000, generator=0)))
    assert counts.min() > 900
    counts = np.bincount(list(WeightedRandomSampler([1, 0, 3], 4000, generator=0)), minlength=3)
    assert counts[1] == 0
    assert 2.6 < counts[2] / counts[0] < 3.5
    assert sorted(WeightedRandomSampler(Tensor([1.0, 2.0, 3.0]), 3, replacement=False, generator=0)) == [0, 1, 2]
    assert list(RandomSampler([])) == []
    assert len(BatchSampler(range(5), 2, True)) == 2


def test_shares_of_a_distributed_sampler_make_up_the_whole_and_change_with_the_epoch():
    def order(number):
        shares = [DistributedSampler(range(10), 3, rank, seed=5) for rank in range(3)]
        for share in shares:
            share.set_epoch(number)
        return [list(share) for share in shares]

    assert {*flat(order(0))} == {*range(10)}
    assert [len(share) for share in order(0)] == [4, 4, 4]
    assert order(0) == order(0) != order(1)


# --- Folds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize(("size", "k"), [(10, 5), (11, 3), (5, 5), (2, 2)])
def test_every_sample_is_kept_apart_once(size, k, shuffle):
    folds = k_folds(size, k, shuffle=shuffle, generator=0)
    assert sorted(np.concatenate([fold.validation for fold in folds])) == list(range(size))
    assert all(sorted([*fold.train, *fold.validation]) == list(range(size)) for fold in folds)
    assert np.ptp([len(fold.validation) for fold in folds]) <= 1


def test_classes_have_their_share_in_every_fold():
    targets = np.random.default_rng(0).permutation([0] * 50 + [1] * 13 + [2] * 4)
    folds = k_folds(np.zeros((67, 2)), 5, targets=Tensor(targets), generator=1)
    counts = np.array([np.bincount(targets[fold.validation], minlength=3) for fold in folds])
    assert np.ptp(counts, axis=0).max() <= 1
    assert np.ptp(counts.sum(axis=1)) <= 1
    again = k_folds(67, 5, targets=targets, generator=1)
    assert all(np.array_equal(a.validation, b.validation) for a, b in zip(folds, again))


def test_folds_that_make_no_sense_are_refused():
    for k in (1, 6):
        with pytest.raises(ValueError, match="k lies between 2 and the number of samples, 5"):
            k_folds(5, k)
    with pytest.raises(ValueError, match=r"of shape \(5,\), not \(4,\)"):
        k_folds(5, 2, targets=[0, 1, 0, 1])


# --- Workers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_batches_come_in_order_whoever_is_faster(kind):
    expected = epoch(DataLoader(Slow(22), batch_size=2))
    for count in (1, 3) if kind is None else (2,):
        loader = DataLoader(Slow(22), batch_size=2, num_workers=count, multiprocessing_context=kind)
        assert epoch(loader) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_workers_that_stay_are_the_same_in_the_next_epoch(kind):
    loader = DataLoader(
        Drawing(6), batch_size=1, num_workers=2, persistent_workers=True, generator=0, multiprocessing_context=kind
    )
    first, second = epoch(loader), epoch(loader)
    assert [batch[1][0][1] for batch in first] == [[0], [1], [0], [1], [0], [1]]
    assert first != second
    pool = loader._pool
    assert len(epoch(loader)) == 6
    assert loader._pool is pool
    one = iter(loader)
    next(one)
    next(iter(loader))
    with pytest.raises(RuntimeError, match="one iteration at a time"):
        next(one)


def test_batches_of_an_abandoned_epoch_are_not_taken_for_those_of_the_next():
    loader = DataLoader(Squares(9), num_workers=2, prefetch_factor=3, persistent_workers=True)
    next(iter(loader))
    assert epoch(loader) == epoch(DataLoader(Squares(9)))


@pytest.mark.parametrize("kind", KINDS)
def test_each_worker_has_its_own_random_numbers_and_the_run_can_be_repeated(kind):
    def run(seed):
        return epoch(DataLoader(Drawing(6), num_workers=2, generator=seed, multiprocessing_context=kind))

    first = run(5)
    numbers = [batch[1][2][1][0] for batch in first]
    assert len(set(numbers)) == 6
    assert {batch[1][1][1][0] - batch[1][0][1][0] for batch in first} == {first[0][1][1][1][0]}  # seed = base + number
    assert first == run(5) != run(6)


def test_a_process_has_global_random_numbers_of_its_own():
    loader = DataLoader(Global(4), num_workers=2, generator=0, multiprocessing_context="spawn")
    first, second = (
        epoch(loader),
        epoch(DataLoader(Global(4), num_workers=2, generator=0, multiprocessing_context="spawn")),
    )
    assert first == second
    for column in range(3):
        assert len({batch[1][column][1][0] for batch in first}) == 4


@pytest.mark.parametrize(
    "draw",
    [
        lambda: data.augmentation.Noise(1.0)(np.zeros((1, 1, 1))).item(),
        lambda: autograd.rand(1).item(),
        lambda: functional.dropout(np.ones(60)).sum().item(),
    ],
)
def test_random_numbers_in_a_thread_are_the_workers(draw):
    class Random(Slow):
        def __getitem__(self, i):
            return super().__getitem__(i)[0], draw()

    autograd.manual_seed(0)
    expected = autograd.rand(1).item()
    autograd.manual_seed(0)
    first, second = (epoch(DataLoader(Random(8), num_workers=3, generator=2)) for _ in range(2))
    assert first == second
    assert autograd.rand(1).item() == expected


def test_manual_seed_in_a_thread_is_for_that_thread():
    class Random(Squares):
        def __getitem__(self, i):
            return autograd.rand(1).item()

    loader = DataLoader(Random(4), num_workers=2, generator=2, worker_init_fn=lambda number: autograd.manual_seed(7))
    first = [batch.item() for batch in loader]
    assert first[0] == first[1]
    assert first[2] == first[3] != first[0]


@pytest.mark.parametrize("kind", [*KINDS, "fork"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_modes_do_not_reach_into_workers(kind):
    with no_grad():
        batches = epoch(DataLoader(Modes(2), num_workers=1, multiprocessing_context=kind))
    assert [batch[1][0][1] for batch in batches] == [[True], [True]]
    with no_grad():
        assert epoch(DataLoader(Modes(1)))[0][1][0][1] == [False]


def test_the_loop_around_a_loader_records_or_not_as_it_says():
    for count in (0, 2):
        for _ in DataLoader(Squares(2), num_workers=count):
            assert autograd.is_grad_enabled()
            with no_grad():
                assert not autograd.is_grad_enabled()
        with no_grad():
            for _ in DataLoader(Squares(2), num_workers=count):
                assert not autograd.is_grad_enabled()


def test_an_iteration_that_is_abandoned_ends_its_workers():
    for batch in DataLoader(Squares(1000), num_workers=3):
        assert batch
        break
    assert not workers()
    iteration = iter(DataLoader(Squares(1000), num_workers=3, persistent_workers=True))
    next(iteration)
    assert len([t for t in threading.enumerate() if "DataLoader" in t.name]) == 3
    del iteration
    assert not workers()


@pytest.mark.parametrize("count", [0, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_an_error_names_the_sample_and_keeps_its_kind(kind, count):
    if kind and not count:
        return
    where = r"sample 5 of the Failing\)" + (r" \(in DataLoader worker 0\)" if count else "")
    for error, text in (
        (ValueError("torn"), rf"torn \({where}"),
        (OSError(2, "gone"), r"gone"),
        (KeyError("k"), where),
    ):
        loader = DataLoader(Failing(9, 5, error), batch_size=5, num_workers=count, multiprocessing_context=kind)
        batches = iter(loader)
        if count:
            loader = DataLoader(
                Failing(9, 5, error), batch_sampler=[[0], [1], [5]], num_workers=2, multiprocessing_context=kind
            )
            batches = iter(loader)
            next(batches)
        next(batches)
        with pytest.raises(type(error), match=text) as caught:
            next(batches)
        notes = "".join(getattr(caught.value, "__notes__", []))
        assert "sample 5" in str(caught.value) + notes
        if kind:
            assert "Traceback" in notes
            assert "loading.py" in notes
        del caught


@pytest.mark.parametrize("count", [0, 1])
def test_a_sample_that_raises_stop_iteration_does_not_end_the_epoch_in_silence(count):
    loader = DataLoader(Failing(3, 1, StopIteration()), num_workers=count)
    with pytest.raises(RuntimeError, match="sample 1 of the Failing raised StopIteration"):
        list(loader)


@pytest.mark.parametrize("name", ["dataset", "batch_size", "sampler", "batch_sampler", "drop_last"])
def test_what_a_loader_was_made_of_cannot_be_exchanged_without_effect(name):
    loader = DataLoader(range(4))
    with pytest.raises(ValueError, match=rf"{name} is fixed.*write DataLoader\(dataset, {name}=...\)"):
        setattr(loader, name, 2)
    assert len(loader) == 4
    loader.num_workers = 0


def test_errors_that_cannot_be_sent_come_as_text():
    loader = DataLoader(Torn(2), num_workers=1, multiprocessing_context="spawn")
    with pytest.raises(RuntimeError, match=r"Unpicklable: a and b \(sample 1 of the Torn\)"):
        list(loader)


def test_what_cannot_be_sent_to_a_process_says_what_to_do():
    loader = DataLoader(Squares(2), collate_fn=lambda x: x, num_workers=1, multiprocessing_context="spawn")
    with pytest.raises((AttributeError, Exception), match="pickle") as caught:
        next(iter(loader))
    assert "threads need none of it" in "".join(caught.value.__notes__)


def test_a_worker_process_that_dies_is_reported_with_its_samples():
    loader = DataLoader(Dying(8), batch_size=2, num_workers=2, multiprocessing_context="spawn")
    with pytest.raises(
        RuntimeError, match=r"worker 1 died without a word \(exit code -9\), while it was to load samples 2, 3"
    ):
        list(loader)


def test_a_worker_that_takes_too_long_is_reported():
    loader = DataLoader(Hanging(4), num_workers=1, timeout=0.1)
    with pytest.raises(TimeoutError, match=r"has not loaded sample 2 within timeout=0.1 seconds"):
        list(loader)


@pytest.mark.parametrize("kind", KINDS)
def test_workers_are_initialised_first(kind):
    with pytest.raises(OSError, match="worker 0 has no disk"):
        list(DataLoader(Squares(4), num_workers=2, worker_init_fn=fail_to_start, multiprocessing_context=kind))
    if kind is None:
        seen = []
        start = lambda number: seen.append((number, get_worker_info().id, get_worker_info().num_workers))
        list(DataLoader(Squares(4), num_workers=2, worker_init_fn=start))
        assert sorted(seen) == [(0, 0, 2), (1, 1, 2)]
    assert get_worker_info() is None


@pytest.mark.parametrize(
    "options", [{}, {"drop_last": True}, {"num_workers": 2}, {"num_workers": 2, "drop_last": True}]
)
@pytest.mark.parametrize("share", [True, False])
@pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)  # PyTorch's workers are forked
def test_iterable_data_sets_come_as_in_pytorch(options, share):
    theirs = pytest.importorskip("torch.utils.data")

    class Same(theirs.IterableDataset):
        def __iter__(self):
            info = theirs.get_worker_info()
            return iter(range(info.id, 11, info.num_workers) if info and share else range(11))

    expected = epoch(theirs.DataLoader(Same(), batch_size=3, **options))
    assert epoch(DataLoader(Count(11, share), batch_size=3, **options)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_iterable_data_sets_in_every_kind_of_worker(kind):
    loader = DataLoader(Count(5), batch_size=None, num_workers=2, multiprocessing_context=kind, persistent_workers=True)
    assert [*loader] == [*loader] == [0, 1, 2, 3, 4]
    with pytest.raises(TypeError):
        len(loader)
    assert len(DataLoader(CountWithLength(5), batch_size=2)) == 3


def test_an_error_in_an_iterable_data_set_is_counted():
    class Broken(IterableDataset):
        def __iter__(self):
            yield 1
            raise ValueError("torn")

    for count in (0, 1):
        with pytest.raises(ValueError, match=r"torn \(sample 1 of the Broken\)"):
            list(DataLoader(Broken(), num_workers=count))


def test_programs_that_name_pytorchs_modules_find_them():
    assert data.dataloader.DataLoader is DataLoader
    assert data.distributed.DistributedSampler is DistributedSampler
    assert data.dataset.Dataset is Dataset
    assert data.sampler.Sampler is data.Sampler
    assert Dataset[int]
    DataLoader(range(3), pin_memory=True, pin_memory_device="", in_order=True, timeout=0)
