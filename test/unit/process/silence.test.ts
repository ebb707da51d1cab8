import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { watchSilence } from "../../../src/process/silence.ts";

test("time in which this process itself was stopped does not count as the child's silence", async () => {
  let fired = 0;
  const watch = watchSilence(200, () => (fired += 1));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600); // nothing of ours runs, as under SIGSTOP
  await sleep(20);
  watch.heard(); // what had waited in the pipe
  expect(fired).toBe(0);
  await sleep(500);
  expect(fired).toBe(1); // and it fires once
  watch.stop();
});

test("paused it does not count, and the next word resumes it", async () => {
  let fired = 0;
  const watch = watchSilence(100, () => (fired += 1));
  watch.pause();
  await sleep(250);
  expect(fired).toBe(0);
  watch.heard();
  await sleep(250);
  expect(fired).toBe(1);
});
