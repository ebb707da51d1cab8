import { expect, test } from "vitest";
import { type Remakes, remakesAfter } from "../../../src/contract/remakes.ts";

test("what is lost for the first time is made again, however much of it there is", () => {
  let remakes: Remakes | number = 0;
  for (let chunk = 0; chunk < 100; chunk += 1) {
    const next: Remakes | null = remakesAfter(remakes, [`rollout-${chunk}`, `imagine-${chunk}`]);
    expect(next).not.toBeNull();
    remakes = next!;
  }
  expect(remakes).toMatchObject({ vain: 0 });
});

test("what is lost again and again is made again five times, whatever is lost beside it", () => {
  let remakes = remakesAfter(0, ["rollout-1"])!;
  for (let time = 1; time <= 5; time += 1) {
    remakes = remakesAfter(remakes, ["rollout-1"])!;
    expect(remakes.vain).toBe(time);
    // Found on the way: progress, but no new patience with the one that is lost each time.
    remakes = remakesAfter(remakes, ["rollout-1", `score-${time}`])!;
    expect(remakes.vain).toBe(time);
  }
  expect(remakesAfter(remakes, ["rollout-1"])).toBeNull();
});

test("an execution that began with a number goes on from it; a loss that names nothing is no progress", () => {
  expect(remakesAfter(4, [])).toEqual({ vain: 5, lost: [] });
  expect(remakesAfter(5, [])).toBeNull();
  expect(remakesAfter(5, ["rollout-1"])).toEqual({ vain: 5, lost: ["rollout-1"] });
});
