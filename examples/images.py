"""Two convolutional networks read handwritten digits: LeNet-5, and a residual network with batch normalisation.

python examples/images.py                  LeNet-5, for some seconds
python examples/images.py --net resnet     the residual network, a quarter of a minute

The images, 8×8, are enlarged to the 32×32 that LeNet-5 was made for, and in every epoch turned, shifted and scaled a little. The
program is written as programs for PyTorch are. Sources: Y. LeCun et al., "Gradient-based learning applied to document
recognition" (1998); K. He et al., "Deep residual learning for image recognition" (2016).
"""

import argparse

import autograd
import nn
import optim
from nn import functional as F
from nn.data import DataLoader, TensorDataset, augmentation, digits


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(x.size(0), -1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class Block(nn.Module):
    """x + two convolutions of it: what has to be learned is by how much the output differs from the input."""

    def __init__(self, channels, more, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, more, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(more)
        self.conv2 = nn.Conv2d(more, more, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(more)
        self.shortcut = nn.Sequential()
        if stride != 1 or channels != more:
            self.shortcut = nn.Sequential(nn.Conv2d(channels, more, 1, stride, bias=False), nn.BatchNorm2d(more))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self, widths=(8, 16, 32), blocks=1):
        super().__init__()
        self.conv = nn.Conv2d(1, widths[0], 3, stride=2, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(widths[0])
        layers, channels = [], widths[0]
        for i, width in enumerate(widths):
            for j in range(blocks):
                layers.append(Block(channels, width, stride=2 if i and not j else 1))
                channels = width
        self.blocks = nn.Sequential(*layers)
        self.fc = nn.Linear(channels, 10)

    def forward(self, x):
        x = self.blocks(F.relu(self.bn(self.conv(x))))
        return self.fc(x.mean(dim=(2, 3)))


NETS = {"lenet": LeNet, "resnet": ResNet}


def enlarged(images):
    """(N, 64) -> (N, 1, 32, 32)."""
    return F.interpolate(images.view(-1, 1, 8, 8), size=(32, 32), mode="bilinear")


def train(model, loader, augment, optimizer):
    """One epoch; the mean of the loss over its samples."""
    model.train()
    total = 0.0
    for images, targets in loader:
        loss = F.cross_entropy(model(enlarged(augment(images.view(-1, 8, 8)))), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(images)
    return total / len(loader.dataset)


@autograd.no_grad()
def accuracy(model, loader):
    model.eval()
    right = sum((model(enlarged(images)).argmax(dim=1) == targets).sum().item() for images, targets in loader)
    return right / len(loader.dataset)


def main():
    options = read_options()
    autograd.manual_seed(options.seed)
    known, unseen = (
        TensorDataset(autograd.tensor(part.inputs), autograd.tensor(part.targets)) for part in digits(options.seed)
    )
    loader = DataLoader(known, batch_size=32, shuffle=True)
    model = NETS[options.net]()
    augment = augmentation.Affine(rotation=10, scaling=0.1, shift=0.5)
    optimizer = optim.Adam(model.parameters(), lr=4e-3)
    schedule = optim.lr_scheduler.PolynomialLR(optimizer, options.epochs)  # smaller steps towards the end
    print(nn.summary(model, autograd.zeros(1, 1, 32, 32)))
    for epoch in range(1, options.epochs + 1):
        loss = train(model, loader, augment, optimizer)
        schedule.step()
        print(
            f"epoch {epoch:2}  loss {loss:.3f}  test accuracy {accuracy(model, DataLoader(unseen, batch_size=256)):.1%}"
        )


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", choices=NETS, default="lenet", help="which network (lenet)")
    parser.add_argument("--epochs", type=int, default=10, metavar="N", help="how often each image is seen (10)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="decides all chance (0)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
