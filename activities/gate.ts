import { join } from "node:path";
import { readAllJsonLines, readJson, writeJson } from "../src/artifact/files.ts";
import { artifactKey } from "../src/artifact/key.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { DecisionInput, Gated, GateInput, PersonsDecision } from "../src/contract/gate.ts";
import type { ScoreRow } from "../src/contract/measurement.ts";
import { readRecipe } from "../src/run/recipe-file.ts";
import { seedFor } from "../src/seed.ts";
import { pairedBootstrap } from "../src/statistics/bootstrap.ts";
import { decideGate } from "../src/statistics/verdict.ts";
import { observationsOf, SCORES_FILE } from "../src/statistics/scores.ts";
import type { ActivityDeps } from "./deps.ts";
import type { StepContext } from "./step.ts";

const RESULT_VERSION = 1;

/** Compares two policies by a score on the same items of a split and decides which one stays. */
export async function gatePolicy(deps: ActivityDeps, _context: StepContext, input: GateInput): Promise<Gated> {
  const { mode, score, split, resamples } = input;
  const { recipe } = await readRecipe(deps.store, input.run);
  const [from, to] = await Promise.all(
    [input.from, input.to].map(async (ref) => {
      const rows = await readAllJsonLines<ScoreRow>(join(await deps.store.open(ref), SCORES_FILE));
      return observationsOf(rows, score, split);
    }),
  );
  return decideGate(mode, pairedBootstrap(from!, to!, { seed: seedFor("gate", recipe.seed), resamples }), split);
}

/**
 * Keeps what a person decided at the gate, as an artifact of the two policies: a run that starts over finds it instead
 * of asking again. The first decision stays. Without a decision to keep, answers the known one or null.
 */
export async function keepDecision(
  deps: ActivityDeps,
  _context: StepContext,
  { run, from, to, decision }: DecisionInput,
): Promise<PersonsDecision | null> {
  const { store } = deps;
  const recipeOf = { step: "decision", version: RESULT_VERSION, params: { run: run.name }, inputs: [from, to] };
  const known = await store.find(artifactKey(recipeOf));
  if (known === undefined && decision === null) return null;
  const { ref } = await makeArtifact(store, recipeOf, async (folder) => {
    await writeJson(join(folder, "decision.json"), { decision });
    return { rows: 1 };
  });
  const kept = await readJson<{ decision: PersonsDecision }>(join(await store.open(ref), "decision.json"));
  return kept.decision;
}
