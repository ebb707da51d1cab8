import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { Recipe } from "../../src/pipeline/index.ts";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import { startRun } from "../../src/temporal/start.ts";
import { startWorkerProcess } from "../harness/processes.ts";
import { newRoot, PROJECT, startServer } from "../harness/world.ts";
import { type Fault, type HostOptions, openAiHost } from "../support/openai-host.ts";

/** Rejection sampling alone: what is sampled by a server of the user's own, and chosen of it. */
function recipeOf(address: string): Recipe {
  const shipped = parse(readFileSync(join(PROJECT, "configs/unified-reward.simulated.yaml"), "utf8")) as {
    readonly sampling: object;
  };
  return parseRecipeObject({
    ...shipped,
    name: "served",
    init: "demo/snowball/critic",
    stages: ["rejection"],
    sampling: { ...shipped.sampling, fill: "none" },
    rejection: { training: { backend: "trl" } },
    answering: {
      backend: "openai",
      server: { address, model: "critic", in_flight: 3 },
      dtype: "float32",
      min_pixels: 16_384,
      max_pixels: 16_384,
      max_new_tokens: 64,
    },
    retries: { heartbeat_timeout_s: 2 },
    simulate: undefined,
  });
}

async function world(change: Partial<HostOptions> = {}) {
  const root = newRoot();
  const init = join(root, "demo/snowball/critic");
  cpSync(join(PROJECT, "demo/snowball/critic"), init, { recursive: true });
  const temporal = await startServer(root);
  const options = { models: [{ id: "critic", root: init }], latencyMs: 20, ...change };
  return { root, ...temporal, options, host: await openAiHost(options) };
}

/** What was sampled, and what was made of it: every manifest, byte for byte, by its name. */
function sampledIn(root: string): Record<string, string> {
  const artifacts = join(root, ".snowball/store/artifacts");
  const manifests = readdirSync(artifacts, { recursive: true, encoding: "utf8" })
    .filter((name) => /^(answer-items|gather|judge-chains|choose-chains)\//.test(name))
    .filter((name) => name.endsWith("manifest.json"));
  return Object.fromEntries(manifests.toSorted().map((name) => [name, readFileSync(join(artifacts, name), "utf8")]));
}

const FAULTS: Readonly<Record<number, Fault>> = { 2: { status: 429 }, 5: { status: 500 }, 8: "half", 11: "broken" };

/** A run's death once all chains are chosen: the training behind them is others' affair. */
const CHOSEN = "recorded:choose-chains";

async function undisturbed(): Promise<Record<string, string>> {
  const { root, server, client, close, host } = await world();
  await startRun(client, recipeOf(host.address));
  await (
    await startWorkerProcess(root, server.address, CHOSEN)
  ).ended;
  const made = sampledIn(root);
  await Promise.all([close(), host.close()]);
  return made;
}

/** The worker is killed while it samples, then the server under its second one; requests fail on the way. */
async function disturbed(): Promise<Record<string, string>> {
  const { root, server, client, close, options, host } = await world({ fault: (number) => FAULTS[number] });
  await startRun(client, recipeOf(host.address));
  await (
    await startWorkerProcess(root, server.address, "files:answer-items")
  ).ended;
  const before = host.seen.length;
  const last = await startWorkerProcess(root, server.address, CHOSEN);
  await expect.poll(() => host.seen.length, { timeout: 30_000, interval: 10 }).toBeGreaterThan(before + 3);
  await host.close();
  const again = await openAiHost({ ...options, port: host.port });
  await last.ended;
  const made = sampledIn(root);
  expect(Math.max(host.under.most, again.under.most)).toBe(3);
  expect(again.seen.length).toBeGreaterThan(0);
  await Promise.all([close(), again.close()]);
  return made;
}

test("chains of a server of the user's own: worker and server are killed, and every one is the same", async () => {
  const [calm, killed] = await Promise.all([undisturbed(), disturbed()]);
  expect(Object.keys(calm).some((name) => name.startsWith("choose-chains/"))).toBe(true);
  expect(killed).toEqual(calm);
});
