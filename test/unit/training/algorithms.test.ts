import { expect, test } from "vitest";
import { algorithmOf } from "../../../src/training/index.ts";
import { optimizerSteps } from "../../../src/training/common.ts";

const SIMULATED = { backend: "simulated" };

test("an algorithm's shortest settings are those of the field", () => {
  const sft = algorithmOf("sft").settings.parse(SIMULATED);
  expect(sft).toMatchObject({
    tuning: "lora",
    lora_rank: 64,
    lora_alpha: 16,
    lora_dropout: 0.05,
    num_train_epochs: 3,
    per_device_train_batch_size: 1,
    gradient_accumulation_steps: 8,
    learning_rate: 2e-5,
    warmup_steps: 0.1,
  });
  expect(algorithmOf("grpo").settings.parse(SIMULATED)).toMatchObject({
    num_generations: 4,
    temperature: 0.7,
    top_p: 1,
    max_completion_length: 256,
    learning_rate: 1e-6,
    rewards: { combined: 1 },
  });
});

test("a reward that nobody knows is refused with the names of those that there are", () => {
  const { settings } = algorithmOf("grpo");
  const found = settings.safeParse({ ...SIMULATED, rewards: { spatial: 1, colour: 1 } });
  expect(found.error?.issues.map(({ message }) => message)).toEqual([
    "colour is no reward; spatial, counting, combined are",
  ]);
  expect(settings.safeParse({ ...SIMULATED, rewards: { spatial: 0 } }).success).toBe(false);
  expect(settings.safeParse({ ...SIMULATED, rewards: {} }).success).toBe(false);
});

test("a row asks with its images before its text, whether or not it has a marker for each", () => {
  const row = { id: "a", image: ["1.png", "2.png"], policy: "", system: null, truth: "left", kind: "spatial" };
  const asks = (prompt: string) => algorithmOf("grpo").prompts([{ ...row, prompt } as never], (names) => [...names]);
  const content = [
    { type: "image", image: "1.png" },
    { type: "image", image: "2.png" },
    { type: "text", text: "Where?" },
  ];
  expect(asks("Where?")).toEqual([[{ role: "user", content }]]);
  expect(asks("<image><image>Where?")).toEqual(asks("Where?"));
  expect(() => asks("<image>Where?")).toThrow('Row "a": its prompt has 1 marker <image>, but its row names 2 images');
});

test("a group's completions are the rows of its batches", () => {
  const { settings, repeats } = algorithmOf("grpo");
  const own = settings.parse({ ...SIMULATED, per_device_train_batch_size: 4, gradient_accumulation_steps: 4 });
  // 10 questions of 4 completions, 16 a step.
  expect(optimizerSteps(10 * repeats!(own), own)).toBe(3);
});
