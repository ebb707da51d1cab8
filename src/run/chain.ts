import { join } from "node:path";
import { readJson } from "../artifact/files.ts";
import { type Piece, withAncestors, withDescendants } from "../artifact/descent.ts";
import type { ArtifactStore } from "../artifact/store.ts";
import type { Account } from "../contract/account.ts";
import { imbalance } from "../contract/account.ts";
import type { ArtifactRef } from "../contract/artifact.ts";
import { type AnsweredBenchmark, verifyAnswers } from "../measuring/verify.ts";
import { readIfThere, type RunTrace } from "./trace.ts";
import type { Check } from "../pipeline/pipeline.ts";

/** summary.json of a stage, as the run folder shows it. */
interface StageSummary {
  readonly policy: string;
  readonly account: Account;
  readonly artifacts: Readonly<Record<"rows" | "adapter" | "checkpoint", ArtifactRef | null>>;
}

/**
 * Checks what every stage says of itself: its rows add up, and it was trained on them, from the checkpoint that the
 * stage before made. Then judges every answer again.
 * @param folder absolute path of the run folder
 * @param benchmarks those that were asked, where the recipe does not name them
 */
export async function* verifyChain(
  store: ArtifactStore,
  folder: string,
  benchmarks?: readonly AnsweredBenchmark[],
): AsyncGenerator<Check> {
  const { stages } = await readJson<{ readonly stages: readonly string[] }>(join(folder, "config.json"));
  let start: ArtifactRef | null = null;
  for (const name of stages) {
    const summary = await readIfThere<StageSummary>(join(folder, name, "summary.json"));
    if (summary === null) {
      yield { what: `${name}: not there yet, the run has not come so far` };
      break;
    }
    const { rows, adapter, checkpoint } = summary.artifacts;
    const missing = imbalance(summary.account);
    const what = `${name}: account of its rows`;
    yield missing === 0 ? { what } : { what, problem: `${missing} rows are accounted for nowhere.` };
    yield await trainedFrom(store, name, { trained: adapter ?? checkpoint!, start, rows: rows! });
    start = checkpoint;
  }
  yield* verifyAnswers(store, folder, benchmarks);
}

async function trainedFrom(
  store: ArtifactStore,
  name: string,
  {
    trained,
    start,
    rows,
  }: { readonly trained: ArtifactRef; readonly start: ArtifactRef | null; readonly rows: ArtifactRef },
): Promise<Check> {
  const what = `${name}: provenance of the training`;
  try {
    const { inputs } = await readJson<{ inputs: string[] }>(join(await store.open(trained), "manifest.json"));
    // The first input is the checkpoint that it started from; of the first stage that is a folder of the user's.
    if (start !== null && inputs[0] !== start.sha256) {
      return { what, problem: "It did not start from the checkpoint that the stage before made." };
    }
    if (inputs.at(-1) !== rows.sha256) return { what, problem: "It was trained on other rows than those of the run." };
    return { what };
  } catch (error) {
    return { what, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Steps whose results a chain of trainings makes again from others. */
export const CHAIN_MADE = ["train", "merge", "checkpoint", "answer-items", "gather", "measure"];
/** What it brings in. */
export const CHAIN_BROUGHT = ["items", "training-rows", "recipe"];
/** Steps whose results are small, and which a table of another run may stand on: they stay. */
const ANYBODYS = ["answer-items", "gather", "measure", ...CHAIN_BROUGHT];

/**
 * What a chain of trainings stands on: of a complete one the artifacts that its stages name, with what they were made
 * of; of one that goes on anything, because which trainings it will find cannot be told before it ends.
 * @param anybodys further steps, of the pipeline's own, whose results stay whatever the run names
 */
export async function chainNeeds(
  pieces: readonly Piece[],
  { folder }: Pick<RunTrace, "folder">,
  complete: boolean,
  { stages, anybodys = [] }: { readonly stages: readonly string[]; readonly anybodys?: readonly string[] },
): Promise<ReadonlySet<Piece>> {
  const kept = pieces.filter(({ step }) => ANYBODYS.includes(step) || anybodys.includes(step));
  if (!complete) return new Set<Piece>(withDescendants(pieces, kept));
  const read = stages.map((name) => readIfThere<StageSummary>(join(folder, name, "summary.json")));
  const named = new Set(
    (await Promise.all(read)).flatMap((each) =>
      Object.values(each?.artifacts ?? {}).flatMap((ref) => (ref ? [ref.key] : [])),
    ),
  );
  const made = withAncestors(
    pieces,
    pieces.filter(({ key }) => named.has(key)),
  );
  return new Set<Piece>([...kept, ...made]);
}
