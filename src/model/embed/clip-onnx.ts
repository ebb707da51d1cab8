import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { z } from "zod";
import { StepFailure } from "../../failure.ts";
import { readPixels } from "./clip-pixels.ts";
import { type EmbedBackend, type EmbedSpec, unit } from "./backend.ts";

const CHANNELS = 3;

const three = z.tuple([z.number(), z.number(), z.number()]);
const side = z.int().min(1);
/** Older checkpoints say both sizes by one number. */
const preprocessor = z.object({
  size: z.union([z.object({ shortest_edge: side }), side.transform((edge) => ({ shortest_edge: edge }))]),
  crop_size: z.union([
    z.object({ height: side, width: side }),
    side.transform((edge) => ({ height: edge, width: edge })),
  ]),
  image_mean: three,
  image_std: three,
});
/** CLIP's own number, which configurations of published checkpoints leave out. */
const POSITIONS = 77;
const config = z.object({
  text_config: z.object({ max_position_embeddings: z.int().min(2).default(POSITIONS) }).prefault({}),
});
const tokens = z.looseObject({});

/**
 * CLIP in onnxruntime, in this process, from the two graphs that exports of it have: onnx/vision_model.onnx
 * (pixel_values → image_embeds) and onnx/text_model.onnx (input_ids → text_embeds).
 * @throws {StepFailure} BadInput where the folder holds no such export
 */
export async function openClipOnnx({ model, micro_batch }: EmbedSpec, threads = 1): Promise<EmbedBackend> {
  const shape = await fileOf(model, "preprocessor_config.json", preprocessor);
  const most = (await fileOf(model, "config.json", config)).text_config.max_position_embeddings;
  const tokenizer = new Tokenizer(
    await fileOf(model, "tokenizer.json", tokens),
    await fileOf(model, "tokenizer_config.json", tokens),
  );
  const [vision, text] = await Promise.all([
    graphOf(model, "vision_model", threads),
    graphOf(model, "text_model", threads),
  ]);

  async function see(paths: readonly string[]): Promise<Float32Array[]> {
    const pixels = await Promise.all(paths.map((path) => readPixels(path, shape)));
    const { height, width } = shape.crop_size;
    const values = Float32Array.from(pixels.flatMap((each) => [...each]));
    const given = { pixel_values: new Tensor("float32", values, [paths.length, CHANNELS, height, width]) };
    return rowsOf(await vision.run(given), "image_embeds", paths.length, model);
  }

  // What comes after the end token is not read, so that any id can fill a row up; CLIP itself takes the end token.
  async function read(rows: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const longest = Math.max(...rows.map((ids) => ids.length));
    const filled = rows.flatMap((ids) => [...ids, ...Array<number>(longest - ids.length).fill(ids.at(-1)!)]);
    const given = { input_ids: new Tensor("int64", BigInt64Array.from(filled, BigInt), [rows.length, longest]) };
    const mask = {
      attention_mask: new Tensor("int64", new BigInt64Array(filled.length).fill(1n), [rows.length, longest]),
    };
    const feeds = text.inputNames.includes("attention_mask") ? { ...given, ...mask } : given;
    return rowsOf(await text.run(feeds), "text_embeds", rows.length, model);
  }

  return {
    async embed({ images, texts }, { signal, onProgress }) {
      const total = images.length + texts.length;
      let done = 0;
      const inBatches = async <T>(all: readonly T[], work: (batch: readonly T[]) => Promise<Float32Array[]>) => {
        const found: Float32Array[] = [];
        while (found.length < all.length) {
          signal.throwIfAborted();
          const made = await work(all.slice(found.length, found.length + micro_batch));
          found.push(...made);
          onProgress((done += made.length), total);
        }
        return found;
      };
      const spelled = texts.map((each) => tokenizer.encode(each).ids);
      const fitting = spelled.map((ids) => (ids.length > most ? [...ids.slice(0, most - 1), ids.at(-1)!] : ids));
      const cutTexts = spelled.filter((ids) => ids.length > most).length;
      return { images: await inBatches(images, see), texts: await inBatches(fitting, read), cutTexts };
    },
  };
}

async function graphOf(folder: string, name: string, threads: number): Promise<InferenceSession> {
  const file = join(folder, "onnx", `${name}.onnx`);
  if (!existsSync(file))
    throw new StepFailure("BadInput", `${folder} has no onnx/${name}.onnx; export CLIP's two halves.`);
  return InferenceSession.create(file, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
}

function rowsOf(made: InferenceSession.ReturnType, name: string, rows: number, folder: string): Float32Array[] {
  const data = made[name]?.data;
  if (!(data instanceof Float32Array)) {
    throw new StepFailure(
      "BadInput",
      `The graphs in ${folder}/onnx have no float32 "${name}"; export CLIP with its projections.`,
    );
  }
  const dim = data.length / rows;
  return Array.from({ length: rows }, (_, at) => unit(data.subarray(at * dim, (at + 1) * dim)));
}

async function fileOf<T>(folder: string, name: string, shape: z.ZodType<T>): Promise<T> {
  try {
    return shape.parse(JSON.parse(await readFile(join(folder, name), "utf8")));
  } catch (cause) {
    throw new StepFailure("BadInput", `${join(folder, name)} is not as a CLIP checkpoint has it: ${String(cause)}`, {
      cause,
    });
  }
}
