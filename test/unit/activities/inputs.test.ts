import { chmodSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MockActivityEnvironment } from "@temporalio/testing";
import { DefaultLogger } from "@temporalio/worker";
import sharp from "sharp";
import { pino } from "pino";
import { expect, test } from "vitest";
import type { ActivityDeps } from "../../../activities/deps.ts";
import { inputsOf } from "../../../activities/inputs.ts";
import { asActivity, type StepContext } from "../../../activities/step.ts";
import { makeArtifact } from "../../../src/artifact/make.ts";
import { createLocalStore } from "../../../src/artifact/local-store.ts";
import type { ArtifactRef } from "../../../src/contract/artifact.ts";
import { StepFailure } from "../../../src/failure.ts";
import { folderOf, made, names, recipeOf } from "../../support/artifacts.ts";
import { picture } from "../../support/data.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const { signal } = new AbortController();

/** A store with an artifact of rollouts and one of views, both read by this host. */
async function read() {
  const root = temporaryFolder();
  const store = createLocalStore(root);
  const rollouts = await made(store, recipeOf("rollout"), { "rollouts.jsonl": '{"text":"from behind"}\n' });
  const { ref: views } = await makeArtifact(store, recipeOf("imagine"), async (folder) => {
    await picture(1).png().toFile(join(folder, "img_0.png"));
    return { rows: 1 };
  });
  for (const [ref, file] of [
    [rollouts, join(folderOf(root, recipeOf("rollout")), "rollouts.jsonl")],
    [views, join(folderOf(root, recipeOf("imagine")), "img_0.png")],
  ] as const) {
    utimesSync(file, 1, 1); // a time that can be put back exactly
    await store.open(ref);
  }
  return { root, store, rollouts, views };
}

/** Zeros the end of a file and leaves its size and its time: what a disk does, and no program. */
function zero(root: string, step: string, name: string): void {
  const file = join(folderOf(root, recipeOf(step)), name);
  const { atime, mtime } = statSync(file);
  const bytes = readFileSync(file);
  bytes.fill(0, bytes.length >> 1);
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
  utimesSync(file, atime, mtime);
}

/** Runs a step as Temporal would, and returns the failure that Temporal is told. */
async function failureOf(deps: ActivityDeps, step: Step, ref: ArtifactRef): Promise<unknown> {
  const activity = asActivity(deps, step);
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger("ERROR") });
  return environment.run(activity, ref).catch((error: unknown) => error);
}
type Step = (deps: ActivityDeps, context: StepContext, ref: ArtifactRef) => Promise<unknown>;

const looks: Step = async (deps, _, ref) => sharp(join(await deps.store.open(ref), "img_0.png")).stats();

test("an image that can no longer be decoded is a lost artifact, which is set aside", async () => {
  const { root, store, views } = await read();
  zero(root, "imagine", "img_0.png");
  expect(
    await failureOf({ store, log: pino({ level: "silent" }) } as unknown as ActivityDeps, looks, views),
  ).toMatchObject({
    type: "ArtifactLost",
    nonRetryable: true,
    message: `An artifact cannot be used and must be made again: ${views.key}: img_0.png has changed bytes.`,
    details: [{ then: "remake", at: { keys: [views.key] } }],
  });
  expect(names(root, "corrupt")).toEqual([expect.stringMatching(`^${views.key}\\.`)]);
  expect(await store.find(views.key)).toBeUndefined();
});

test("every broken input goes in one pass, also those that the step had not opened yet", async () => {
  const { root, store, rollouts, views } = await read();
  zero(root, "rollout", "rollouts.jsonl");
  zero(root, "imagine", "img_0.png");
  const { blame } = inputsOf(store, [{ deep: [rollouts] }, views]);
  const failure = await blame(new StepFailure("BadInput", "line 1 is not JSON"), signal);
  expect(failure).toMatchObject({ type: "ArtifactLost", details: { keys: [views.key, rollouts.key].toSorted() } });
  expect(names(root, "corrupt")).toHaveLength(2);
});

test("what the store itself misses counts too, and keeps its sentence when it is alone", async () => {
  const { root, store, rollouts, views } = await read();
  zero(root, "rollout", "rollouts.jsonl");
  const inputs = inputsOf(store, [views]);
  const gone = { ...views, sha256: "0".repeat(64) };
  const thrown = (await inputs.store.open(gone).catch((error: unknown) => error)) as StepFailure;
  expect(await inputs.blame(thrown, signal)).toMatchObject({ message: thrown.message, details: { keys: [views.key] } });
  const both = await inputsOf(store, [rollouts]).blame(thrown, signal);
  expect(both).toMatchObject({ details: { keys: [views.key, rollouts.key].toSorted() } });
  expect(both.message).toMatch(
    /^2 artifacts cannot be used and must be made again: imagine-\w+, rollout-\w+: rollouts/,
  );
});

test("a runner's word that an adapter is torn counts where its bytes have changed, and stops the run where not", async () => {
  const { root, store, rollouts } = await read();
  const torn = new StepFailure("ArtifactLost", "adapter_model.safetensors is missing or torn.");
  expect(await inputsOf(store, [rollouts]).blame(torn, signal)).toMatchObject({
    type: "ChildError",
    message: expect.stringMatching(/is missing or torn\. All artifacts of this step are as they were committed/),
  });
  zero(root, "rollout", "rollouts.jsonl");
  const inputs = inputsOf(store, []);
  await inputs.store.open(rollouts);
  expect(await inputs.blame(torn, signal)).toMatchObject({ type: "ArtifactLost", details: { keys: [rollouts.key] } });
});

test("a failure of a step whose inputs are whole stays what it is", async () => {
  const { store, rollouts, views } = await read();
  const failure = new StepFailure("Provenance", "Shard 1 must be sampled by another policy.");
  expect(await inputsOf(store, [rollouts, views]).blame(failure, signal)).toBe(failure);
});

test("nobody reads gigabytes to learn that a device is too small", async () => {
  const { root, store, rollouts } = await read();
  zero(root, "rollout", "rollouts.jsonl");
  const failure = new StepFailure("OutOfMemory", "The device ran out of memory on a single item.");
  expect(await inputsOf(store, [rollouts]).blame(failure, signal)).toBe(failure);
  expect(names(root, "corrupt")).toEqual([]);
});

test("a checkpoint that the training has superseded is not missed", async () => {
  const { store, rollouts } = await read();
  const inputs = inputsOf(store, []);
  await inputs.store.open(rollouts);
  await inputs.store.remove(rollouts.key);
  const failure = new StepFailure("ChildError", "At step 3 no longer finite: loss; lower learning_rate.");
  expect(await inputs.blame(failure, signal)).toBe(failure);
});
