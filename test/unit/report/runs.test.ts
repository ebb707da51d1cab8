import { expect, test } from "vitest";
import { runTable } from "../../../src/report/runs.ts";

test("open runs count to now, ended ones to their end", () => {
  const startedAt = Date.UTC(2026, 10, 21, 9, 12);
  const open = { name: "demo", status: "RUNNING", startedAt, endedAt: null, stage: "train", iteration: 2 };
  const ended = {
    ...open,
    name: "a-longer-name",
    status: "COMPLETED",
    endedAt: startedAt + 5_000,
    stage: null,
    iteration: null,
  };
  expect(runTable([open, ended], startedAt + 60_000)).toEqual([
    "run                status   iteration   stage    took            started",
    "demo              running           3   train   1 min   2026-11-21 09:12",
    "a-longer-name   completed           –       –     5 s   2026-11-21 09:12",
  ]);
});
