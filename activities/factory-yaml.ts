import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { StepFailure } from "../src/failure.ts";

/**
 * The settings of a training with what its own YAML holds in place of the YAML's name, where it names one. Read once,
 * when the run is opened: the content, not the name, determines the training.
 * @param at the recipe's block, for sentences: "cold_start.training"
 * @throws {StepFailure} BadInput when the file cannot be read, or holds no mapping
 */
export async function withFactoryYaml(
  root: string,
  at: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const { llama_factory: file } = settings;
  if (typeof file !== "string") return settings;
  let content: unknown;
  try {
    content = parse(await readFile(join(root, file), "utf8"));
  } catch (cause) {
    throw refusal(at, file, cause);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) throw refusal(at, file);
  return { ...settings, llama_factory: content };
}

function refusal(at: string, file: string, cause?: unknown): StepFailure {
  const sentence = `${at}.llama_factory "${file}" is no file with LLaMA-Factory's settings in YAML.`;
  return new StepFailure("BadInput", sentence, { cause });
}
