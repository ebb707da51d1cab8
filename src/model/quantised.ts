import { dirname, join } from "node:path";
import { namesIn } from "./checkpoint-files.ts";
import { projectRunners } from "./python.ts";

/** Python packages without which a checkpoint that was quantised in this way does not load. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  gptq: ["gptqmodel", "optimum"],
  awq: ["gptqmodel"],
  bitsandbytes: ["bitsandbytes"],
  "compressed-tensors": ["compressed_tensors"],
};

/** What is wrong with a quantised checkpoint: it lacks its library, or is to be trained. Undefined for plain weights. */
export async function quantisedProblem(trained: boolean, config: Record<string, unknown>): Promise<string | undefined> {
  const method = methodOf(config) ?? methodOf(config["text_config"]);
  if (method === undefined) return undefined;
  if (trained) return `is quantised (${method}), but it is to be trained and merged; its plain weights are needed`;
  const installed = await packages();
  const missing = LIBRARIES[method]?.find((name) => installed && !installed.has(name));
  return missing && `is quantised (${method}), which needs the Python package ${missing}; fetch its plain weights`;
}

function methodOf(config: unknown): string | undefined {
  if (typeof config !== "object" || config === null || !("quantization_config" in config)) return undefined;
  const { quantization_config: how } = config;
  if (typeof how !== "object" || how === null) return undefined;
  const { quant_method: method, load_in_4bit: four, load_in_8bit: eight } = how as Record<string, unknown>;
  // bitsandbytes did not always say its name.
  return typeof method === "string" ? method : four === true || eight === true ? "bitsandbytes" : "in an unknown way";
}

/** Names in the Python environment's packages; undefined where there is no environment to look at. */
async function packages(): Promise<Set<string> | undefined> {
  const lib = join(dirname(projectRunners().python), "..", "lib");
  const python = [...((await namesIn(lib)) ?? [])].find((name) => /^python3\.\d+$/.test(name));
  return python === undefined ? undefined : namesIn(join(lib, python, "site-packages"));
}
