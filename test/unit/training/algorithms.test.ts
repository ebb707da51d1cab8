import { expect, test } from "vitest";
import { hardlyMoves } from "../../../src/training/hardly-moves.ts";
import { algorithmOf } from "../../../src/training/index.ts";
import { settingsProblems } from "../../../src/training/rules.ts";
import { withVllm } from "../../../src/training/vllm.ts";

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
    "colour is no reward; spatial, counting, combined, plan are, and a .ts or .js file below the root or an http address can be",
  ]);
  expect(settings.safeParse({ ...SIMULATED, rewards: { spatial: 0 } }).success).toBe(false);
  expect(settings.safeParse({ ...SIMULATED, rewards: {} }).success).toBe(false);
});

test("a row asks with its images before its text, whether or not it has a marker for each", () => {
  const row = { id: "a", image: ["1.png", "2.png"], policy: "", system: null, truth: "left", kind: "spatial" };
  const asks = (prompt: string) => algorithmOf("grpo").prompts([{ ...row, prompt } as never], (names) => [...names]);
  const images = ["1.png", "2.png"].map((image) => ({ type: "image", image }));
  const content = [...images, { type: "text", text: "Where?" }];
  expect(asks("Where?")).toEqual([[{ role: "user", content }]]);
  expect(asks("<image><image>Where?")).toEqual(asks("Where?"));
  expect(() => asks("<image>Where?")).toThrow('Row "a": its prompt has 1 marker <image>, but its row names 2 images');
});

test("a step takes whole groups, and an epoch's rest is left out", () => {
  const { settings, steps } = algorithmOf("grpo");
  const batch = { per_device_train_batch_size: 4, gradient_accumulation_steps: 4 };
  const own = settings.parse({ ...SIMULATED, ...batch, num_train_epochs: 3 });
  // 16 completions a step are 4 questions: 10 fill two steps, 3 none.
  expect([steps(10, own), steps(3, own)]).toEqual([6, 0]);
});

function problems(name: string, over: object): string[] {
  const { settings, rules } = algorithmOf(name);
  const found = settingsProblems(settings.parse({ ...SIMULATED, ...over }) as never, [name], rules);
  return found.map(({ message }) => message);
}

test("what fields say together is refused with the name that the recipe has for them", () => {
  expect(problems("sft", {})).toEqual([]);
  expect(problems("grpo", {})).toEqual([]);
  expect(problems("grpo", { num_generations: 6 })).toEqual([
    expect.stringMatching(/^grpo\.num_generations is 6; a divisor of a step's 16 completions/),
  ]);
  expect(problems("sft", { tuning: "qlora", deepspeed: "zero2" })[0]).toMatch(/^sft\.deepspeed is zero2, but .* qlora/);
  expect(problems("sft", { fsdp: "full_shard", num_processes: 2 })).toEqual([]);
  expect(problems("sft", { fsdp: "full_shard" })[0]).toMatch(/^sft\.fsdp is full_shard, but sft\.num_processes is 1;/);
  const both = { fsdp: "shard_grad_op", deepspeed: "zero2", num_processes: 2 };
  expect(problems("sft", both)).toEqual([
    "sft.fsdp is shard_grad_op, but sft.deepspeed is zero2; one of them has to go.",
  ]);
  expect(problems("sft", { fsdp: "full_shard", tuning: "qlora", num_processes: 2 })[0]).toMatch(/qlora, whose 4-bit/);
  expect(problems("grpo", { fsdp: "full_shard", num_processes: 2 })).toEqual([
    "grpo.fsdp is full_shard, which GRPO cannot draw completions with; deepspeed is needed.",
  ]);
  expect(problems("sft", { extra: { fsdp: true } })[0]).toMatch(/^sft\.extra\.fsdp would override/);
  expect(problems("grpo", { extra: { beta: 1 } })[0]).toMatch(/it is needed as grpo\.beta\.$/);
});

function told(over: object): object {
  return withVllm({ settings: parsed(over) as never }).settings;
}

test("vLLM draws for what it can hold whole, and is started with what the recipe says or with its defaults", () => {
  const trl = { backend: "trl", use_vllm: true };
  expect(problems("grpo", { ...trl, vllm: { max_model_len: 4096 } })).toEqual([]);
  expect(problems("grpo", { ...trl, tuning: "full", lora_rank: 1024, deepspeed: "zero2" })).toEqual([]);
  const refused: [object, RegExp][] = [
    [
      { ...trl, tuning: "qlora" },
      /^grpo\.use_vllm is true, but grpo\.tuning is qlora, whose 4-bit base .* tuning lora/,
    ],
    [{ ...trl, deepspeed: "zero3" }, /^grpo\.use_vllm is true, but grpo\.deepspeed is zero3, .* zero2 is needed/],
    [{ ...trl, lora_rank: 513 }, /^grpo\.lora_rank is 513, but vLLM takes adapters of rank 512 at most/],
    [{ use_vllm: true }, /^grpo\.use_vllm is true, but grpo\.backend is simulated, which has no model/],
    [{ vllm: {} }, /^grpo\.vllm is given, but grpo\.use_vllm is false; use_vllm true is needed/],
  ];
  for (const [over, sentence] of refused) expect(problems("grpo", over)).toEqual([expect.stringMatching(sentence)]);
  expect(told({})).not.toHaveProperty("vllm");
  expect(told({ use_vllm: true, vllm: { cache_gib: 2 } })).toMatchObject({
    vllm: { max_model_len: 8192, memory_share: 0.3, cache_gib: 2 },
  });
});

test("who draws is in the key, what vLLM starts with is not, and what was made before vLLM could draw is found", () => {
  const { keyed } = algorithmOf("grpo");
  const key = (over: object) => JSON.stringify(keyed(parsed(over)));
  expect(key({})).not.toContain("vllm");
  expect(key({ use_vllm: false })).toBe(key({}));
  expect(key({ use_vllm: true })).toContain('"use_vllm":true');
  expect(key({ use_vllm: true, vllm: { memory_share: 0.5 } })).toBe(key({ use_vllm: true }));
});

function parsed(over: object) {
  return algorithmOf("grpo").settings.parse({ backend: "trl", ...over });
}

test("an adapter that will hardly move is told of", () => {
  expect(hardlyMoves(parsed({}), 99)).toMatch(/^makes at most 99 optimizer steps at learning_rate 0\.000001: /);
  expect([hardlyMoves(parsed({}), 100), hardlyMoves(parsed({ learning_rate: 5e-5 }), 1)]).toEqual([null, null]);
  expect(hardlyMoves(parsed({ tuning: "full" }), 1)).toBeNull();
});

test("rewards are in the key with what they mean, and so is every setting", () => {
  const { settings, keyed } = algorithmOf("grpo");
  const own = settings.parse(SIMULATED);
  expect(keyed(own)).toMatchObject({ rewards: { combined: { weight: 1, version: 1 } }, beta: 0.04 });
  const others: object[] = [
    { rewards: { spatial: 1 } },
    { rewards: { combined: 2 } },
    { num_generations: 8 },
    { temperature: 1 },
    { top_p: 0.9 },
    { max_completion_length: 1 },
    { beta: 0 },
    { loss_type: "grpo" },
    { scale_rewards: "none" },
    { epsilon: 0.1 },
    { epsilon_high: 0.3 },
    { tuning: "qlora" },
  ];
  const keys = [{}, ...others].map((other) => JSON.stringify(keyed(settings.parse({ ...SIMULATED, ...other }))));
  expect(new Set(keys).size).toBe(keys.length);
});
