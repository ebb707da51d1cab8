import { join } from "node:path";
import { isMissing } from "../../../artifact/disk.ts";
import { readAllJsonLines, readJson } from "../../../artifact/files.ts";
import type { ArtifactStore } from "../../../artifact/store.ts";
import type { ArtifactRef } from "../../../contract/artifact.ts";
import type { Check } from "../../pipeline.ts";
import type { Ledger } from "../contract/ledger.ts";
import type { IterationRow } from "../contract/rows.ts";
import { StepFailure } from "../../../failure.ts";
import { checkLedger, joinLedger } from "../ledger/ledger.ts";
import { questionLedger } from "../ledger/questions.ts";
import { sampleLedger } from "../ledger/samples.ts";
import type { LabeledRow, PairRow } from "../../../preference/rows.ts";
import { givenPairsOf, type Recipe } from "../recipe/index.ts";

/** summary.json of an iteration, as the run folder shows it. */
interface IterationSummary extends IterationRow {
  readonly ledger: { readonly ledger: Ledger };
  readonly artifacts: Readonly<Record<"labeled" | "pairs" | "adapter" | "merged", ArtifactRef | null>> & {
    readonly full?: ArtifactRef;
  };
}

/**
 * Checks the ledger of every iteration, counted again from the samples, and the provenance: each shard sampled by the
 * policy that was in place, each adapter trained on exactly the pairs that the loop says.
 * @param run absolute path of the run folder
 */
export async function* verifyIterations(store: ArtifactStore, run: string): AsyncGenerator<Check> {
  const recipe = await readJson<Recipe>(join(run, "config.json"));
  const { shards } = await readJson<{ shards: string[][] }>(join(run, "shards.json"));
  const earlier: ArtifactRef[] = [];
  let inPlace: string | undefined;
  // A round on pairs of the user's own has no shard, but is one round.
  const rounds = givenPairsOf(recipe) === undefined ? shards : [[]];
  for (const [iteration, ids] of rounds.entries()) {
    const folder = join(run, `iter_${iteration}`);
    const summary = await readJson<IterationSummary>(join(folder, "summary.json")).catch(absent);
    if (!summary) {
      yield { what: `iter_${iteration}: not there yet, the run has not come so far` };
      return;
    }
    const sampledBy = new Set<string>();
    if (summary.artifacts.labeled !== null) {
      const rows = await readAllJsonLines<LabeledRow>(join(folder, "labeled.jsonl"));
      const pairs = await readJson<PairRow[]>(join(folder, "dpo_pairs.json"));
      yield check(`iter_${iteration}: ledger`, () => recount(rows, pairs, { ids, recipe, summary }));
      for (const row of rows) if (row.policy !== "") sampledBy.add(row.policy);
      yield check(`iter_${iteration}: provenance of samples`, () => sampledByOne(sampledBy, inPlace));
    }
    if (summary.artifacts.pairs) earlier.push(summary.artifacts.pairs);
    const trained = summary.artifacts.adapter ?? summary.artifacts.full;
    if (trained) {
      const used = recipe.loop.controls.accumulate ? earlier : earlier.slice(-1);
      yield await trainingProvenance(store, iteration, trained, used);
    }
    const [sampler] = sampledBy;
    const stays = summary.decision === "roll_back" || summary.decision === "no_pairs";
    if (recipe.loop.controls.rollouts_from === "base") inPlace = sampler;
    else inPlace = stays ? (inPlace ?? sampler) : summary.policy;
  }
}

function recount(
  rows: readonly LabeledRow[],
  pairs: readonly PairRow[],
  of: { readonly ids: readonly string[]; readonly recipe: Recipe; readonly summary: IterationSummary },
): void {
  const k = of.recipe.planner.num_rollouts;
  const told = of.summary.ledger.ledger;
  const questions = questionLedger({ pairs, dropped: told.dropped }, of.ids);
  const counted = joinLedger(sampleLedger(rows, k, of.ids), questions);
  checkLedger(counted, k);
  if (JSON.stringify(counted) !== JSON.stringify(told)) {
    throw new StepFailure("LedgerImbalance", "summary.json tells other numbers than labeled.jsonl and dpo_pairs.json.");
  }
}

function sampledByOne(policies: ReadonlySet<string>, inPlace: string | undefined): void {
  const [first, ...others] = policies;
  if (others.length > 0) throw new StepFailure("Provenance", `The shard was sampled by ${policies.size} policies.`);
  if (inPlace !== undefined && first !== undefined && first !== inPlace) {
    throw new StepFailure(
      "Provenance",
      `The shard was sampled by policy ${first.slice(0, 12)}, but ${inPlace.slice(0, 12)} was in place.`,
    );
  }
}

async function trainingProvenance(
  store: ArtifactStore,
  iteration: number,
  trained: ArtifactRef,
  pairs: readonly ArtifactRef[],
): Promise<Check> {
  const what = `iter_${iteration}: provenance of the training`;
  try {
    const { inputs } = await readJson<{ inputs: string[] }>(join(await store.open(trained), "manifest.json"));
    const wanted = pairs.map((each) => each.sha256);
    // The first input is the base.
    return check(what, () => {
      if (JSON.stringify(inputs.slice(1)) === JSON.stringify(wanted)) return;
      throw new StepFailure("Provenance", "It was trained on other pairs than those of the run's iterations so far.");
    });
  } catch (error) {
    return { what, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** A failed check is a finding to report, whatever its type. */
function check(what: string, assert: () => void): Check {
  try {
    assert();
    return { what };
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    return { what, problem: error.message };
  }
}

function absent(error: unknown): undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (isMissing(at)) return undefined;
  throw error;
}
