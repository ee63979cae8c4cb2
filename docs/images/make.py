"""Draw the pictures of the documentation again.

    python docs/images/make.py

digits.svg   one training step of the network of examples/digits.py, before anything was learned
"""

from pathlib import Path

import autograd
import nn


def main() -> None:
    autograd.manual_seed(0)
    images, digits = (rows[:32] for rows in nn.data.digits(seed=0).train)
    model = nn.MLP([64, 128, 64, 10], activation=nn.ReLU)
    loss = nn.functional.cross_entropy(model(images), digits)
    autograd.draw(loss, names={"images": images, "digits": digits, "loss": loss}).save(
        Path(__file__).with_name("digits.svg")
    )


if __name__ == "__main__":
    main()
