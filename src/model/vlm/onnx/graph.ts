import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { z } from "zod";
import { StepFailure } from "../../../failure.ts";
import { openPicture, type Picture } from "../../../image/picture.ts";

const CHANNELS = 3;

const gridFile = z.object({ width: z.int().min(1), height: z.int().min(1), image_tokens: z.int().min(1) });
const configFile = z.object({ vision_config: z.object({ patch_size: z.int().min(1) }) });

/** The one image size that an exported graph was made for. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  /** Language tokens that stand for one image. */
  readonly imageTokens: number;
  /** Patches in time, height and width, as transformers' image_grid_thw. */
  readonly patches: readonly [1, number, number];
}

export interface Graph {
  readonly grid: Grid;
  /**
   * Raw logits of a batch in one forward pass.
   * @param rows token ids, padded here on the right, which the graph's causal mask makes invisible
   * @param images pixels of all images, row by row in the order of their tokens
   */
  run(rows: readonly (readonly number[])[], images: readonly Uint8Array[]): Promise<Logits>;
  close(): Promise<void>;
}

export interface Logits {
  /** Logits that predict what follows the token at `position` of `row`; one entry per token of the vocabulary. */
  after(row: number, position: number): Float32Array;
}

/** Opens `<folder>/onnx/model.onnx` for a fixed number of CPU threads, because sums depend on it. */
export async function openGraph(folder: string, grid: Grid, padId: number, threads: number): Promise<Graph> {
  const session = await InferenceSession.create(join(folder, "onnx", "model.onnx"), {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Threads that spin while they wait would take a core from the other roles of a small host.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  const imageBytes = grid.width * grid.height * CHANNELS;

  return {
    grid,
    async run(rows, images) {
      const width = Math.max(...rows.map((row) => row.length));
      const ids = new BigInt64Array(rows.length * width).fill(BigInt(padId));
      for (const [index, row] of rows.entries()) ids.set(row.map(BigInt), index * width);
      // The graph wants an image; without image tokens, nothing looks at it.
      const count = Math.max(images.length, 1);
      const pixels = new Uint8Array(count * imageBytes);
      for (const [index, image] of images.entries()) pixels.set(image, index * imageBytes);
      const { logits } = await session.run({
        input_ids: new Tensor("int64", ids, [rows.length, width]),
        pixels: new Tensor("uint8", pixels, [count, grid.height, grid.width, CHANNELS]),
      });
      const data = logits?.data;
      if (!(data instanceof Float32Array))
        throw new StepFailure("BadInput", `The graph in ${folder}/onnx has no float32 "logits".`);
      const vocabulary = data.length / (rows.length * width);
      return {
        after(row, position) {
          const start = (row * width + position) * vocabulary;
          return data.subarray(start, start + vocabulary);
        },
      };
    },
    close: () => session.release(),
  };
}

/** Decodes an image to the graph's size; other sizes are squeezed to it, which transformers would not do. */
export async function readPixels(path: string, { width, height }: Grid): Promise<Uint8Array> {
  let picture: Picture | string;
  try {
    picture = await openPicture(await readFile(path));
    if (typeof picture !== "string") {
      return await (await picture.rgb()).resize(width, height, { fit: "fill" }).raw({ depth: "uchar" }).toBuffer();
    }
  } catch (cause) {
    throw new StepFailure("BadInput", `The image ${path} cannot be read: ${String(cause)}`, { cause });
  }
  throw new StepFailure("BadInput", `The image ${path} ${picture}.`);
}

/** Reads what the export wrote beside the graph. */
export async function readGrid(folder: string): Promise<Grid> {
  try {
    const { width, height, image_tokens } = gridFile.parse(await readJsonFile(join(folder, "onnx", "grid.json")));
    const { patch_size } = configFile.parse(await readJsonFile(join(folder, "config.json"))).vision_config;
    return { width, height, imageTokens: image_tokens, patches: [1, height / patch_size, width / patch_size] };
  } catch (cause) {
    throw new StepFailure("BadInput", `${folder} holds no checkpoint exported for the onnx backend: ${String(cause)}`, {
      cause,
    });
  }
}

async function readJsonFile(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, "utf8"));
}
