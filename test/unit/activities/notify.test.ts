import { expect, test } from "vitest";
import { notify } from "../../../activities/notify.ts";
import type { ActivityDeps } from "../../../activities/deps.ts";
import type { StepContext } from "../../../activities/step.ts";
import type { StepFailure } from "../../../src/failure.ts";

const deps = { allowed: ["notify"], root: "/" } as unknown as ActivityDeps;
const context = { signal: new AbortController().signal } as StepContext;
const notice = { event: "ended" } as never;

test.each([
  // Nobody listens there: the port is the system's to give away.
  ["http://user:secret@127.0.0.1:1/hook", /^notify\.webhook cannot be reached \(.+\)\.$/],
  ["http://127.0.0.1:1/secret", /^notify\.webhook cannot be reached \(.+\)\.$/],
])("what cannot be reached is told without its address, which may be a secret: %s", async (webhook, told) => {
  const failure = await notify(deps, context, { notify: { webhook, on: ["ended"] }, notice }).then(
    () => undefined,
    (error: unknown) => error as StepFailure,
  );
  expect(failure).toMatchObject({ type: "Infrastructure", message: expect.stringMatching(told) as string });
  expect(failure!.message).not.toMatch(/secret|127\.0\.0\.1/);
  expect(failure!.cause).toBeUndefined();
});
