import { expect, test } from "vitest";
import type { RunProgress } from "../../../src/contract/progress.ts";
import { createSpeeds, liveLines, plainLine } from "../../../src/report/live.ts";
import type { RunSnapshot } from "../../../src/report/snapshot.ts";
import { statusLines } from "../../../src/report/status.ts";

const progress: RunProgress = {
  run: "demo",
  stage: { name: "label", doing: "rollout, imagine and score", title: "iteration 1 of 5 (iter_0)", at: 0, of: 5 },
  children: ["demo/iter-0"],
  tables: [],
  accounts: [],
  asking: null,
};
const stream = {
  title: "iteration 1 of 5 (iter_0)",
  counts: { rollout: { done: 512, total: 512 }, imagine: { done: 256, total: 512 }, score: { done: 0, total: 512 } },
};
const snapshot: RunSnapshot = {
  name: "demo",
  status: "RUNNING",
  startedAt: 1_000,
  endedAt: null,
  progress,
  streams: [stream],
  training: null,
  troubles: [],
  unserved: [],
};
const wide = { now: 73_000, width: 120, remaining: 250_000 };

test("the block: where the run stands, a bar per role, time", () => {
  expect(liveLines(snapshot, wide)).toEqual([
    "iteration 1 of 5 (iter_0)   rollout, imagine and score",
    "  rollout ████████████████ 512/512    imagine ████████░░░░░░░░ 256/512    score ░░░░░░░░░░░░░░░░ 0/512",
    "  1 min 12 s so far, about 4 min to go",
  ]);
});

test("no line is wider than the terminal, and three roles fit on 80 columns", () => {
  const lines = liveLines(snapshot, { ...wide, width: 80 });
  expect(lines[1]).toContain("score");
  for (const width of [10, 40, 80]) {
    for (const line of liveLines(snapshot, { ...wide, width })) expect(line.length).toBeLessThanOrEqual(width);
  }
});

test("children that work at the same time do not hide each other", () => {
  const both = { ...snapshot, streams: [stream, { title: "base policy", counts: { answer: { done: 1, total: 4 } } }] };
  expect(liveLines(both, wide).slice(1, 5)).toEqual([
    "  iteration 1 of 5 (iter_0)",
    "  rollout ████████████████ 512/512    imagine ████████░░░░░░░░ 256/512    score ░░░░░░░░░░░░░░░░ 0/512",
    "  base policy",
    "  answer ████░░░░░░░░░░░░ 1/4",
  ]);
  expect(plainLine(both)).toContain("base policy: answer 1/4");
});

test("training shows its steps and its numbers", () => {
  const training = { done: 30, total: 120, metrics: { loss: 0.45, margin: 1.2, grad_norm: 3 } };
  const lines = liveLines({ ...snapshot, streams: [], training }, wide);
  expect(lines[1]).toBe("  train   ████░░░░░░░░░░░░ 30/120 · loss .45 · margin 1.20");
});

test("what keeps a run from going on is said, with what to type", () => {
  const stuck = { ...snapshot, unserved: ["score"] as const, troubles: ["scoreChunk: the critic died (attempt 2)"] };
  const lines = liveLines(stuck, { ...wide, width: 200 });
  expect(lines).toContain(
    "  waiting: no worker takes the queue snowball-score. Start one on a host with a free device: " +
      "bin/snowball worker --roles score --devices 0",
  );
  expect(lines.at(-1)).toBe("  scoreChunk: the critic died (attempt 2)");
  expect(
    liveLines({ ...snapshot, progress: null, streams: [], unserved: ["control", "train"] }, { ...wide, width: 200 }),
  ).toEqual([
    "demo   no worker answers yet",
    "  1 min 12 s so far, about 4 min to go",
    "  waiting: no worker takes the queue snowball. Start one: bin/snowball worker",
  ]);
});

test("one plain line for a log", () => {
  expect(plainLine(snapshot)).toBe(
    "iteration 1 of 5 (iter_0) · rollout, imagine and score · rollout 512/512 · imagine 256/512 · score 0/512",
  );
});

test("a run that is over says how and for how long", () => {
  const over = { ...snapshot, progress: null, endedAt: 61_000 };
  expect(statusLines({ ...over, status: "COMPLETED" }, 0)[0]).toBe("demo   complete   1 min");
  expect(statusLines({ ...over, status: "TERMINATED" }, 0)[0]).toBe("demo   cancelled   1 min");
});

test("what is held and by whom, what was lost, and what a link does a second", () => {
  const accounts = [{ of: "sample", total: 8, parts: { "with views": 5, quarantined: 3 } }];
  const devices = [{ device: "gpu-1 cuda:0", step: "rolloutChunk" }];
  const speeds = new Map([[`${stream.title} imagine`, 4.266]]);
  const lines = liveLines({ ...snapshot, progress: { ...progress, accounts }, devices }, { ...wide, speeds });
  expect(lines[1]).toContain("256/512 4.3/s");
  expect(lines.slice(2)).toEqual([
    "  1 min 12 s so far, about 4 min to go, 3 quarantined",
    "  gpu-1 cuda:0: rolloutChunk",
  ]);
});

function at(title: string, done: number) {
  return [{ title, counts: { rollout: { done, total: 1000 } } }];
}

test("a speed is of the last minute, and of a stream that was watched from its first look on", () => {
  const speeds = createSpeeds();
  expect(speeds(at("one", 100), 0)).toEqual(new Map());
  expect(speeds(at("one", 130), 10_000)).toEqual(new Map([["one rollout", 3]]));
  expect(speeds(at("one", 130), 70_000)).toEqual(new Map([["one rollout", 0]]));
  expect(speeds(at("two", 10), 71_000)).toEqual(new Map());
});
