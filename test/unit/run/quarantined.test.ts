import { join } from "node:path";
import { expect, test } from "vitest";
import { createLocalStore } from "../../../src/artifact/store.ts";
import { retryLines } from "../../../src/report/retry.ts";
import { findQuarantined, setQuarantinedAside } from "../../../src/run/quarantined.ts";
import type { RunTrace } from "../../../src/run/trace.ts";
import { seedFor } from "../../../src/seed.ts";
import { made, names } from "../../support/artifacts.ts";
import { shipped } from "../../support/recipe.ts";
import { temporaryFolder } from "../../support/temporary.ts";

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
  const trace: RunTrace = { name: "run", folder: state, recipe, shards, policies: null, named: [] };
  return { state, keys, retry: await findQuarantined(state, trace) };
}

test("a view that was refused and scored by the older convention is no quarantined sample: nothing is set aside", async () => {
  const { state, retry } = await stopped({
    a: { views: ["ok", "refused"], samples: [{ status: "view" }, { status: "policy_failure" }] },
  });
  expect(retry).toEqual({ reasons: {}, views: [], judged: [], poisoned: 0 });
  expect(retryLines("run", retry)).toEqual(["run has no quarantined sample."]);
  await setQuarantinedAside(state, retry);
  expect(names(state, "store", "corrupt")).toEqual([]);
});

test("what is counted is what is set aside: the views, or the scores, in which the quarantine arose", async () => {
  const { state, keys, retry } = await stopped({
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
  await setQuarantinedAside(state, retry);
  expect(names(state, "store", "corrupt")).toHaveLength(2);
});
