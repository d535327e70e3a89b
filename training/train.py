"""Train the stages of a recipe: `python -m training.train RECIPE.toml [--resume]`.

Every few minutes everything that decides the rest is written (weights, averages, optimizer, place), so
that a run killed at any step goes on as if nothing had happened; `--minutes` stops it there by itself.
Loss, also on validation data, throughput and time left go to the screen and to `log.csv`. The same recipe
runs on a processor and on a graphics card.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.device import choose_device
from training.answering import Example, Maker, answering_loss, batch_by_tokens
from training.minilm import start_from_minilm
from training.prepare import DATA, Questions
from training.recipe import Recipe, Stage, read_recipe
from training.special import Special, read_special

RUNS = Path(__file__).parent / "runs"
REPORT_EVERY = 25  # steps
VALIDATION = 12  # batches of validation data that each checkpoint is measured on


def batches_of(
    stage: Stage, seed: int, special: Special, data: Path, split: str = "train"
) -> list[list[Example]]:
    """All batches of a stage, from the seed and the prepared data alone. Sources that have no such
    split give none."""
    batches = []
    for epoch in range(stage.epochs):
        chance = random.Random(f"{seed} {stage.name} {epoch}")
        examples: list[list[Example]] = []
        for source, share in sorted(stage.sources.items()):
            file = data / f"questions.{source}.{split}.npz"
            if split != "train" and not file.is_file():
                continue
            maker = Maker(Questions.load(file), special, stage.mix)
            whole, part = divmod(share, 1)
            numbers = list(range(len(maker.questions))) * int(whole)
            numbers += chance.sample(range(len(maker.questions)), int(part * len(maker.questions)))
            examples += [maker.make_all(number, chance) for number in numbers]
        batches += batch_by_tokens(examples, stage.batch_tokens, chance)
    return batches


def reader_learns(name: str, stage: Stage) -> bool:
    """Everything but the salience head and, where lower layers are frozen, these and the embeddings."""
    if not name.startswith(("longformer.", "qa_outputs.")):
        return False
    frozen = [f"longformer.layers.{i}." for i in range(stage.frozen)]
    return not (stage.frozen and name.startswith(("longformer.embeddings.", *frozen)))


@dataclass(frozen=True)
class Task:
    """What is learned: the loss of a batch, and which weights a stage may change."""

    loss: Callable[[Any, Any, Stage], Tensor]
    learns: Callable[[str, Stage], bool]


ANSWERING = Task(lambda reader, batch, stage: answering_loss(reader, batch, stage.frozen), reader_learns)


class Run:
    """Weights, averages and optimizer of a stage, and how far it has come."""

    def __init__(self, model: nn.Module, stage: Stage, n_steps: int, task: Task = ANSWERING) -> None:
        self.model, self.stage, self.n_steps, self.task, self.step = model, stage, n_steps, task, 0
        for module in model.modules():
            if isinstance(module, nn.Dropout):
                module.p = stage.dropout
        self.weights = [weight for name, weight in model.named_parameters() if task.learns(name, stage)]
        self.average = [weight.detach().clone() for weight in self.weights]
        self.optimizer = torch.optim.AdamW(
            self.weights, lr=stage.learning_rate, weight_decay=stage.decay, fused=True
        )

    def learn(self, batch: Sequence[Any]) -> Tensor:
        """One step; the loss before it."""
        warm = min(1.0, (self.step + 1) / self.stage.warm_steps)
        for group in self.optimizer.param_groups:
            group["lr"] = self.stage.learning_rate * warm * max(0.02, 1 - self.step / self.n_steps)
        loss = self.task.loss(self.model, batch, self.stage)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimizer.step()
        self.step += 1
        if self.stage.average:
            decay = min(self.stage.average, self.step / (self.step + 9))
            with torch.no_grad():
                torch._foreach_lerp_(self.average, self.weights, 1 - decay)
        return loss.detach()

    def finish(self) -> None:
        """Take the averages, where the stage has them."""
        if self.stage.average:
            with torch.no_grad():
                for weight, mean in zip(self.weights, self.average, strict=True):
                    weight.copy_(mean)

    def state(self) -> dict[str, Any]:
        """Everything that decides the rest."""
        return {
            "stage": self.stage.name,
            "step": self.step,
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),  # which numbers dropout takes next
            "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for mine, stored in zip(self.average, state["average"], strict=True):
            mine.copy_(stored)
        self.step = state["step"]
        torch.set_rng_state(state["random"])
        if len(state["random_cuda"]) == torch.cuda.device_count() > 0:
            torch.cuda.set_rng_state_all(state["random_cuda"])


def save(state: Any, file: Path) -> None:
    """Write a file whole or not at all."""
    torch.save(state, file.with_suffix(".new"))
    file.with_suffix(".new").replace(file)


@dataclass(frozen=True)
class Pace:
    """When to write a checkpoint, and when to stop: moments are those of time.monotonic()."""

    folder: Path
    every_seconds: float
    until: float = math.inf


def train_stage(
    run: Run, batches: Sequence[Sequence[Any]], valid: Sequence[Sequence[Any]], pace: Pace
) -> bool:
    """All steps that are left, with a line and a row now and then, and checkpoints. False where the
    time was over before the steps were; raises FloatingPointError where the loss is no number."""
    began = saved = time.monotonic()
    n_tokens, first = 0, run.step
    for batch in batches[run.step :]:
        loss = run.learn(batch)
        n_tokens += sum(map(len, batch))
        over = time.monotonic() > pace.until and run.step < run.n_steps
        if over or run.step % REPORT_EVERY == 0 or run.step == run.n_steps:
            if not math.isfinite(float(loss)):
                raise FloatingPointError(f"The loss of step {run.step} is {float(loss)}. Learn more slowly.")
            seconds = time.monotonic() - began
            left = seconds / (run.step - first) * (run.n_steps - run.step)
            _report(pace.folder, run, float(loss), n_tokens / seconds, left)
        if over or time.monotonic() - saved > pace.every_seconds:
            save(run.state(), pace.folder / "checkpoint.pt")
            _report_validation(pace.folder, run, valid)
            saved = time.monotonic()
        if over:
            return False
    _report_validation(pace.folder, run, valid)
    return True


def validation_loss(run: Run, batches: Sequence[Sequence[Any]]) -> float:
    """Mean loss of batches that nothing is learned from."""
    run.model.eval()
    with torch.no_grad():
        losses = [float(run.task.loss(run.model, batch, run.stage)) for batch in batches]
    run.model.train()
    return sum(losses) / max(1, len(losses))


def _report(folder: Path, run: Run, loss: float, rate: float, left: float) -> None:
    step = f"{run.stage.name} {run.step}/{run.n_steps}"
    print(f"{step}  loss {loss:.3f}  {rate:,.0f} tokens/s  {left:,.0f} s left", flush=True)
    _log(folder, run, f"{loss:.4f}", f"{rate:.0f}", f"{left:.0f}", "")


def _report_validation(folder: Path, run: Run, batches: Sequence[Sequence[Any]]) -> None:
    if batches:
        loss = validation_loss(run, batches)
        print(f"{run.stage.name} {run.step}/{run.n_steps}  validation loss {loss:.3f}", flush=True)
        _log(folder, run, "", "", "", f"{loss:.4f}")


def _log(folder: Path, run: Run, *figures: str) -> None:
    with (folder / "log.csv").open("a", newline="") as stream:
        rows = csv.writer(stream)
        if not stream.tell():
            rows.writerow(
                ["stage", "step", "steps", "loss", "tokens_per_second", "seconds_left", "validation_loss"]
            )
        rows.writerow([run.stage.name, run.step, run.n_steps, *figures])


def stages_left(recipe: Recipe, folder: Path, resume: bool) -> Iterator[tuple[Stage, dict[str, Any] | None]]:
    """Stages that have no result yet, with the checkpoint inside the first where there is one."""
    file = folder / "checkpoint.pt"
    state = load(file) if resume and file.is_file() else None
    for stage in recipe.stages:
        if resume and (folder / f"{stage.name}.pt").is_file():
            continue
        yield stage, state if state is not None and state["stage"] == stage.name else None


def train_stages(
    model: nn.Module,
    recipe: Recipe,
    task: Task,
    batches: Callable[[Stage, str], Sequence[Sequence[Any]]],
    folder: Path,
    options: argparse.Namespace,
) -> bool:
    """Every stage that has no result yet, from the result of the last that has one. `batches` gives
    those of a stage and a split. False where the time was over first."""
    done = [stage for stage in recipe.stages if options.resume and (folder / f"{stage.name}.pt").is_file()]
    if done:
        model.load_state_dict(load(folder / f"{done[-1].name}.pt"))
    until = time.monotonic() + 60 * options.minutes if options.minutes else math.inf
    model.to(choose_device(options.device).torch_device).train()
    for stage, state in stages_left(recipe, folder, options.resume):
        made, valid = batches(stage, "train"), batches(replace(stage, epochs=1), "valid")[:VALIDATION]
        run = Run(model, stage, len(made), task)
        if state is not None:
            run.restore(state)
        if not train_stage(run, made, valid, Pace(folder, options.save_every, until)):
            print(f"The {options.minutes:g} minutes are over. Go on with --resume.", flush=True)
            return False
        run.finish()
        save(model.state_dict(), folder / f"{stage.name}.pt")
    return True


def load(file: Path) -> Any:
    """Weights or a checkpoint, on the processor."""
    return torch.load(file, map_location="cpu", weights_only=True)


def train_reader(recipe: Recipe, folder: Path, options: argparse.Namespace) -> None:
    """Questions, then the salience head where the recipe and the corpus are there for it."""
    special = read_special(options.start)
    reader = start_from_minilm(options.start)
    if options.weights is not None:
        reader.load_state_dict(load(options.weights))

    def batches(stage: Stage, split: str) -> list[list[Example]]:
        return batches_of(stage, recipe.seed, special, options.data, split)

    finished = train_stages(reader, recipe, ANSWERING, batches, folder, options)
    if finished and recipe.salience and not options.corpus:
        print("The salience head is not trained: --corpus is missing. Give it with --resume.", flush=True)
    elif finished and recipe.salience:
        from training.salience import train_salience

        train_salience(
            reader.cpu(), recipe.salience, recipe.seed, options.corpus, options.start, options.data, folder
        )
        save(reader.state_dict(), folder / "final.pt")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--start", type=Path, required=True, help="the folder of the files to start from")
    parser.add_argument("--corpus", type=Path, help="for the salience stage, which reads whole documents")
    parser.add_argument("--weights", type=Path, help="of a reader, to start from instead of MiniLM's")
    parser.add_argument("--pairs", type=Path, help="your own pairs as .jsonl, to fine-tune --start on")
    parser.add_argument("--resume", action="store_true", help="go on where this run was stopped")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--runs", type=Path, default=RUNS)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--minutes", type=float, help="stop then, with a checkpoint to go on from")
    parser.add_argument("--save-every", type=float, default=150, metavar="SECONDS")
    options = parser.parse_args()
    recipe = read_recipe(options.recipe)
    folder = options.runs / recipe.name
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    if recipe.kind == "writer":
        from training.writers import train_writer

        train_writer(recipe, folder, options)
    else:
        train_reader(recipe, folder, options)


if __name__ == "__main__":
    main()
