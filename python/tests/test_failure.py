"""Exceptions become typed failures, and a device's name becomes what this process may see."""

import errno
import math
import os
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from transformers import TrainerState

from runners.device import dtype_of, show_only
from runners.failure import Failure, failure_of
from runners.protocol import field, number
from runners.report import METRICS, SKIPPED_IN_A_ROW, Report, metrics_of, summary
from runners.trainers.dpo import TermWeight
from tests.conftest import Heard


def test_the_type_follows_the_cause() -> None:
    assert failure_of(Failure("Provenance", "as it is")).kind == "Provenance"
    assert failure_of(torch.OutOfMemoryError("CUDA out of memory.")).kind == "OutOfMemory"
    assert failure_of(OSError(errno.ENOSPC, "No space left on device")).kind == "DiskFull"
    unforeseen = failure_of(KeyError("messages"))
    assert (unforeseen.kind, str(unforeseen)) == ("ChildError", "KeyError: 'messages'")


def test_a_full_disk_is_known_however_it_is_met() -> None:
    with pytest.raises(OSError) as caught, Path("/dev/full").open("w") as file:
        file.write("x" * 100_000)
    assert failure_of(caught.value).kind == "DiskFull"
    # What the native writers said on a full tmpfs. They are not pointed at /dev/full here: safetensors renames a
    # temporary file over its target, which would replace the device.
    said = [
        SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"),
        RuntimeError("write(): fd 3 failed with No space left on device"),
        SafetensorError("Error while serializing: I/O error: (os error 122)"),
    ]
    assert [failure_of(error).kind for error in said] == ["DiskFull"] * len(said)


def test_a_full_disk_is_known_through_what_others_make_of_it() -> None:
    error = ValueError("The checkpoint could not be saved.")
    error.__cause__ = OSError(errno.EDQUOT, "Disk quota exceeded")
    assert failure_of(error).kind == "DiskFull"
    error.__cause__ = error  # a cause may be its own ancestor
    assert failure_of(error).kind == "ChildError"


def test_a_field_that_is_missing_or_of_another_type_is_named() -> None:
    for body in ({}, {"micro_batch": "8"}, {"micro_batch": True}):
        with pytest.raises(Failure, match="micro_batch"):
            field(body, "micro_batch", int)
    assert field({"micro_batch": 8}, "micro_batch", int) == 8
    assert number({"top_p": 1}, "top_p") == 1.0
    with pytest.raises(Failure, match="float99"):
        dtype_of("float99")


@pytest.mark.parametrize(("visible", "one", "two"), [("", "2", "2,0"), ("4,5,6", "6", "6,4")])
def test_a_trainer_sees_its_own_gpus_only(monkeypatch: pytest.MonkeyPatch, visible: str, one: str, two: str) -> None:
    for devices, names, shown in [
        (["cpu"], ["cpu"], ""),
        (["cuda:2"], ["cuda:0"], one),
        (["cuda:2", "cuda:0"], ["cuda:0", "cuda:1"], two),
    ]:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        assert show_only(devices) == names
        assert os.environ["CUDA_VISIBLE_DEVICES"] == shown


def test_a_weight_notes_its_term_and_weighs_it() -> None:
    noted: list[torch.Tensor] = []
    assert (torch.tensor(2.0) * TermWeight(0.25, noted.append)).item() == 0.5
    assert [term.item() for term in noted] == [2.0]


def test_a_loss_that_is_no_number_ends_the_training() -> None:
    report = Report(channel=None, names=METRICS)  # type: ignore[arg-type]
    with pytest.raises(Failure, match="At step 3 no longer finite: loss"):
        report.on_log(None, TrainerState(global_step=3), None, {"loss": math.nan})


def test_steps_that_the_scaler_of_half_precision_skips_are_allowed_within_limits() -> None:
    heard = Heard()
    report = Report(heard, names=METRICS, scaled=True)  # type: ignore[arg-type]

    def step(at: int, loss: float, norm: float) -> None:
        report.on_log(None, TrainerState(global_step=at), None, {"loss": loss, "grad_norm": norm})

    for at in range(SKIPPED_IN_A_ROW):
        step(at, 0.69, math.inf if at % 2 else math.nan)
    # What was skipped has no norm to tell: JSON knows no infinity.
    assert [event["metrics"] for event in heard.events] == [{"loss": 0.69}] * SKIPPED_IN_A_ROW
    step(100, 0.69, 1.5)
    assert heard.events[-1]["metrics"] == {"loss": 0.69, "grad_norm": 1.5}
    for at in range(SKIPPED_IN_A_ROW):
        step(101 + at, 0.69, math.inf)
    with pytest.raises(Failure, match=f"{SKIPPED_IN_A_ROW + 1} optimizer steps in a row"):
        step(200, 0.69, math.inf)
    with pytest.raises(Failure, match="At step 201 no longer finite: loss;"):
        step(201, math.nan, math.inf)


def test_without_a_scaler_a_gradient_that_is_no_number_ends_the_training() -> None:
    report = Report(channel=None, names=METRICS)  # type: ignore[arg-type]
    with pytest.raises(Failure, match="At step 3 no longer finite: grad_norm"):
        report.on_log(None, TrainerState(global_step=3), None, {"loss": 0.69, "grad_norm": math.inf})


def test_a_summary_means_over_the_steps_that_have_a_number() -> None:
    skipped = metrics_of({"loss": 1.0, "grad_norm": math.inf}, METRICS, scaled=True)
    steps = [skipped, *(metrics_of({"loss": 3.0, "grad_norm": norm}, METRICS, scaled=True) for norm in (2.0, 4.0))]
    assert summary(steps) == {"loss": 7 / 3, "grad_norm": 3.0, "first_loss": 1.0}
    assert summary([skipped]) == {"loss": 1.0, "first_loss": 1.0}
