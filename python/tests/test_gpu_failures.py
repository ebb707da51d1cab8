"""What CUDA, its libraries and other processes say when they fail, and what a server does about it."""

import json
import subprocess
import sys
from threading import Timer

import pytest
import torch

from runners.failure import device_is_lost, failure_of, is_out_of_memory
from tests.conftest import REPO, runner_env

# As PyTorch 2.13, cuBLAS, cuDNN 9 and NCCL word them.
NO_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.10 GiB"),
    torch.AcceleratorError("CUDA error: out of memory\nSearch for `cudaErrorMemoryAllocation' in https://docs.nvidia"),
    RuntimeError("CUDA driver error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"),
    RuntimeError("cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling `cusolverDnCreate(handle)`"),
    RuntimeError("expandable_segments: memory mapping failed with OOM on device 0"),
    torch.distributed.DistBackendError("NCCL error in: NCCLUtils.cpp:77\nLast error:\nCuda failure 2 'out of memory'"),
    MemoryError(),
]
LOST = [
    torch.AcceleratorError(
        "CUDA error: an illegal memory access was encountered\nSearch for `cudaErrorIllegalAddress'"
    ),
    torch.AcceleratorError("CUDA error: device-side assert triggered"),
    RuntimeError("CUDA error: unspecified launch failure"),
    RuntimeError("CUDA error: uncorrectable ECC error encountered"),
    RuntimeError("CUDA error: misaligned address"),
    RuntimeError("CUDA error: unknown error"),
    torch.distributed.DistBackendError(
        "NCCL error\nLast error:\nCuda failure 'an illegal memory access was encountered'"
    ),
]
PEER_GONE = [
    RuntimeError("[gloo/transport/tcp/pair.cc:538] Connection closed by peer [127.0.0.1]:36121"),
    torch.distributed.DistNetworkError("The client socket has failed to connect to any network address"),
    torch.distributed.DistBackendError("NCCL error in: ProcessGroupNCCL.cpp:2251, remote process exited"),
]
OTHERS = [
    RuntimeError("The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 0"),
    RuntimeError("CUDA error: CUBLAS_STATUS_INVALID_VALUE when calling `cublasGemmEx`"),
    ValueError("there was an illegal memory access in the question's text"),
    KeyError("out of memory"),
]


def test_memory_that_is_not_there_is_known_whoever_asked_for_it() -> None:
    assert [failure_of(error).kind for error in NO_MEMORY] == ["OutOfMemory"] * len(NO_MEMORY)
    with pytest.raises(RuntimeError) as caught:
        torch.empty(10**16)
    assert is_out_of_memory(caught.value), caught.value


def test_a_broken_gpu_is_the_machine_s_and_only_its_process_can_be_given_up() -> None:
    assert [failure_of(error).kind for error in LOST] == ["Infrastructure"] * len(LOST)
    assert all(device_is_lost(error) for error in LOST)
    text = str(failure_of(LOST[0]))
    assert text.endswith("is lost: CUDA error: an illegal memory access was encountered"), text


def test_a_job_that_lost_a_process_is_tried_again() -> None:
    assert [failure_of(error).kind for error in PEER_GONE] == ["Infrastructure"] * len(PEER_GONE)
    assert not any(device_is_lost(error) for error in PEER_GONE)


def test_the_rest_is_not_taken_for_it() -> None:
    assert [failure_of(error).kind for error in OTHERS] == ["ChildError"] * len(OTHERS)
    assert not any(device_is_lost(error) or is_out_of_memory(error) for error in OTHERS)


def test_an_error_that_stays_shows_in_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    # What cuBLAS says of somebody else's illegal access: only CUDA itself knows whether that is over.
    vague = RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`")
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    assert (device_is_lost(vague), failure_of(vague).kind) == (False, "ChildError")

    def fails() -> None:
        raise LOST[0]

    monkeypatch.setattr(torch.cuda, "synchronize", fails)
    assert (device_is_lost(vague), failure_of(vague).kind) == (True, "Infrastructure")
    # Among several processes it would wait for a sum that the others wait for as well.
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    assert (device_is_lost(vague), failure_of(vague).kind) == (False, "ChildError")


SERVER = """
import torch
from runners.serving import ModelServer

class Broken(ModelServer):
    def load(self, request): pass
    def work(self, operation, request, progress):
        raise {"harmless": RuntimeError("shapes do not match"), "fatal": torch.AcceleratorError(
            "CUDA error: an illegal memory access was encountered\\nCUDA kernel errors might be reported elsewhere\\n"
            "For debugging consider passing CUDA_LAUNCH_BLOCKING=1")}[operation]

Broken().serve()
"""


def test_a_server_outlives_a_request_that_fails_and_not_its_gpu() -> None:
    operations = ["load", "harmless", "harmless", "fatal", "harmless"]
    asked = [
        {"op": operation, "id": number, "serving": "digest", "micro_batch": 1}
        for number, operation in enumerate(operations)
    ]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        cwd=REPO,
        env=runner_env(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    limit = Timer(60, process.kill)
    limit.start()
    # stdin stays open: what ends the server is its own doing.
    process.stdin.write("".join(json.dumps(each) + "\n" for each in asked))
    process.stdin.flush()
    answers = [json.loads(line) for line in process.stdout]
    assert [(each["id"], each["ok"]) for each in answers] == [(0, True), (1, False), (2, False)]
    assert [each["error"]["message"] for each in answers[1:]] == ["RuntimeError: shapes do not match"] * 2
    assert process.wait() == 1
    limit.cancel()
    last = process.stderr.read().splitlines()[-1]
    assert last.endswith("is lost: CUDA error: an illegal memory access was encountered; this server ends."), last
