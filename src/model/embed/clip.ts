import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeJson } from "../../artifact/files.ts";
import type { JobReport } from "../../process/protocol.ts";
import type { TrainerBackend } from "../trainer/backend.ts";
import type { EmbedBackend, EmbedSpec } from "./backend.ts";
import { readFloats } from "./floats.ts";

/**
 * transformers' CLIPModel in a Python job.
 * @param trainer runs the job on its device
 */
export function createClip(
  spec: EmbedSpec & { readonly silenceMs: number },
  trainer: Pick<TrainerBackend, "job">,
): EmbedBackend {
  const { model, dtype, attn_implementation, micro_batch, silenceMs } = spec;
  return {
    async embed(asked, { signal, onProgress }) {
      const output = await mkdtemp(join(tmpdir(), "snowball-clip-"));
      try {
        const images = join(output, "images.json");
        const texts = join(output, "texts.json");
        await writeJson(images, asked.images);
        await writeJson(texts, asked.texts);
        const request = { model, dtype, attn_implementation, micro_batch, images, texts, output };
        const options = {
          signal,
          silenceMs,
          onEvent: (event: JobReport): void => {
            if (event.event === "progress") onProgress(event.step, event.total);
          },
        };
        const { dim, cut_texts: cutTexts } = await trainer.job("runners.embed", request, options);
        return {
          images: await readFloats(join(output, "image.f32"), asked.images.length, dim!),
          texts: await readFloats(join(output, "text.f32"), asked.texts.length, dim!),
          cutTexts: cutTexts!,
        };
      } finally {
        await rm(output, { recursive: true, force: true });
      }
    },
  };
}
