/** Checkpoints of Qwen2.5-VL Instruct for MLX, as the mlx-community publishes them, by the names that people type. */
const MODELS: Readonly<Record<string, string>> = {
  "3b-4bit": "mlx-community/Qwen2.5-VL-3B-Instruct-4bit",
  "3b-8bit": "mlx-community/Qwen2.5-VL-3B-Instruct-8bit",
  "7b-4bit": "mlx-community/Qwen2.5-VL-7B-Instruct-4bit",
  "7b-8bit": "mlx-community/Qwen2.5-VL-7B-Instruct-8bit",
  "32b-4bit": "mlx-community/Qwen2.5-VL-32B-Instruct-4bit",
};

export const MLX_NAMES = Object.keys(MODELS);

/** The smallest: it fits every machine that MLX runs on. */
export const MLX_DEFAULT = "3b-4bit";

/** Where a checkpoint of this name is published; undefined for another name. */
export function mlxModel(name: string): string | undefined {
  return Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
}
