"""An image editor as a model server: loads a checkpoint once, then makes views until stdin closes.

Requests and answers, one JSON object per line:
    {"op": "load", "id", "serving", "model", "dtype", "offload", "device", "threads", "lock"}
                                                           -> {"id", "ok": true, "serving", "result": {}}
    {"op": "edit", "id", "items": [{"image", "references", "instruction", "seed", "output"}], "micro_batch",
     "settings": {"width", "height", "num_inference_steps", "guidance_scale", "max_input_pixels"}}
                                            -> {"id", "progress": [done, total]} ..., then
                                               {"id", "ok": true, "serving", "result", "notes": {"micro_batch"}}
    a failure                               -> {"id", "ok": false, "serving", "error": {"type", "message"}}
`result` says of each item {"status": "ok"}, its view is then in `output`, or {"status": "refused", "reason"}.
`serving` is the digest given to `load`.
"""

from typing import Any

from runners.failure import Failure
from runners.protocol import Body, field
from runners.serving import ModelServer, Progress


class ImageServer(ModelServer):
    """One loaded editor."""

    _pipeline: Any
    _on_cpu: bool

    def load(self, request: Body) -> None:
        # Imported now: a server that waits for its device should not have spent seconds and memory on torch.
        from runners.device import claim_device

        compute = claim_device({**request, "attn_implementation": "sdpa"})

        from runners.flux2_klein import load_pipeline

        self._pipeline = load_pipeline(field(request, "model", str), compute, field(request, "offload", str))
        self._on_cpu = compute.device.type == "cpu"

    def work(self, operation: str, request: Body, progress: Progress) -> tuple[list[Body], int]:
        from runners.editing import Settings, edit

        if operation != "edit":
            raise Failure("BadInput", f'"{operation}" is no operation of this server; load and edit are.')
        settings = Settings.parse(field(request, "settings", dict))
        items, size = field(request, "items", list), field(request, "micro_batch", int)
        if not self._on_cpu:
            return edit(self._pipeline, items, settings, size, progress)
        # On the CPU a batch gains next to nothing, and sums in another order: alone, a view's bytes are its own. The
        # size that is returned tells of a want of memory, which this is not.
        return edit(self._pipeline, items, settings, 1, progress)[0], size


if __name__ == "__main__":
    ImageServer().serve()
