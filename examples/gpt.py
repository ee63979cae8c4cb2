"""A small GPT writes what it has learned to write, one character after the other.

python examples/gpt.py                     learns from Python's own reference manual, for about two minutes
python examples/gpt.py --text shakespeare.txt --steps 5000 --prompt "To be"

The program is written as programs for PyTorch are: with `import torch as autograd`, `from torch import nn, optim` and
`from torch.nn import functional as F` in place of its imports it runs there, and does the same. Source of the model:
A. Radford et al., "Language models are unsupervised multitask learners" (2019), GPT-2; the names of its weights are that
model's.
"""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import autograd
import nn
import optim
from nn import functional as F


@dataclass
class Config:
    vocabulary: int
    context: int = 64
    layers: int = 4
    heads: int = 4
    width: int = 128
    dropout: float = 0.0
    bias: bool = True
    fused: bool = True  # attention as one operation, or step by step with a mask


# --- The model --------------------------------------------------------------------------------------------------------


class CausalSelfAttention(nn.Module):
    """Every place looks at itself and at the places before it, once for each head."""

    def __init__(self, config):
        super().__init__()
        self.heads, self.fused, self.p = config.heads, config.fused, config.dropout
        self.c_attn = nn.Linear(config.width, 3 * config.width, bias=config.bias)
        self.c_proj = nn.Linear(config.width, config.width, bias=config.bias)
        self.attn_dropout = nn.Dropout(config.dropout)
        self.resid_dropout = nn.Dropout(config.dropout)
        past = autograd.tril(autograd.ones(config.context, config.context)).view(1, 1, config.context, config.context)
        self.register_buffer("past", past, persistent=False)

    def forward(self, x):
        batch, length, width = x.size()
        q, k, v = (
            part.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for part in self.c_attn(x).split(width, dim=2)
        )
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v, dropout_p=self.p if self.training else 0.0, is_causal=True)
        else:
            scores = (q @ k.transpose(-2, -1)) / math.sqrt(k.size(-1))
            scores = scores.masked_fill(self.past[:, :, :length, :length] == 0, float("-inf"))
            y = self.attn_dropout(F.softmax(scores, dim=-1)) @ v
        y = y.transpose(1, 2).contiguous().view(batch, length, width)
        return self.resid_dropout(self.c_proj(y))


class MLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c_fc = nn.Linear(config.width, 4 * config.width, bias=config.bias)
        self.gelu = nn.GELU()
        self.c_proj = nn.Linear(4 * config.width, config.width, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x):
        return self.dropout(self.c_proj(self.gelu(self.c_fc(x))))


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.width, bias=config.bias)
        self.attn = CausalSelfAttention(config)
        self.ln_2 = nn.LayerNorm(config.width, bias=config.bias)
        self.mlp = MLP(config)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """Numbers of characters (batch, length) -> the logits of the character that follows each of them, and the loss."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(config.vocabulary, config.width),
                "wpe": nn.Embedding(config.context, config.width),
                "drop": nn.Dropout(config.dropout),
                "h": nn.ModuleList([Block(config) for _ in range(config.layers)]),
                "ln_f": nn.LayerNorm(config.width, bias=config.bias),
            }
        )
        self.lm_head = nn.Linear(config.width, config.vocabulary, bias=False)
        self.lm_head.weight = self.transformer.wte.weight  # what a character means is how it is recognised
        self.apply(self.start)
        for name, p in self.named_parameters():
            if name.endswith("c_proj.weight"):  # 2 · layers of them add up
                nn.init.normal_(p, mean=0.0, std=0.02 / math.sqrt(2 * config.layers))

    @staticmethod
    def start(module):
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, mean=0.0, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, characters, targets=None):
        length = characters.size(1)
        if length > self.config.context:
            raise ValueError(f"the model sees {self.config.context} characters, and was given {length}")
        places = autograd.arange(0, length, dtype=autograd.long, device=characters.device)
        x = self.transformer.drop(self.transformer.wte(characters) + self.transformer.wpe(places))
        for block in self.transformer.h:
            x = block(x)
        x = self.transformer.ln_f(x)
        if targets is None:
            return self.lm_head(x[:, [-1], :]), None
        logits = self.lm_head(x)
        return logits, F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))

    def optimizer(self, rate, decay=0.1, betas=(0.9, 0.99)):
        """AdamW; matrices decay, biases and the weights of norms do not."""
        parameters = [p for p in self.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": decay},
            {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
        ]
        return optim.AdamW(groups, lr=rate, betas=betas)

    @autograd.no_grad()
    def generate(self, characters, count, temperature=1.0, top_k=None):
        """The characters, and `count` more, each drawn from what the model thinks of those before it."""
        for _ in range(count):
            logits, _ = self(characters[:, -self.config.context :])
            logits = logits[:, -1, :] / temperature
            if top_k is not None:
                best, _ = autograd.topk(logits, min(top_k, logits.size(-1)))
                logits[logits < best[:, [-1]]] = -float("inf")
            following = autograd.multinomial(F.softmax(logits, dim=-1), num_samples=1)
            characters = autograd.cat((characters, following), dim=1)
        return characters


# --- The program ------------------------------------------------------------------------------------------------------


def batch(data, context, size):
    """Pieces of the text, and the same one character on."""
    starts = autograd.randint(len(data) - context, (size,)).tolist()
    return tuple(autograd.stack([data[i + on : i + on + context] for i in starts]) for on in (0, 1))


def learn(model, data, steps, size=12, rate=1e-3, every=100, say=print):
    """Train with a rate that rises at first and then falls along half a wave. Returns the loss of each step."""
    model.train()
    optimizer = model.optimizer(rate)
    schedule = optim.lr_scheduler.LambdaLR(
        optimizer, lambda k: min((k + 1) / 100, 0.55 + 0.45 * math.cos(math.pi * k / steps))
    )
    losses = []
    for step in range(steps):
        _, loss = model(*batch(data, model.config.context, size))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % every == 0 or step == steps - 1:
            say(f"step {step:5}  loss {losses[-1]:.3f}")
    return losses


def main():
    options = read_options()
    text = options.text.read_text(encoding="utf-8") if options.text else manual()
    known = sorted(set(text) | set(options.prompt))
    number = {character: i for i, character in enumerate(known)}
    autograd.manual_seed(options.seed)
    model = GPT(Config(vocabulary=len(known)))
    print(
        f"{len(text):,} characters, {len(known)} different ones; {sum(p.numel() for p in model.parameters()):,} weights"
    )
    learn(model, autograd.tensor([number[character] for character in text]), options.steps)
    model.eval()
    prompt = autograd.tensor([[number[character] for character in options.prompt]])
    written = model.generate(prompt, options.count, temperature=0.8, top_k=20)[0].tolist()
    print("".join(known[i] for i in written))


def manual():
    """The parts of Python's reference manual that every installation has, as `help()` shows them."""
    from pydoc_data.topics import topics

    return "\n".join(topics[name] for name in sorted(topics))


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, metavar="FILE", help="what to learn from (Python's reference manual)")
    parser.add_argument("--steps", type=int, default=2000, metavar="N", help="how many steps to learn (2000)")
    parser.add_argument("--prompt", default="The ", help="how the text begins that it writes (The )")
    parser.add_argument("--count", type=int, default=500, metavar="N", help="how many characters it writes (500)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="decides all chance (0)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
