import { join } from "node:path";
import { readJson, writeJson } from "../src/artifact/files.ts";
import { artifactKey } from "../src/artifact/key.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { PersonsDecision } from "../src/contract/progress.ts";
import type { DecisionInput } from "../src/contract/steps.ts";
import type { ActivityDeps } from "./deps.ts";
import type { StepContext } from "./step.ts";

const RESULT_VERSION = 1;

interface Decision {
  readonly decision: PersonsDecision;
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
  return (await readJson<Decision>(join(await store.open(ref), "decision.json"))).decision;
}
