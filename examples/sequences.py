"""An LSTM learns to add two numbers that it has to find in a sequence of fifty, far apart.

python examples/sequences.py               a quarter of a minute
python examples/sequences.py --cell GRU    with another kind of cell

Each element of a sequence is a number between 0 and 1 and a mark, which is 1 at two places and 0 elsewhere; the answer is the sum
of the two marked numbers. Who knows only the mean, 1, is wrong by 1/6 in the mean square. The program is written as programs
for PyTorch are. Source of the task: S. Hochreiter and J. Schmidhuber, "Long short-term memory" (1997), section 5.4.
"""

import argparse
import time

import autograd
import nn
import optim
from nn import functional as F

LENGTH = 50


class Adder(nn.Module):
    def __init__(self, cell="LSTM", width=64):
        super().__init__()
        self.rnn = getattr(nn, cell)(2, width, batch_first=True)
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        states, _ = self.rnn(x)
        return self.out(states[:, -1]).squeeze(-1)


def sequences(count, length=LENGTH):
    """(count, length, 2), and the sums: one mark in the first half, one in the second."""
    numbers = autograd.rand(count, length)
    marks = autograd.zeros(count, length)
    places = autograd.stack(
        [autograd.randint(length // 2, (count,)), autograd.randint(length // 2, length, (count,))], dim=1
    )
    marks.scatter_(1, places, 1.0)
    return autograd.stack([numbers, marks], dim=2), (numbers * marks).sum(dim=1)


def learn(model, steps, batch=32, rate=3e-3, length=LENGTH, every=100, say=print):
    """Adam on fresh sequences at every step, with clipped gradients. Returns the losses."""
    optimizer = optim.Adam(model.parameters(), lr=rate)
    losses = []
    for step in range(1, steps + 1):
        x, target = sequences(batch, length)
        loss = F.mse_loss(model(x), target)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        if step % every == 0:
            say(f"step {step:5}  mean square error {sum(losses[-every:]) / every:.4f}")
    return losses


def main():
    options = read_options()
    autograd.manual_seed(options.seed)
    model = Adder(options.cell)
    start = time.perf_counter()
    learn(model, options.steps)
    seconds = time.perf_counter() - start
    with autograd.no_grad():
        x, target = sequences(1000)
        error = F.mse_loss(model(x), target).item()
        alone = F.mse_loss(autograd.ones_like(target), target).item()
    print(
        f"{options.steps} steps in {seconds:.0f} s; on 1,000 new sequences {error:.4f}, against {alone:.4f} for always saying 1"
    )


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cell", choices=("LSTM", "GRU", "RNN"), default="LSTM", help="which kind of layer (LSTM)")
    parser.add_argument("--steps", type=int, default=2500, metavar="N", help="how many steps to learn (2500)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="decides all chance (0)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
