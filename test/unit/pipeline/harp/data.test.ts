import fc from "fast-check";
import { expect, test } from "vitest";
import { typedNegatives } from "../../../../src/pipeline/harp/negatives.ts";
import { readPlans, readTasks, truthOf, withoutDetours } from "../../../../src/pipeline/harp/scenes.ts";
import { plan as reward } from "../../../../src/reward/plan/index.ts";
import { splitScenes, splitSizes } from "../../../../src/pipeline/harp/split.ts";
import { clusteredMean } from "../../../../src/statistics/clustered.ts";

const RIGHT = ["Navigate(table)", "Pick(apple)", "Navigate(sink)", "Place(sink)"];
const things = ["apple", "table", "sink"];

test("a tenth for validation and a tenth for the test, one at least where there are three", () => {
  expect([0, 1, 2, 3, 9, 10, 11, 19, 20, 25, 100, 101].map((scenes) => Object.values(splitSizes(scenes)))).toEqual([
    [0, 0, 0],
    [1, 0, 0],
    [2, 0, 0],
    [1, 1, 1],
    [7, 1, 1],
    [8, 1, 1],
    [9, 1, 1],
    [17, 1, 1],
    [16, 2, 2],
    [21, 2, 2],
    [80, 10, 10],
    [81, 10, 10],
  ]);
});

test("no picture is in two parts, all are in one, and the seed decides", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 }),
      fc.integer({ min: 0 }),
      (pictures, seed) => {
        const all = pictures.map((pixels, at) => ({ at, pixels: String(pixels) }));
        const split = splitScenes(all, ({ pixels }) => pixels, seed);
        const parts = Object.values(split).map((part) => new Set((part as typeof all).map(({ pixels }) => pixels)));
        expect(parts.reduce((sum, part) => sum + part.size, 0)).toBe(new Set(pictures).size);
        expect(Object.values(split).flat()).toHaveLength(all.length);
        expect(
          splitScenes(all.toReversed(), ({ pixels }) => pixels, seed)
            .test.map(({ at }) => at)
            .toSorted((a, b) => a - b),
        ).toEqual(split.test.map(({ at }) => at).toSorted((a, b) => a - b));
      },
    ),
  );
});

test("answers are read with and without fences; what is no JSON has a reason", () => {
  const text = JSON.stringify({ things, tasks: ["One.", "One.", "Two.", "Three."] });
  expect(readTasks(`Here:\n\`\`\`json\n${text}\n\`\`\``, 2)).toEqual({ things, tasks: ["One.", "Two."] });
  expect(readTasks("No.", 2)).toMatchObject({ tasks: [], reason: "the answer has no things and tasks as JSON" });
});

test("plans are checked by the machine before they are data", () => {
  const asked = { things, tasks: ["a", "b", "c"] };
  const text = JSON.stringify({ plans: [RIGHT, RIGHT.slice(1), [...RIGHT.slice(0, 1), "Pick(cup)"]] });
  const { plans } = readPlans(text, asked, undefined);
  expect(plans.map(({ reason }) => reason)).toEqual([
    undefined,
    "a plan whose action 1 cannot be done in the state INIT",
    "a plan whose action 2 is no action on anything that is there",
  ]);
  expect(readPlans('{"plans": []}', asked, undefined).reason).toBe("the answer has 0 plans for 3 tasks");
});

test("a service's detour is imitated, and the plan of its task without it is what the reward pays for", () => {
  const detour = ["Navigate(shelf)", ...RIGHT].join("\n");
  const back = [
    "Navigate(table)",
    "Pick(apple)",
    "Navigate(shelf)",
    "Navigate(table)",
    "Navigate(sink)",
    "Place(sink)",
  ];
  for (const plan of [RIGHT.join("\n"), detour, back.join("\n")]) {
    expect(withoutDetours(plan, undefined)).toBe(RIGHT.join("\n"));
  }
  const known = [...things, "shelf"];
  expect(
    readPlans(JSON.stringify({ plans: [detour.split("\n")] }), { things: known, tasks: ["a"] }, undefined),
  ).toEqual({ plans: [{ task: "a", plan: detour }] });
  const row = { truth: truthOf(withoutDetours(detour, undefined), known, undefined), kind: "plan" };
  expect(reward.score(row, RIGHT.join("\n")).reward).toBeCloseTo(1);
  // transition (1 + .8 + 1 + 1 + 1) / 5 = .96; task (1 + 1 + (2 · 2/3 − 1)) / 3 = 7/9; five steps: .5.
  expect(reward.score(row, detour).reward).toBeCloseTo(0.1 + 0.25 + 0.25 * 0.96 + (0.25 * 7) / 9 + 0.15 * 0.5);
});

test("what is done on the way is no detour, nor is going somewhere at the end", () => {
  const plan = "Navigate(shelf)\nOpen(shelf)\n- Navigate(table)\nPick(apple)\nNavigate(sink)\nNavigate(shelf)";
  const open = { Open: { AT: { to: "AT" as const, reward: 1 } } };
  expect(withoutDetours(plan, open)).toBe(plan.replace("Navigate(sink)\n", ""));
});

test("negatives: sampled ones first, made ones where a type is missing, right and equal ones dropped", () => {
  const truth = JSON.stringify({ plan: RIGHT.join("\n"), things });
  const tasks = ["a", "b", "c", "d"].map((id) => ({ id, image: `${id}.png`, task: "Do it.", truth }));
  const samples = [
    { id: "a", text: RIGHT.join("\n") },
    { id: "a", text: "Pick(apple)" },
    { id: "b", text: "no" },
    { id: "b", text: "no" },
    { id: "c", text: null },
    { id: "d", text: "Never" },
  ];
  const shares = { format: 0.25, action: 0.25, state_transition: 0.25, inefficient: 0.25 };
  const { negatives, parts } = typedNegatives(tasks, samples, { total: 4, shares, seed: 1 });
  expect(parts).toEqual({
    format: 2,
    action: 0,
    state_transition: 1,
    inefficient: 0,
    right: 1,
    equal: 1,
    quarantined: 1,
  });
  expect(negatives.map(({ error_type, made }) => [error_type, made])).toEqual([
    ["format", false],
    ["action", true],
    ["state_transition", false],
    ["inefficient", true],
  ]);
});

test("a mean of groups, by hand", () => {
  // Mean 2; deviations by group −2 and 2; √(2/1 · 8) / 4 = 1.
  const values = [
    { group: "a", value: 1 },
    { group: "a", value: 1 },
    { group: "b", value: 3 },
    { group: "b", value: 3 },
  ];
  expect(clusteredMean(values)).toEqual({ mean: 2, standard_error: 1 });
  expect(clusteredMean([])).toBeNull();
});
