import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ActivityDeps } from "../../../activities/deps.ts";
import { rolloutChunk } from "../../../activities/snowball/rollout.ts";
import type { Manifest } from "../../../src/artifact/manifest.ts";
import { createLocalStore } from "../../../src/artifact/local-store.ts";
import { chunkOf } from "../../../src/contract/chunk.ts";
import type { Models } from "../../../src/model/models.ts";
import { createServedVlm } from "../../../src/model/vlm/transformers.ts";
import { shipped } from "../../support/recipe.ts";
import { opened } from "../../support/run.ts";
import { anImported } from "../../support/sample.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const completion = { text: "none", finish: "stop", tokens: 1, mean_logprob: 0, retokenized_equal: true };

/** The manifest of a chunk's rollouts, by a model server that ended with this micro-batch. */
async function manifestOf(size: number): Promise<Manifest> {
  const store = createLocalStore(temporaryFolder());
  const recipe = shipped("snowball.simulated.yaml", { planner: { num_rollouts: 2, micro_batch: 8 } });
  const run = await opened(store, recipe, [anImported("a")]);
  const withVlm: Models["withVlm"] = (_role, { serving, micro_batch, silenceMs }, _options, use) => {
    const result = [{ completions: [completion, completion], prompt_digest: "d" }];
    const server = { request: async () => ({ result, serving, notes: { micro_batch: size } }) };
    return use(createServedVlm(server, { serving, micro_batch, silenceMs }));
  };
  const deps = { root: "/root", store, models: { withVlm } } as unknown as ActivityDeps;
  const policy = { base: { folder: "models/planner", digest: "a".repeat(64) }, dtype: "bfloat16" };
  const list = { set: "shard", shard: 0 } as const;
  const context = { signal: new AbortController().signal, report: () => undefined };
  const ref = await rolloutChunk(deps, context, { run, list, chunk: chunkOf(1, 1, 0), policy, source: "sampled" });
  return JSON.parse(readFileSync(join(await store.open(ref), "manifest.json"), "utf8")) as Manifest;
}

test("a micro-batch that had to be smaller is in the manifest, and changes neither key nor digest", async () => {
  const [whole, halved] = [await manifestOf(8), await manifestOf(4)];
  expect(whole.notes).toBeUndefined();
  expect(halved.notes).toEqual({ micro_batch: 4 });
  expect([halved.key, halved.sha256]).toEqual([whole.key, whole.sha256]);
});
