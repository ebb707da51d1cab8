import { tableLines } from "../../src/contract/table.ts";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { resultOf, statusOf } from "../../src/temporal/start.ts";
import { type Consumer, packedConsumer } from "../harness/package.ts";
import { stageForFile } from "../harness/suite.ts";
import { PROJECT, simulatedRecipe } from "../harness/world.ts";

/** The programs of docs/client.md, in their order: follow, answer a gate, connect. */
const page = readFileSync(join(PROJECT, "docs/client.md"), "utf8");
const documented = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map((block) => block[1]!);

/** What the page does not show: types that refuse, failures, cancelling. Prints what was said, in order. */
const REFUSED = `
import * as snowball from "snowball";

const [address = "", text = ""] = process.argv.slice(2);
const written = JSON.parse(text) as snowball.RecipeInput;
const recipe: snowball.Recipe = snowball.parseRecipeObject(written);
await using client = await snowball.connectSnowball({ address });

async function say(work: Promise<unknown>): Promise<void> {
  const thrown: unknown = await work.catch((error: unknown) => error);
  if (thrown instanceof snowball.StepFailure) console.log(thrown.type, "|", thrown.message);
  else if (thrown instanceof snowball.RunStopped) console.log(thrown.how, "|", thrown.message);
  else console.log("unexpected", thrown);
}

// @ts-expect-error what a person says is promote or roll_back
await say(snowball.answerGate(client, "nobody", "perhaps"));
// @ts-expect-error no pipeline is called so
await say(snowball.startRun(client, { ...written, pipeline: "avalanche" }));
await say(snowball.startSnowball(client, { ...written, pipeline: "single-round" } as snowball.RecipeInput));
await say(snowball.runResult(client, "nobody"));
await say(snowball.cancelRun(client, "nobody"));

console.log((await snowball.startSnowball(client, recipe)).how, (await snowball.startRun(client, written)).how);
let asked = false;
for await (const { progress } of snowball.followRun(client, recipe.name, { everyMs: 100 })) {
  if (asked || progress?.stage.name !== "train") continue;
  await snowball.cancelRun(client, recipe.name);
  asked = true;
}
await say(snowball.runResult(client, recipe.name));
await say(snowball.cancelRun(client, recipe.name));
console.log((await snowball.runStatus(client, recipe.name)).status);
console.log((await snowball.listRuns(client)).map((run) => run.name + " " + run.status).join());
`;

const stage = stageForFile();
let consumer: Consumer;
beforeAll(async () => {
  consumer = await packedConsumer();
  for (const [place, program] of documented.entries()) consumer.write(`documented-${place}.ts`, program);
  consumer.write("refused.ts", REFUSED);
});
afterAll(() => rmSync(consumer.folder, { recursive: true }));

test("the documented programs and the package's types agree, in a strict project of a user's own", async () => {
  expect(documented).toHaveLength(3);
  expect(await consumer.typeErrors()).toEqual([]);
});

test("the package asks for what it imports, and for nothing else", () => {
  const manifest = JSON.parse(readFileSync(join(consumer.installed, "package.json"), "utf8")) as {
    dependencies: object;
    peerDependencies: object;
  };
  const modules = readdirSync(consumer.installed, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(js|d\.ts)$/.test(file),
  );
  const importedBy = (files: readonly string[]): string[] => {
    const found = files.flatMap((file) => [
      ...readFileSync(join(consumer.installed, file), "utf8").matchAll(/ from "((?:@[^/"]+\/)?[^./"][^/"]*)/g),
    ]);
    return [...new Set(found.map((each) => each[1]!).filter((name) => !name.startsWith("node:")))].toSorted();
  };
  const { dependencies, peerDependencies } = manifest;
  expect(importedBy(modules)).toEqual(Object.keys({ ...dependencies, ...peerDependencies }).toSorted());
  // What is not installed with it is asked for by the selector alone, which is loaded when one is opened.
  const others = modules.filter((file) => !file.includes("model/selector/"));
  expect(importedBy(others)).toEqual(Object.keys(dependencies).toSorted());
});

test("the documented programs follow a run to its result, and answer its gate", async () => {
  const env = { TEMPORAL_ADDRESS: stage.server.address };
  const file = join(stage.root, "packed.json");
  writeFileSync(file, JSON.stringify(simulatedRecipe("packed", { loop: { num_iterations: 2, gate: "ask" } })));
  const following = consumer.run("documented-0.ts", [file], env);
  await vi.waitUntil(() => statusOf(stage.client, "packed"), { timeout: 20_000, interval: 100 });
  const answered = await consumer.run("documented-1.ts", ["packed"], env);
  expect(answered.match(/^iter_[01]: the new policy is promoted$/gm)).toHaveLength(2);

  const lines = (await following).split("\n");
  const result = await resultOf(stage.client, "packed");
  const [table] = result.tables;
  expect(table!.rows).toHaveLength(3);
  expect(lines[0]).toBe("packed: started");
  expect(lines[1]).toMatch(/^(base policy|iteration [12] of 2 \(iter_[01]\)|): [a-z ]+/);
  expect(lines.slice(-tableLines(table!).length)).toEqual(tableLines(table!));
});

test("failures are typed, and a run is cancelled; an address that is given keeps the environment out", async () => {
  const recipe = simulatedRecipe("refused", {
    loop: { num_iterations: 1 },
    simulate: { latency_ms: { train: 60_000 } },
  });
  const elsewhere = { TEMPORAL_ADDRESS: "127.0.0.1:1", TEMPORAL_API_KEY: "of another server" };
  const said = await consumer.run("refused.ts", [stage.server.address, JSON.stringify(recipe)], elsewhere);
  expect(said.split("\n")).toEqual([
    expect.stringMatching(/^BadInput \| No run is called "nobody"/),
    expect.stringMatching(/^BadInput \| pipeline is missing or unknown/),
    expect.stringMatching(/^BadInput \| The recipe refused is of the pipeline single-round; startRun starts it/),
    expect.stringMatching(/^BadInput \| No run is called "nobody" at 127\.0\.0\.1:\d+\.$/),
    'BadInput | No open run is called "nobody".',
    "started attached",
    "cancelled | The run refused was cancelled.",
    'BadInput | No open run is called "refused".',
    "CANCELLED",
    expect.stringMatching(/^refused CANCELLED/),
  ]);
});
