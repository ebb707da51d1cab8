import { execFile } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { RunResult } from "../../src/contract/progress.ts";
import { projectRunners, trackerRunners } from "../../src/model/python.ts";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import type { Host } from "../../src/temporal/worker.ts";
import { type Change, newRoot, simulatedRecipe, startServer, startWorker } from "../harness/world.ts";

const root = newRoot();
const { python } = trackerRunners(projectRunners());
const SMALL: Change<Recipe> = {
  loop: { num_iterations: 1 },
  data: { max_samples: 8, held_out: { val: 4, test: 4 } },
};
let stage: Awaited<ReturnType<typeof startServer>>;
let host: Host;

beforeAll(async () => {
  vi.stubEnv("TRACKIO_DIR", join(root, "trackio"));
  vi.stubEnv("WANDB_MODE", "offline");
  stage = await startServer(root);
  host = await startWorker(root, stage.server.address, { allow: ["track"] });
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await host.stop();
  await stage.close();
});

async function run(name: string, track: object, anew = false): Promise<RunResult> {
  const recipe = { ...simulatedRecipe(name, SMALL), track } as Recipe;
  await startRun(stage.client, recipe, { anew });
  return resultOf(stage.client, name);
}

/** What a program of the trackers' environment prints as JSON. */
async function read<T>(program: string, ...args: string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(python, ["-c", program, ...args]);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as T;
}

const TRACKIO = `
import json, sys, trackio
from trackio.sqlite_storage import SQLiteStorage
names = [run.name for run in trackio.Api().runs(sys.argv[1])]
print(json.dumps({name: SQLiteStorage.get_logs(sys.argv[1], name) for name in names}))
`;

test("trackio has tables, curves and pictures once, however often they are shown", async () => {
  const track = { to: "trackio", project: "loops", pictures: 4 };
  const { warnings, folder } = await run("local", track);
  expect(warnings).toEqual([]);
  const shown = await read<Record<string, Record<string, unknown>[]>>(TRACKIO, "loops");
  const name = `local-${folder.slice(-15)}`;
  expect(Object.keys(shown).toSorted()).toEqual([name, `${name}-iter_0`]);
  const measured = shown[name]!.filter((row) => "table/accuracy" in row);
  expect(measured.map(({ step }) => step)).toEqual([0, 1]);
  expect(measured[1]).toHaveProperty("question/total");
  const curve = shown[`${name}-iter_0`]!;
  expect(new Set(curve.map(({ step }) => step)).size).toBe(curve.length);
  expect(curve[0]).toHaveProperty("loss");
  expect(Object.keys(curve.at(-1)!).filter((key) => key.startsWith("pair "))).toHaveLength(4);

  // An attempt that died before it had noted what it wrote.
  rmSync(join(root, "trackio/.snowball"), { recursive: true });
  await run("local", track, true);
  const again = await read<typeof shown>(TRACKIO, "loops");
  expect(Object.keys(again)).toHaveLength(2);
  expect(again[name]).toHaveLength(shown[name]!.length);
}, 120_000);

/** Their file has blocks of 32 KiB with records: a checksum, a length, and whether it is whole or which part of one. */
const WANDB = `
import json, struct, sys
from pathlib import Path
from wandb.proto.wandb_internal_pb2 import Record
data, at, whole, rows = Path(sys.argv[1]).read_bytes(), 7, b"", []
while at + 7 <= len(data):
    if 32768 - at % 32768 < 7:
        at += 32768 - at % 32768
        continue
    length, part = struct.unpack("<HB", data[at + 4 : at + 7])
    whole += data[at + 7 : at + 7 + length]
    at += 7 + length
    if part in (1, 4):
        record, whole = Record.FromString(whole), b""
        if record.WhichOneof("record_type") == "history":
            keys = {item.key or ".".join(item.nested_key): item.value_json for item in record.history.item}
            rows.append([record.history.step.num, keys])
print(json.dumps(rows))
`;

test("wandb has a run of its own for each training, and offline keeps one file of each", async () => {
  const { warnings, folder } = await run("sent", { to: "wandb", project: "loops", pictures: 0 });
  expect(warnings).toEqual([]);
  const own = join(root, ".snowball/tracked/wandb/loops");
  const name = `sent-${folder.slice(-15)}`;
  expect(readdirSync(own).toSorted()).toEqual([name, `${name}-iter_0`]);
  const kept = readdirSync(join(own, name, "wandb")).filter((each) => each.startsWith("offline-run"));
  expect(kept).toHaveLength(1);
  const rows = await read<[number, Record<string, string>][]>(
    WANDB,
    join(own, name, "wandb", kept[0]!, `run-${name}.wandb`),
  );
  expect(rows.map(([step]) => step)).toEqual([0, 1]);
  expect(rows[1]![1]).toHaveProperty("table/accuracy");

  // An attempt that died before it had noted what it sent.
  rmSync(join(own, name, "sent"));
  await run("sent", { to: "wandb", project: "loops", pictures: 0 }, true);
  expect(readdirSync(join(own, name, "wandb")).filter((each) => each.startsWith("offline-run"))).toHaveLength(1);
}, 120_000);

test("a tracker that is missing, or may not be sent to, is a warning of a run that is complete", async () => {
  vi.stubEnv("SNOWBALL_TRACKERS_PYTHON", join(root, "nowhere/python"));
  const missing = await run("missing", { to: "trackio" });
  // Once, though it is tried again when the run is closed.
  expect(missing.warnings).toHaveLength(1);
  expect(missing.warnings[0]).toBe(
    `the tracker could not be shown iteration 1 of 1 (iter_0): The Python environment ${join(root, "nowhere/python")} is missing; run "make trackers" in the project.`,
  );
  await host.stop();
  host = await startWorker(root, stage.server.address);
  const refused = await run("refused", { to: "wandb" });
  expect(refused.warnings).toEqual([
    "the tracker was shown nothing: start the workers with --allow track to let them send to it.",
  ]);
});
