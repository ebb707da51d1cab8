import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Running, supervise } from "../../../src/cli/supervise.ts";

import { temporaryFolder } from "../../support/temporary.ts";

/** Something that ends when it is told to. */
function puppet() {
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  return { ended, end: resolve, stop: async () => resolve(143) };
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test("what dies is started again, with one line, and the new one knows the old", async () => {
  const made: ReturnType<typeof puppet>[] = [];
  const previous: (Running | null)[] = [];
  const said: string[] = [];
  const supervised = await supervise({
    name: "worker",
    start: async (before) => {
      previous.push(before);
      made.push(puppet());
      return made.at(-1) as Running;
    },
    say: (line) => said.push(line),
    logFile: "worker.log",
  });
  made[0]?.end(137);
  await settle();
  expect(said).toEqual(["The worker ended (exit status 137) and is started again."]);
  expect(previous).toEqual([null, made[0]]);

  await supervised.stop();
  expect(await made[1]?.ended).toBe(143);
  await settle();
  expect(made).toHaveLength(2);
  expect(said).toHaveLength(1);
});

test("what keeps dying is given up, with its last sentence, and the log is named", async () => {
  const logFile = join(temporaryFolder(), "worker.log");
  const log = '{"level":30}\nNo Temporal server to work for.\n    at somewhere (file.ts:1:2)\n}\nNode.js v24.0.0\n';
  writeFileSync(logFile, log);
  let starts = 0;
  const supervised = await supervise({
    name: "worker",
    start: async () => {
      starts += 1;
      return { ended: Promise.resolve(1), stop: async () => {} };
    },
    say: () => {},
    logFile,
  });
  await expect(supervised.hopeless).rejects.toThrow(
    `The worker ended 5 times within a minute; ${logFile} says why: No Temporal server to work for.`,
  );
  expect(starts).toBe(5);
});
