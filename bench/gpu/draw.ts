import { join } from "node:path";
import type { EditorSpec } from "../../src/model/specs.ts";
import { type Bed, optionsOf, perSecond } from "./bed.ts";
import { SHARD } from "./size.ts";

export interface Drawn {
  readonly load: number;
  /** Views a second. */
  readonly rate: number;
  /** Seconds for a chunk in which every completion asks for one. */
  readonly chunk: number;
}

/** Views that are given to the editor at once: a question's. */
const VIEWS = 8;

/** Views by FLUX.2 klein in four steps. */
export async function views(bed: Bed): Promise<Drawn> {
  const { side, dtype, klein } = bed.size;
  const spec: EditorSpec = {
    backend: "flux2-klein",
    serving: "c".repeat(64),
    model: klein,
    dtype,
    offload: "none",
    micro_batch: VIEWS / 2,
    settings: { width: side, height: side, num_inference_steps: 4, guidance_scale: 1, max_input_pixels: side * side },
    silenceMs: 600_000,
  };
  const options = optionsOf(bed, "executor");
  const { rate } = await bed.models.withExecutor(spec, options, async (editor) => {
    const draw = async (at: number, count: number): Promise<number> => {
      const items = Array.from({ length: count }, (_, place) => ({
        image: bed.images[at % bed.images.length]!,
        instruction: "show the scene from behind",
        seed: `${at}:${place}`,
        output: join(bed.folder, `view-${place}.png`),
      }));
      await editor.edit(items, options);
      return count;
    };
    await draw(0, 1);
    return perSecond(bed, SHARD, (at) => draw(at, VIEWS));
  });
  return { load: bed.loaded(), rate, chunk: (bed.size.questions * bed.size.completions) / rate };
}
