import type { TrainerBackend } from "../trainer/backend.ts";
import type { EmbedBackend, EmbedSpec } from "./backend.ts";
import { createClip } from "./clip.ts";
import { createSimulatedEmbedder } from "./simulated.ts";

/** Opens an embedder. @param trainer runs the job of what needs Python */
export async function openEmbedder(
  spec: EmbedSpec & { readonly silenceMs: number },
  trainer: Pick<TrainerBackend, "job">,
): Promise<EmbedBackend> {
  switch (spec.backend) {
    case "clip":
      return createClip(spec, trainer);
    case "clip-onnx":
      // Loaded when it is asked for, as all of onnxruntime is.
      return (await import("./clip-onnx.ts")).openClipOnnx(spec);
    case "simulated":
      return createSimulatedEmbedder();
  }
}
