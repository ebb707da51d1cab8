import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../../src/temporal/ports.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { newRoot, PROJECT, simulatedRecipe, startServer, startWorker } from "../harness/world.ts";

test("a worker's metrics tell the accounts of a run and the rows of its steps, under the names of the dashboard", async () => {
  const root = newRoot();
  const { server, client, close } = await startServer(root);
  const metricsAddress = `127.0.0.1:${await freePort(0)}`;
  const host = await startWorker(root, server.address, { metricsAddress });
  const recipe = simulatedRecipe("counted", {
    loop: { num_iterations: 1 },
    data: { max_samples: 8, held_out: { val: 2, test: 2 } },
    simulate: { faults: { malformed_share: 0.2 } },
  });
  await startRun(client, recipe);
  const result = await resultOf(client, recipe.name);
  const text = await (await fetch(`http://${metricsAddress}/metrics`)).text();
  await host.stop();
  await close();

  for (const { of, parts } of result.accounts) {
    for (const [part, many] of Object.entries(parts)) {
      expect(valuesOf(text, "snowball_accounted", { run: "counted", of, part }), `${of}: ${part}`).toEqual([many]);
    }
  }
  // 8 questions and 4 samples each, and the 4 held-out ones by two policies.
  expect(valuesOf(text, "snowball_rows_total", { activityType: "rolloutChunk" })).toEqual([8 * 4 + 2 * 4]);
  const busy = valuesOf(text, "snowball_device_busy_count", { activityType: "rolloutChunk" });
  expect(busy.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0);
  const dashboard = readFileSync(join(PROJECT, "configs/grafana/snowball.json"), "utf8");
  const named = new Set(dashboard.match(/\b(snowball|temporal)_[a-z_]+\b/g));
  // Nothing failed, so those are not there yet.
  const silent = ["snowball_failures_total", "snowball_retries_total"];
  expect([...named].filter((name) => !silent.includes(name) && !text.includes(`\n${name}{`))).toEqual([]);
});

/** The values of a metric's series that have these labels. */
function valuesOf(text: string, metric: string, labels: Readonly<Record<string, string>>): number[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${metric}{`))
    .filter((line) => Object.entries(labels).every(([name, value]) => line.includes(`${name}="${value}"`)))
    .map((line) => Number(line.split(" ").at(-1)));
}
