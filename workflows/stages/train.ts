import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import { isMade } from "../../src/contract/artifact.ts";
import type { Trained, TrainJob } from "../../src/contract/training.ts";
import type { Opened } from "./open.ts";
import { trainSteps } from "./steps.ts";

/** Makes a policy from data: an adapter on the checkpoint that the job starts from, or a whole new checkpoint. */
export async function train({ plan, warnings }: Opened<unknown>, title: string, job: TrainJob): Promise<Trained> {
  const { run, limits } = plan;
  const summary = `train · ${title}`;
  const trained = await trainSteps(limits).trainPolicy.executeWithOptions({ summary }, [{ run, title, job }]);
  warnings.push(...(trained.warnings ?? []).map((each) => `${title}: ${each}`));
  return trained;
}

/**
 * A policy as one checkpoint: its adapter merged into its base, and refused when the merge is not base plus adapter.
 * A full fine-tuning is one checkpoint already, and was compared with its base when it was made.
 */
export async function merge(
  { plan }: Opened<unknown>,
  title: string,
  { policy, job }: { readonly policy: PolicyRef; readonly job: TrainJob },
): Promise<ArtifactRef> {
  const { run, limits } = plan;
  if (policy.adapter === undefined) return wholeCheckpoint(policy);
  const { algorithm, data, images, loading, settings } = job;
  const input = { run, title, policy, job: { algorithm, data, images, loading, settings } };
  return trainSteps(limits).mergePolicy.executeWithOptions({ summary: `merge and canary · ${title}` }, [input]);
}

function wholeCheckpoint({ base }: PolicyRef): ArtifactRef {
  if (!isMade(base)) throw new RangeError("a policy that was trained has an adapter or a checkpoint of its own");
  return base;
}
