import { join } from "node:path";
import { readAllJsonLines, writeJsonLines } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import { pairwise } from "../../src/benchmark/pairwise.ts";
import { type AnsweredRow, judgeRow, statusCounts } from "../../src/benchmark/rows.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { AskedBenchmark } from "../../src/contract/benchmark.ts";
import type { ImportedQuestion } from "../../src/dataset/question.ts";
import { StepFailure } from "../../src/failure.ts";
import { byItem, type Chain, isWanting } from "../../src/pipeline/unified-reward/chains.ts";
import type {
  JudgeChainsInput,
  JudgedChains,
  PlannedSampling,
} from "../../src/pipeline/unified-reward/contract/plan.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";

/** Raise when the meaning of a judged chain, or of who is asked again, changes. */
const JUDGED_VERSION = 1;
const WANTING_VERSION = 1;

/** Judges the chains of every round so far, as chains.jsonl, and says which pairs are worth asking again. */
export async function judgeChains(
  deps: ActivityDeps,
  _context: StepContext,
  { who, sampling, answers }: JudgeChainsInput,
): Promise<JudgedChains> {
  const { pairs } = sampling;
  const inputs = [pairs.items.sha256, ...answers.map(({ sha256 }) => sha256)];
  const recipeOf = { step: "judge-chains", version: JUDGED_VERSION, params: {}, inputs };
  const items = await pairsIn(deps, pairs.items);
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    const known = new Map(items.map((each) => [each.id, each]));
    const settings = pairwise.settings.parse(pairs.settings);
    const chains: Chain[] = [];
    for (const round of answers) {
      const rows = await readAllJsonLines<AnsweredRow>(join(await deps.store.open(round), "rows.jsonl"));
      chains.push(
        ...rows.map((row) => judgeRow(known.get(row.id)!, row, (item, text) => pairwise.judge(item, text, settings))),
      );
    }
    return { rows: await writeJsonLines(join(folder, "chains.jsonl"), chains) };
  });
  const chains = await chainsIn(deps, ref);
  refuseCut(who, chains, sampling);
  const counts: Readonly<Record<string, number>> = statusCounts(chains);
  return {
    ref,
    account: { of: `chain of ${who}`, total: chains.length, parts: counts },
    wanting: await askedAgain(deps, sampling, items, { ref, chains }),
  };
}

export async function chainsIn({ store }: ActivityDeps, ref: ArtifactRef): Promise<Chain[]> {
  return readAllJsonLines<Chain>(join(await store.open(ref), "chains.jsonl"));
}

export async function pairsIn({ store }: ActivityDeps, ref: ArtifactRef): Promise<ImportedQuestion[]> {
  return readAllJsonLines<ImportedQuestion>(join(await store.open(ref), "items.jsonl"));
}

/** Those that end in time are then the short ones: what is learned from them is to be short, not to be right. */
function refuseCut(who: string, chains: readonly Chain[], { maxCutShare }: PlannedSampling): void {
  const given = chains.filter(({ finish }) => finish !== null);
  const cut = given.filter(({ finish }) => finish === "length").length;
  if (cut <= maxCutShare * given.length) return;
  throw new StepFailure(
    "ThresholdExceeded",
    `${cut} of ${given.length} chains of ${who} were cut at answering.max_new_tokens, more than sampling.max_cut_share (${maxCutShare}) allows; a larger max_new_tokens, or a sampling.settings that asks for less, is needed.`,
  );
}

async function askedAgain(
  deps: ActivityDeps,
  { pairs, fill }: PlannedSampling,
  items: readonly ImportedQuestion[],
  { ref, chains }: { readonly ref: ArtifactRef; readonly chains: readonly Chain[] },
): Promise<AskedBenchmark | null> {
  const own = byItem(chains);
  const wanting = items.filter(({ id }) => isWanting(own.get(id) ?? [], fill));
  if (wanting.length === 0) return null;
  const recipeOf = {
    step: "wanting-items",
    version: WANTING_VERSION,
    params: { fill },
    inputs: [pairs.items.sha256, ref.sha256],
  };
  const { ref: again } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    return { rows: await writeJsonLines(join(folder, "items.jsonl"), wanting) };
  });
  return { ...pairs, items: again, count: wanting.length };
}
