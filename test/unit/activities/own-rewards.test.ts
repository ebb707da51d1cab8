import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { ActivityDeps } from "../../../activities/deps.ts";
import { ownRewards } from "../../../activities/own-rewards.ts";
import { ownReward } from "../../../src/reward/own.ts";
import { algorithmOf } from "../../../src/training/index.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const ROW = { id: "a", image: [], policy: "", truth: "left", kind: "spatial" };
const grpo = algorithmOf("grpo");

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A reward service that answers each request by `answer`, from the request's number. */
async function service(answer: (request: { rows: unknown[] }, number: number) => [number, string]): Promise<string> {
  let number = 0;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      const [status, text] = answer(JSON.parse(body) as { rows: unknown[] }, number);
      number += 1;
      response.writeHead(status).end(text);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/score`;
}

function deps(root = "/", allowed: ActivityDeps["allowed"] = ["rewards"]): ActivityDeps {
  return { root, allowed } as ActivityDeps;
}

async function written(program: string): Promise<ActivityDeps> {
  const root = temporaryFolder();
  await writeFile(join(root, "mine.ts"), program);
  return deps(root);
}

const PROGRAM = `
  export const problem = (row: { truth: string }): string | null => (row.truth === "up" ? "is about the ceiling" : null);
  export function score(row: { truth: string }, text: string) {
    return { reward: text === row.truth ? 1 : -1, parts: { length: text.length } };
  }`;

test("what a name stands for", () => {
  expect(ownReward("rewards/mine.ts")).toEqual({ kind: "module", path: "rewards/mine.ts" });
  expect(ownReward("http://127.0.0.1:1/s#2")).toEqual({ kind: "address", address: "http://127.0.0.1:1/s#2" });
  expect(["spatial", "../mine.ts", "/mine.ts", "a/../../b.js", "mine.py", "http://"].map(ownReward)).toEqual(
    Array(6).fill(null),
  );
});

test("a program of one's own is asked beside the house's rewards, and counts by its weight", async () => {
  const here = await written(PROGRAM);
  const own = grpo.settings.parse({ backend: "simulated", rewards: { spatial: 1, "mine.ts": 0.5 } });
  expect(grpo.ownJudges!(own)).toEqual(["mine.ts"]);
  const { judges, digests } = await ownRewards(here, ["mine.ts"]);
  expect(digests).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  const judge = grpo.judge!(own, judges);
  // Spatial's .72 for a short exact answer, and .5 · 1.
  expect(await judge.score(ROW, "left")).toMatchObject({
    reward: expect.closeTo(1.22, 10) as number,
    parts: { "mine.ts": 1, "mine.ts/length": 4, "spatial/exact": 1 },
  });
  const about = (truth: string) => ({ ...ROW, truth });
  const problems = ["left", "up"].map((truth) => judge.problem(about(truth)));
  expect(problems).toEqual([null, "is about the ceiling"]);
});

test("a program that changed is another, and is loaded anew", async () => {
  const here = await written(PROGRAM);
  const before = await ownRewards(here, ["mine.ts"]);
  await writeFile(join(here.root, "mine.ts"), PROGRAM.replace("? 1 : -1", "? 0.5 : -1"));
  const after = await ownRewards(here, ["mine.ts"]);
  expect(after.digests).not.toEqual(before.digests);
  expect([
    await before.judges["mine.ts"]!.score(ROW, "left"),
    await after.judges["mine.ts"]!.score(ROW, "left"),
  ]).toMatchObject([{ reward: 1 }, { reward: 0.5 }]);
});

test.each([
  ["const x = 1;", "The reward mine.ts exports no function `score`."],
  ["export const score = ;", /^The reward mine.ts cannot be loaded \(/],
  ['import { a } from "./a.ts"; export const score = () => a;', "The reward mine.ts imports ./a.ts; a single file"],
])("refused before anything is trained: %s", async (program, told) => {
  await expect(ownRewards(await written(program), ["mine.ts"])).rejects.toThrow(told);
});

test("a program that gives no reward ends the training with its row", async () => {
  const { judges } = await ownRewards(await written("export const score = () => 1;"), ["mine.ts"]);
  await expect(judges["mine.ts"]!.score(ROW, "left")).rejects.toThrow(
    'The reward mine.ts gave row "a" no {reward: number, parts?: {name: number}}.',
  );
});

test("a worker that does not allow it runs nothing, and says how it would", async () => {
  const { root } = await written(PROGRAM);
  await expect(ownRewards(deps(root, []), ["mine.ts"])).rejects.toThrow("start it with --allow rewards");
  await expect(ownRewards(deps(root), ["none.ts"])).rejects.toThrow("The reward none.ts cannot be read.");
});

test("a service is asked with nothing first, and again where it was busy", async () => {
  const seen: number[] = [];
  const address = await service(({ rows }, number) => {
    seen.push(rows.length);
    if (number === 1) return [429, "later"];
    return [200, JSON.stringify({ rewards: rows.map(() => ({ reward: 0.25 })) })];
  });
  const { judges, digests } = await ownRewards(deps(), [address]);
  expect(digests).toEqual([]);
  expect(await judges[address]!.score(ROW, "left")).toEqual({ reward: 0.25, parts: {} });
  expect(seen).toEqual([0, 1, 1]);
});

test.each([
  [[200, "no JSON"], "did not answer with {rewards:"],
  [[200, '{"rewards": [{"reward": 1}]}'], "gave 1 rewards for 0."],
  [[404, ""], "answered 404."],
] as [[number, string], string][])("a service that answers %j is refused at once", async (answer, told) => {
  const address = await service(() => answer);
  await expect(ownRewards(deps(), [address])).rejects.toMatchObject({
    type: "BadInput",
    message: expect.stringContaining(`The reward at ${address} ${told}`) as string,
  });
});

test("a service that stays away is a failure of the infrastructure, not of the recipe", async () => {
  const address = await service(() => [200, ""]);
  await new Promise((resolve) => servers.pop()!.close(resolve));
  await expect(ownRewards(deps(), [address])).rejects.toMatchObject({
    type: "Infrastructure",
    message: `The reward at ${address} cannot be reached (ECONNREFUSED).`,
  });
});
