import { join } from "node:path";
import { expect, test } from "vitest";
import { census } from "../../../../src/artifact/descent.ts";
import { createLocalStore } from "../../../../src/artifact/local-store.ts";
import { retryLines } from "../../../../src/pipeline/snowball/upkeep/retry.ts";
import { findQuarantined } from "../../../../src/pipeline/snowball/upkeep/quarantined.ts";
import type { LoopTrace } from "../../../../src/pipeline/snowball/upkeep/trace.ts";
import { storeLayout } from "../../../../src/run/prune.ts";
import { seedFor } from "../../../../src/seed.ts";
import { made } from "../../../support/artifacts.ts";
import { shipped } from "../../../support/recipe.ts";
import { temporaryFolder } from "../../../support/temporary.ts";

const recipe = shipped("snowball.simulated.yaml");
const QUESTION = "f".repeat(64);

interface Chunk {
  /** Statuses of its views, and its samples as they were judged. */
  readonly views: readonly string[];
  readonly samples: readonly { readonly status: string; readonly reason?: string; readonly policy?: string }[];
}

const step = (name: string, params: object, inputs: string[]) => ({ step: name, version: 1, params, inputs });
const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** The store of a run that stopped after these chunks were judged, and which keys each has. */
async function stopped(chunks: Readonly<Record<string, Chunk>>) {
  const state = temporaryFolder();
  const store = createLocalStore(join(state, "store"));
  const layout = storeLayout(state);
  const keys: Record<string, { views: string; judged: string }> = {};
  for (const [id, { views, samples }] of Object.entries(chunks)) {
    const seeds = [[seedFor("rollout", recipe.seed, 0, id, 0)]];
    const rolled = await made(store, step("rollout", { seeds }, [QUESTION]), { "rollouts.jsonl": lines([{ id }]) });
    const rows = views.map((status, index) => ({ id, index, status }));
    const imagined = await made(store, step("imagine", {}, [QUESTION, rolled.sha256]), { "views.jsonl": lines(rows) });
    const judged = await made(store, step("score", {}, [QUESTION, rolled.sha256, imagined.sha256]), {
      "labeled.jsonl": lines(samples.map((sample) => ({ id, policy: "p", ...sample }))),
    });
    keys[id] = { views: imagined.key, judged: judged.key };
  }
  const shards = { shards: [Object.keys(chunks)], held_out: { val: [], test: [] } };
  const trace: LoopTrace = { folder: state, recipe, shards, policies: null, named: [] };
  return { keys, retry: await findQuarantined(layout, await census(layout), trace) };
}

test("a view that was refused and scored by the older convention is no quarantined sample: nothing is set aside", async () => {
  const { retry } = await stopped({
    a: { views: ["ok", "refused"], samples: [{ status: "view" }, { status: "policy_failure" }] },
  });
  expect(retry).toEqual({ reasons: {}, views: [], judged: [], poisoned: 0 });
  expect(retryLines("run", retry)).toEqual(["run has no quarantined sample."]);
});

test("what is counted is what is set aside: the views, or the scores, in which the quarantine arose", async () => {
  const { keys, retry } = await stopped({
    view: { views: ["failed"], samples: [{ status: "quarantined", reason: "view 0: it is black" }] },
    critic: { views: ["ok"], samples: [{ status: "quarantined", reason: "no rating" }, { status: "view" }] },
    poison: { views: [], samples: [{ status: "quarantined", reason: "it died", policy: "" }] },
    fine: { views: ["ok"], samples: [{ status: "view" }] },
  });
  expect(retry).toEqual({
    reasons: { "view 0: it is black": 1, "no rating": 1, "it died": 1 },
    views: [keys["view"]!.views],
    judged: [keys["critic"]!.judged],
    poisoned: 1,
  });
});
