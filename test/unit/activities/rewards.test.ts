import { once } from "node:events";
import { existsSync } from "node:fs";
import { createConnection } from "node:net";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { expect, test } from "vitest";
import { withRewards } from "../../../activities/rewards.ts";
import { projectRunners } from "../../../src/model/python.ts";
import { grpo, type GrpoRow } from "../../../src/training/grpo.ts";

const about = { image: [], policy: "", system: null, prompt: "Where?" };
const ROWS: readonly GrpoRow[] = [
  { ...about, id: "a", truth: "left of the box", kind: "spatial" },
  { ...about, id: "b", truth: "2", kind: "counting" },
];
const judge = grpo.judge!(grpo.settings.parse({ backend: "trl" }));

/** Asks at the socket, a line for a line. */
async function ask(path: string, line: string): Promise<unknown> {
  const socket = createConnection(path);
  const [reply] = (await (socket.write(`${line}\n`), once(createInterface({ input: socket }), "line"))) as [string];
  socket.destroy();
  return JSON.parse(reply);
}

test("each answer is judged by its row, and the socket goes when the training ends", async () => {
  const answers = [
    { row: 1, text: "two" },
    { row: 0, text: "left of the box" },
    { row: 1, text: "5" },
  ];
  let folder = "";
  await withRewards(judge, ROWS, async (path) => {
    folder = dirname(path!);
    expect(await ask(path!, JSON.stringify({ answers }))).toMatchObject({
      rewards: [{ reward: 1 }, { reward: 1 }, { reward: 0.2 }],
    });
  });
  expect(existsSync(folder)).toBe(false);
});

test("what cannot be judged is answered with a sentence, and the next request is answered", async () => {
  await withRewards(judge, ROWS, async (path) => {
    expect(await ask(path!, '{"answers": [{"row": 7, "text": ""}]}')).toEqual({
      error: "The trainer asked for the reward of row 7, and there are 2.",
    });
    expect(await ask(path!, "nonsense")).toHaveProperty("error");
    expect(await ask(path!, '{"answers": []}')).toEqual({ rewards: [] });
  });
});

test("an algorithm without a judge has no socket", async () => {
  expect(await withRewards(undefined, ROWS, (path) => Promise.resolve(path))).toBeNull();
});

const PROGRAM = `
import json, sys
from runners.rewards import Rewarded, Rewards
rewards = Rewards(sys.argv[1])
for text in ("2", "3"):
    print(rewards.ask([Rewarded(1, text)])[0].reward)
`;

test("a real Python process asks twice over one connection", async () => {
  const { python, cwd } = projectRunners();
  await withRewards(judge, ROWS, async (path) => {
    const { stdout } = await execa(python, ["-c", PROGRAM, path!], { cwd });
    expect(stdout.split("\n")).toEqual(["1.0", "0.5"]);
  });
});
