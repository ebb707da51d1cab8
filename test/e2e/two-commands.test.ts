import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tryLock } from "../../src/process/file-lock.ts";
import { embeddedServer, stateFolderOf } from "../../src/temporal/embedded.ts";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import { printed, snowball, writeRecipe } from "../harness/command.ts";
import { type Change, newRoot } from "../harness/world.ts";

let root: string;
beforeEach(() => {
  root = newRoot();
});
afterEach(() => rmSync(root, { recursive: true }));

/** A round takes several of the looks that a view takes a second apart. */
const LONG: Change<Recipe> = {
  loop: { num_iterations: 3 },
  data: { max_samples: 8, held_out: { val: 2, test: 2 } },
  simulate: { latency_ms: { rollout: 50, imagine: 50, score: 50, train: 3_000 } },
};
const TAKEN = "The command that ran the server has ended; this one runs it from here on, with a worker.";

test("run beside run: whoever remains runs server and worker, after ^C and after kill -9", async () => {
  const first = snowball(root, "run", writeRecipe(root, "first", LONG));
  await printed(first, "iteration 1 of 3");
  const second = snowball(root, "run", writeRecipe(root, "second", LONG));
  const third = snowball(root, "run", writeRecipe(root, "third", LONG));
  const [heard, took] = [second, third].map((command) => ({
    begun: printed(command, "iteration 1 of 3"),
    taken: printed(command, TAKEN),
  }));
  await Promise.all([heard!.begun, took!.begun]);

  first.kill("SIGINT");
  const parted = await first;
  expect(parted).toMatchObject({ exitCode: 130 });
  expect(parted.all).toContain(
    "Another command of this root takes the server over: with its worker the open runs go on.",
  );
  const [heir, last] = await Promise.race([
    heard!.taken.then(() => [second, third]),
    took!.taken.then(() => [third, second]),
  ]);
  await printed(heir!, "iteration 2");
  heir!.kill("SIGKILL");
  await heir;

  const { exitCode, all } = await last!;
  expect(all).toContain(TAKEN);
  expect(all).toContain("Every question is accounted for: ");
  expect(exitCode).toBe(0);
  // Nobody is left, and nothing is held.
  expect(embeddedServer(stateFolderOf(root))).toBeNull();
  const free = tryLock(join(stateFolderOf(root), "host.lock"));
  expect(free).not.toBeNull();
  free?.release();
});
