import { expect, test } from "vitest";
import { judge } from "../../../src/checking/judge.ts";
import { measured, type Measured } from "../../../src/checking/measured.ts";

/** What is measured of a preference training where all is well. */
function well(change: Partial<Measured> = {}): Measured {
  const side = { answer: 12, leaked: 0, missed: 0, ended: true };
  return measured.parse({
    rows: 100,
    looked: 2,
    context: 512,
    prompts: [
      { id: "a", images: 1, image_tokens: 16, tokens: 60 },
      { id: "b", images: 2, image_tokens: 32, tokens: 90 },
    ],
    answers: ["a", "a", "b", "b"].map((id) => ({ id, ...side })),
    alike: [],
    sides: 2,
    refused: [],
    said: [{ row: 0, completions: ["left", "right"].map((text) => completion({ text })) }],
    pairs: null,
    step: { rows: 16, loss: Math.LN2, grad_norm: 0.5, scaled: false, seconds: 2 },
    memory: 2e9,
    of: 80e9,
    ...change,
  });
}

function completion(change: object = {}) {
  return { text: "left", finish: "stop", tokens: 8, repetition: 0, ...change };
}

function found(change: Partial<Measured>, rewards: number[][] | null = null) {
  const all = judge(well(change), rewards).map(({ check, ...rest }) => [check, rest] as const);
  return Object.fromEntries(all);
}

test("where all is well, everything has passed and nothing is to be done", () => {
  const findings = judge(well(), [[0.5, 1]]);
  expect(findings.map(({ check }) => check)).toEqual([
    "prompts",
    "image tokens",
    "tokens",
    "labels",
    "chosen and rejected",
    "generations",
    "rewards",
    "step",
  ]);
  for (const { outcome, advice } of findings) expect([outcome, advice]).toEqual(["passed", ""]);
  expect(findings[1]!.seen).toBe("16 to 32 tokens, 24 in the mean, a row.");
});

test("rows that would be refused fail the prompts, and the first is named", () => {
  const { prompts } = found({ refused: [{ id: "c", problem: "Row c: training would see another prompt." }] });
  expect(prompts).toMatchObject({
    outcome: "failed",
    seen: "1 of 2 rows would be refused. Row c: training would see another prompt.",
  });
});

test("images that become no tokens fail, rows without images do not", () => {
  const row = { id: "a", images: 1, image_tokens: 0, tokens: 60 };
  expect(found({ prompts: [row] })["image tokens"]!.outcome).toBe("failed");
  expect(found({ prompts: [{ ...row, images: 0 }] })["image tokens"]!.outcome).toBe("passed");
});

test.each([
  [{ answer: 0, leaked: 0, missed: 0, ended: true }, 'would teach nothing but to end; the first is of row "a"'],
  [{ answer: 3, leaked: 2, missed: 0, ended: true }, "2 tokens of what is asked"],
  [{ answer: 3, leaked: 0, missed: 1, ended: true }, "1 token of its answer would not be learned"],
  [{ answer: 3, leaked: 0, missed: 0, ended: false }, "the end of its answer would not be learned"],
])("labels fail where %o", (answer, seen) => {
  const { labels } = found({ answers: [{ id: "a", ...answer }], sides: 1 });
  expect(labels!.outcome).toBe("failed");
  expect(labels!.seen).toContain(seen);
});

test("sides that are the same tokens fail, and so does a checkpoint whose samples never differ", () => {
  const name = "chosen and rejected";
  expect(found({ alike: ["b"] })[name]).toMatchObject({ outcome: "failed" });
  expect(found({ pairs: 0, answers: [], sides: 0 })[name]).toMatchObject({ outcome: "failed" });
  expect(found({ pairs: 3 })[name]).toMatchObject({ outcome: "passed" });
  expect(found({ sides: 1 })[name]).toBeUndefined();
});

function of(...several: object[]) {
  return found({ said: [{ row: 0, completions: several.map(completion) as never }] });
}

test("one empty completion fails; cut ones and circles fail when they are more than a quarter", () => {
  expect(of({}, {}, {}, { text: " ", tokens: 1 })["generations"]!.outcome).toBe("failed");
  expect(of({}, {}, {}, { finish: "length" })["generations"]!.outcome).toBe("passed");
  expect(of({}, {}, { finish: "length" }, { finish: "length" })["generations"]!.advice).toContain("Many are cut");
  expect(of({}, {}, {}, { repetition: 0.9 })["generations"]!.outcome).toBe("passed");
  expect(of({}, {}, { repetition: 0.9 }, { repetition: 0.9 })["generations"]!.advice).toContain("in circles");
});

test("rewards that differ within no question fail", () => {
  expect(
    found({}, [
      [1, 1],
      [0, 0],
    ])["rewards"]!.outcome,
  ).toBe("failed");
  expect(
    found({}, [
      [1, 1],
      [0, 0.5],
    ])["rewards"],
  ).toMatchObject({
    outcome: "passed",
    seen: "4 completions: 0.00 to 1.00, 0.63 in the mean; they differ within 1 of 2 questions.",
  });
});

test("a step fails without a loss, without gradients, or with gradients of zero; float16 may overflow at first", () => {
  const step = { rows: 16, loss: 0.7, grad_norm: 0.5, scaled: false, seconds: 2 };
  expect(found({ step: { ...step, loss: null } })["step"]!.outcome).toBe("failed");
  expect(found({ step: { ...step, grad_norm: null } })["step"]!.outcome).toBe("failed");
  expect(found({ step: { ...step, grad_norm: 0 } })["step"]!.outcome).toBe("failed");
  expect(found({ step: { ...step, grad_norm: null, scaled: true } })["step"]!.outcome).toBe("passed");
});

test("a step that was left out says nothing, one without memory says what would help, a tight one warns", () => {
  expect(found({ step: null })["step"]!.outcome).toBe("not possible");
  const { step } = found({ step: { type: "OutOfMemory", problem: "The device ran out of memory." } });
  expect(step).toMatchObject({ outcome: "failed", seen: "The device ran out of memory." });
  expect(step!.advice).toContain("per_device_train_batch_size");
  expect(found({ memory: 79e9 })["step"]).toMatchObject({
    outcome: "passed",
    advice: "It hardly fits: a longer row may not.",
  });
});
