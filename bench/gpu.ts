/**
 * What does a GPU do with the loop? Measures on one device of this host: rollouts by the house's own loop and by vLLM,
 * scored samples, views, DPO with a live and a cached reference, the swap of a policy, and a shard's labelling streamed
 * against one role after the other. Prints a table with ratios, and writes it as JSON.
 *
 * Real size (random weights, made on the GPU first, 45 GB) takes about ten minutes; toy size is for hosts without a
 * GPU and shows that the code works, not what a GPU does.
 *
 * Run: make bench-gpu, or node bench/gpu.ts [--size real|toy] [--seconds 30] [--folder DIR] [--out FILE]
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { writeJson } from "../src/artifact/files.ts";
import { type Table, tableLines } from "../src/contract/table.ts";
import { hostDevices, visibleGpus } from "../src/device/detect.ts";
import { projectRunners } from "../src/model/python.ts";
import { PROJECT } from "../test/harness/world.ts";
import { type Bed, makeBed } from "./gpu/bed.ts";
import { views } from "./gpu/draw.ts";
import { labelling } from "./gpu/loop.ts";
import { realSize, type Size, toySize } from "./gpu/size.ts";
import { rollouts, scores } from "./gpu/speak.ts";
import { preferences } from "./gpu/train.ts";

const { values } = parseArgs({
  options: {
    size: { type: "string" },
    seconds: { type: "string", default: "30" },
    folder: { type: "string", default: join(PROJECT, "results/bench/checkpoints") },
    out: { type: "string", default: join(PROJECT, "results/bench/gpu.json") },
  },
});

/** What was measured in two ways, or in one. */
interface Line {
  readonly what: string;
  readonly unit: string;
  readonly ways: readonly (readonly [string, number])[];
  /** Is less better? */
  readonly less?: true;
}

/** How far first losses may be apart: log 2 in bfloat16, whose sums over 256 tokens round to half a nat. */
const LOSS_ROUNDING = 0.05;

const lines: Line[] = [];

function note(line: Line): void {
  lines.push(line);
  process.stdout.write(`${line.what}: ${line.ways.map(wayText).join(", ")} ${line.unit}\n`);
}

function wayText([name, value]: readonly [string, number]): string {
  return `${name} ${value.toPrecision(3)}`;
}

/** How much better the last way is than the first. */
function gain({ ways, less }: Line): string {
  if (ways.length < 2) return "";
  const ratio = ways.at(-1)![1] / ways[0]![1];
  return `${(less ? 1 / ratio : ratio).toPrecision(3)} ×`;
}

function table(card: string): Table {
  return {
    title: `${card}, ${size.name} size`,
    columns: [
      { name: "what", title: "", kind: "text" },
      { name: "first", title: "", kind: "text" },
      { name: "second", title: "", kind: "text" },
      { name: "unit", title: "", kind: "text" },
      { name: "gain", title: "better by", kind: "text" },
    ],
    rows: lines.map((line) => {
      const [first, second] = line.ways;
      const { what, unit } = line;
      return { what, first: wayText(first!), second: second ? wayText(second) : "", unit, gain: gain(line) };
    }),
  };
}

async function measure(bed: Bed): Promise<void> {
  // First, because the policies that are swapped below come from it.
  const trained = await preferences(bed);
  note({
    what: "DPO with LoRA",
    unit: "pairs/s",
    ways: [
      ["live reference", trained.live],
      ["cached", trained.cached],
    ],
  });
  note({ what: "the reference's own pass", unit: "pairs/s", ways: [["once", trained.reference]] });
  const { live, cached } = trained.losses;
  if (Math.abs(live - cached) > LOSS_ROUNDING) throw new Error(`The first loss is ${live} live and ${cached} cached.`);

  const own = await rollouts(bed, "transformers", trained.adapters);
  const vllm = await rollouts(bed, "vllm", trained.adapters);
  note({
    what: "rollouts",
    unit: "tokens/s",
    ways: [
      ["own loop", own.tokens],
      ["vLLM", vllm.tokens],
    ],
  });
  note({
    what: "start of a planner",
    unit: "s",
    less: true,
    ways: [
      ["own loop", own.load],
      ["vLLM", vllm.load],
    ],
  });
  note({
    what: "the next policy",
    unit: "s",
    less: true,
    ways: [
      ["own loop", own.swap],
      ["vLLM", vllm.swap],
    ],
  });
  const critics = [await scores(bed, "transformers"), await scores(bed, "vllm")] as const;
  note({
    what: "scored samples",
    unit: "a second",
    ways: [
      ["own loop", critics[0].rate],
      ["vLLM", critics[1].rate],
    ],
  });
  const drawn = await views(bed);
  note({ what: "views, four steps", unit: "a second", ways: [["FLUX.2 klein", drawn.rate]] });

  const times = { rollout: vllm.chunk, imagine: drawn.chunk, score: critics[1].chunk };
  const shard = await labelling(size, times);
  note({
    what: "a shard's labels, three devices",
    unit: "s",
    less: true,
    ways: [
      ["staged", shard.staged],
      ["streamed", shard.stream],
    ],
  });
}

/** Draws the weights on the device, once. */
function makeCheckpoints(folder: string): void {
  if (existsSync(join(folder, "klein/model_index.json"))) return;
  mkdirSync(folder, { recursive: true });
  const program = [join(PROJECT, "demo/train/real_size.py"), folder];
  execFileSync(projectRunners().python, program, { stdio: "inherit" });
}

/** What the driver calls a GPU that CUDA_VISIBLE_DEVICES shows. */
function gpuOf(index: number): string {
  return visibleGpus(process.env)?.[index] ?? String(index);
}

const [device] = await hostDevices();
const onGpu = device?.kind === "cuda";
const size: Size = (values.size ?? (onGpu ? "real" : "toy")) === "real" ? realSize(values.folder) : toySize(PROJECT);
if (size.name === "real") makeCheckpoints(values.folder);
const card = onGpu
  ? execFileSync("nvidia-smi", ["--query-gpu=name", "--format=csv,noheader", `--id=${gpuOf(device.index)}`])
      .toString()
      .trim()
  : `${cpus()[0]!.model.trim()}, ${availableParallelism()} threads, no GPU`;
const bed = await makeBed(size, Number(values.seconds), availableParallelism());
try {
  await measure(bed);
} finally {
  await bed.close();
}
process.stdout.write(`\n${tableLines(table(card)).join("\n")}\n`);
mkdirSync(dirname(values.out), { recursive: true });
const { planner: _planner, critic: _critic, klein: _klein, ...asked } = size;
await writeJson(values.out, { card, asked, lines });
