import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A tensor's name and shape. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** The bytes of a safetensors file of zeros in 16 bits. */
export function safetensors(shapes: Shapes): Buffer {
  let end = 0;
  const head = Object.entries(shapes).map(([name, shape]) => {
    const begin = end;
    end += 2 * shape.reduce((a, b) => a * b, 1);
    return [name, { dtype: "BF16", shape, data_offsets: [begin, end] }] as const;
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(head)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(end)]);
}

/** Two language layers of a tiny Qwen, and one of its vision tower. */
export const SHAPES: Shapes = {
  "model.language_model.layers.0.self_attn.q_proj.weight": [8, 4],
  "model.language_model.layers.0.mlp.gate_proj.weight": [16, 4],
  "model.language_model.norm.weight": [4],
  "model.visual.blocks.0.mlp.gate_proj.weight": [16, 4],
};

/** Writes what a checkpoint's folder looks like, whole as far as anybody looks without loading it. */
export function writeCheckpoint(folder: string, files: Readonly<Record<string, string | Buffer | null>> = {}): string {
  mkdirSync(folder, { recursive: true });
  const whole: Record<string, string | Buffer | null> = {
    "config.json": JSON.stringify({ model_type: "qwen3_vl" }),
    "tokenizer.json": "{}",
    "preprocessor_config.json": "{}",
    "chat_template.jinja": "{{ messages }}",
    "model.safetensors": safetensors(SHAPES),
    ...files,
  };
  for (const [name, content] of Object.entries(whole)) if (content !== null) writeFileSync(join(folder, name), content);
  return folder;
}
