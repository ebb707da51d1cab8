import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { preflight } from "../../../src/cli/preflight.ts";
import type { Recipe } from "../../../src/pipeline/index.ts";
import { parseRecipeObject } from "../../../src/pipeline/parse.ts";
import { openAiHost } from "../../support/openai-host.ts";

const PROJECT = join(import.meta.dirname, "../../..");

beforeEach(() => vi.stubEnv("TEMPORAL_ADDRESS", ""));
afterEach(() => vi.unstubAllEnvs());

function recipeOf(address: string): Recipe {
  const data = { path: "configs/samples/questions.json", image_root: "configs/samples" };
  return parseRecipeObject({
    pipeline: "evaluate",
    name: "elsewhere",
    policies: [{ name: "planner", model: "demo/snowball/planner" }],
    benchmarks: [{ benchmark: "mmsi", data }],
    answering: { backend: "openai", server: { address, model: "planner" } },
  });
}

test("a server that answers for another model, or is not there, is told before anything is started", async () => {
  const host = await openAiHost({ models: [{ id: "other" }] });
  const check = (): Promise<void> => preflight(PROJECT, recipeOf(host.address), { ignoreDisk: true });
  await expect(check()).rejects.toThrow(`The server at ${host.address} serves other, and not planner.`);
  await host.close();
  await expect(check()).rejects.toThrow(`The service at ${host.address} cannot be reached (ECONNREFUSED).`);
  const right = await openAiHost({ models: [{ id: "planner", root: join(PROJECT, "demo/snowball/planner") }] });
  await preflight(PROJECT, recipeOf(right.address), { ignoreDisk: true });
  await right.close();
});
