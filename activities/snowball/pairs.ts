import { join } from "node:path";
import { readAllJsonLines, readJson, writeJson } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import type { PairsSummary, SelectedPairs, SnowballRun } from "../../src/pipeline/snowball/contract/plan.ts";
import { StepFailure } from "../../src/failure.ts";
import { checkLedger, joinLedger } from "../../src/pipeline/snowball/ledger/ledger.ts";
import { questionLedger } from "../../src/pipeline/snowball/ledger/questions.ts";
import { sampleLedger } from "../../src/pipeline/snowball/ledger/samples.ts";
import { checkThresholds } from "../../src/pipeline/snowball/ledger/thresholds.ts";
import { shuffleScores } from "../../src/preference/controls.ts";
import { selectPairs as select } from "../../src/preference/pairs.ts";
import { IMAGES_FILE, imageDigests } from "../../src/training/algorithm.ts";
import { canonicalDigest } from "../../src/artifact/key.ts";
import { middleGap } from "../../src/statistics/quantiles.ts";
import type { LabeledRow } from "../../src/preference/rows.ts";
import { pairPrompt } from "../../src/prompt/messages.ts";
import { seedFor } from "../../src/seed.ts";
import type { ActivityDeps } from "../deps.ts";
import { question, readRunAt } from "../../src/pipeline/snowball/files.ts";
import { policyDigest } from "../../src/run/policy.ts";
import type { StepContext } from "../step.ts";
import { determining } from "../../src/determining.ts";
import { NOT_OF_PAIRS } from "../../src/pipeline/snowball/keys.ts";

/** Raise when the meaning of a pair changes. */
const RESULT_VERSION = 2;

/** Pairs of a shard, their ledger and the warnings they give; dpo_pairs.json and ledger.json. */
export async function selectPairs(
  deps: ActivityDeps,
  _context: StepContext,
  run: SnowballRun,
  shard: number,
  labeled: ArtifactRef,
  policy: PolicyRef,
): Promise<SelectedPairs> {
  const { store } = deps;
  const files = await readRunAt(store, run, shard);
  const { scoring, planner, loop, thresholds, seed } = files.recipe;
  const sampled = policyDigest(policy);
  const ids = files.shards.shards[shard] ?? [];
  const shuffle = loop.controls.shuffle_scores;
  const recipeOf = {
    step: "pairs",
    version: RESULT_VERSION,
    params: {
      shard,
      rules: determining(scoring, NOT_OF_PAIRS),
      images: canonicalDigest(ids.map((id) => question(files, id).image_digests)),
      texts: { system: files.texts.system, template: files.texts.template },
      max_instructions: planner.max_instructions,
      num_rollouts: planner.num_rollouts,
      thresholds,
      shuffle: shuffle === "none" ? null : [shuffle, seed],
    },
    inputs: [labeled.sha256, sampled],
  };
  const { ref } = await makeArtifact(store, recipeOf, async (folder) => {
    const rows = await readAllJsonLines<LabeledRow>(join(await store.open(labeled), "rows.jsonl"));
    refuseOtherPolicies(rows, sampled, shard);
    const samples = sampleLedger(rows, planner.num_rollouts, ids);
    const warnings = checkThresholds(samples, thresholds);
    const scored = shuffle === "none" ? rows : shuffleScores(rows, shuffle, seedFor("control", seed, shard));
    const selection = select(scored, new Map(ids.map((id) => [id, question(files, id)])), scoring, {
      iteration: shard,
      system: files.texts.system.trim(),
      prompt: (each) => pairPrompt(each, files.texts, planner.max_instructions),
    });
    const questions = questionLedger(selection, ids);
    const ledger = joinLedger(samples, questions);
    checkLedger(ledger, planner.num_rollouts);
    const lenient = rows.filter((row) => row.lenient).length;
    if (lenient > 0) warnings.push(lenientWarning(shard, lenient, rows.length));
    if (selection.pairs.length === 0) warnings.push(`iter_${shard}: no question has a pair.`);
    const summary: PairsSummary = {
      pairs: selection.pairs.length,
      weak: questions.weak,
      gapMedian: middleGap(selection.pairs.map((pair) => pair.gap)),
      ledger,
      warnings,
    };
    await writeJson(join(folder, "dpo_pairs.json"), selection.pairs);
    await writeJson(
      join(folder, IMAGES_FILE),
      imageDigests(selection.pairs, (name) => files.given.get(name)),
    );
    await writeJson(join(folder, "ledger.json"), {
      ...summary,
      kinds: questions.kinds,
      gap_quantiles: selection.gapQuantiles,
      quarantined_because: samples.reasons,
      retokenized_differently: rows.filter((row) => !row.retokenized_equal).length,
      ...(lenient > 0 && { read_leniently: lenient }),
    });
    return { rows: selection.pairs.length };
  });
  return { pairs: ref, summary: await readJson<PairsSummary>(join(await store.open(ref), "ledger.json")).then(slim) };
}

function lenientWarning(shard: number, lenient: number, samples: number): string {
  return (
    `iter_${shard}: ${lenient} of ${samples} completions have thoughts, a code fence or a remark around their plan, ` +
    "which prompt.format lenient leaves out; training takes them as they are."
  );
}

/** What the workflow steers by; the quantiles stay in the artifact. */
function slim({ pairs, weak, gapMedian, ledger, warnings }: PairsSummary): PairsSummary {
  return { pairs, weak, gapMedian, ledger, warnings };
}

/** A resumed loop that rolls out from another policy than it believes is the field's best-hidden fault. */
function refuseOtherPolicies(rows: readonly LabeledRow[], sampled: string, shard: number): void {
  const other = rows.find((row) => row.policy !== sampled && row.policy !== "");
  if (!other) return;
  throw new StepFailure(
    "Provenance",
    `Shard ${shard} must be sampled by policy ${sampled.slice(0, 12)}, but rollout ${other.rollout} of question ` +
      `"${other.question_id}" comes from ${other.policy.slice(0, 12)}. Nothing was trained.`,
  );
}
