import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ArtifactStore } from "../../../src/artifact/store.ts";
import type { PolicyRef } from "../../../src/contract/artifact.ts";
import { madeInputs, policyDigest, policyFolders } from "../../../src/run/policy.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const adapter = { key: "train/a", sha256: "a", bytes: 1, rows: 1 };
const merged = { key: "merge/m", sha256: "m", bytes: 1, rows: 1 };
const POLICY: PolicyRef = { base: { folder: "models/base", digest: "b" }, adapter, dtype: "bfloat16" };

/** A store whose merge passed its canary in this dtype. */
function storeOf(dtype: string): ArtifactStore {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "model_merged"));
  writeFileSync(join(folder, "canary.json"), JSON.stringify({ dtype }));
  return { open: async () => folder } as unknown as ArtifactStore;
}

test("a policy is the same however it is served, and what it is served from is known", () => {
  expect(policyDigest({ ...POLICY, merged })).toBe(policyDigest(POLICY));
  expect(madeInputs(POLICY)).toEqual(["a"]);
  expect(madeInputs({ ...POLICY, merged })).toEqual(["a", "m"]);
});

test.each([
  ["bfloat16", "bfloat16"],
  ["bfloat16", "float16"],
  ["float16", "float32"],
])("a merge that is faithful in %s is served in %s", async (passed, dtype) => {
  const found = await policyFolders(storeOf(passed), "/root", { ...POLICY, merged, dtype });
  expect(found).toEqual({ model: expect.stringMatching(/model_merged$/), adapter: null });
});

test("a merge that keeps the training in a wider dtype alone is not served in a narrower one", async () => {
  await expect(policyFolders(storeOf("float32"), "/root", { ...POLICY, merged })).rejects.toMatchObject({
    type: "BadInput",
    message:
      "The merged checkpoint keeps what was trained in float32, and is to be served in bfloat16, which would round it " +
      "away; planner.policies adapter, or planner.dtype float32, is needed.",
  });
});
