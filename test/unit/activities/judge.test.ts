import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { checkJudged, withJudge } from "../../../activities/judge.ts";
import { answerLines } from "../../../src/process/answer-lines.ts";
import { algorithmOf } from "../../../src/training/index.ts";
import { splitLines } from "../../../src/split-lines.ts";

const { settings, judge: judgeOf } = algorithmOf("grpo");
const judge = judgeOf!(settings.parse({ backend: "simulated" }), {});
const row = (id: string, truth: string, kind = "spatial") => ({ id, image: [], policy: "", truth, kind });
const ROWS = [row("a", "left"), row("b", "3", "counting")];

/** Asks as a trainer does, from a process of its own. */
async function asked(path: string, ...lines: string[]): Promise<unknown[]> {
  const program = `
    const line = require("node:net").connect(process.argv[1]);
    const lines = process.argv.slice(2);
    let rest = "";
    line.on("data", (data) => {
      rest += data;
      if (rest.split("\\n").length > lines.length) { process.stdout.write(rest); process.exit(0); }
    });
    line.write(lines.map((each) => each + "\\n").join(""));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", program, path, ...lines]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

const asks = (...rows: [number, string][]) => JSON.stringify({ rows: rows.map(([at, text]) => ({ row: at, text })) });

test("a child asks what completions are worth, and is answered in order", async () => {
  const path = await withJudge(judge, ROWS, async (socket) => {
    const [both, one] = await asked(socket!, asks([1, "four"], [0, "left"]), asks([1, "3"]));
    expect(both).toMatchObject({ rewards: [{ reward: 0.5 }, { reward: expect.closeTo(0.72, 10) as number }] });
    expect(one).toMatchObject({ rewards: [{ reward: 1, parts: { combined: 1, "combined/exact": 1 } }] });
    return socket!;
  });
  // Nothing is left of it: a child that asks later is told by the system.
  expect(existsSync(path)).toBe(false);
});

test("what cannot be answered is an error with its type, and the line goes on", async () => {
  await withJudge(judge, ROWS, async (socket) => {
    const answers = await asked(socket!, asks([7, "left"]), "no JSON", '{"rows": 1}', asks([1, "3"]));
    expect(answers[0]).toEqual({ error: { type: "BadInput", message: "There is no row 7 among 2." } });
    expect(answers.slice(1, 3).every((each) => "error" in (each as object))).toBe(true);
    expect(answers[3]).toMatchObject({ rewards: [{ reward: 1 }] });
  });
  const broken = { ...judge, score: () => ({ reward: Number.NaN, parts: {} }) };
  await withJudge(broken, ROWS, async (socket) => {
    const [answer] = await asked(socket!, asks([0, "left"]));
    expect(answer).toEqual({ error: { type: "BadInput", message: 'Row "a": its reward is NaN, no finite number.' } });
  });
});

test("a training that asks nobody has no socket", async () => {
  expect(await withJudge(undefined, ROWS, async (socket) => socket)).toBeNull();
});

test("rows that cannot be judged are refused before anything is trained", () => {
  expect(() => checkJudged(judge, ROWS)).not.toThrow();
  expect(() => checkJudged(judge, [...ROWS, row("c", "many", "counting")])).toThrow(
    'Row "c" has a true answer without a number ("many"); nothing was trained.',
  );
  expect(() => checkJudged(undefined, [row("c", "")])).not.toThrow();
});

test("closing ends the lines that are open; a socket's path is short wherever temporary files lie", async () => {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = `/tmp/${"long".repeat(30)}`;
  try {
    const socket = await answerLines((request) => request);
    expect(Buffer.byteLength(socket.path)).toBeLessThan(104);
    const line = connect(socket.path);
    line.write('{"a": 1}\n');
    const lines = splitLines(line)[Symbol.asyncIterator]();
    expect(await lines.next()).toMatchObject({ value: { text: '{"a":1}' } });
    await socket.close();
    expect((await lines.next()).done).toBe(true);
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
});
