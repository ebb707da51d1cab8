import { appendFileSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { adopt } from "../../../../src/pipeline/snowball/adopt/index.ts";
import type { Adopted } from "../../../../src/pipeline/pipeline.ts";
import { labelled, lines, MEASURED, pairOf, scriptRun } from "../../../support/script-run.ts";

async function adopted(root: string, run: string, system = ""): Promise<Adopted> {
  const found = await adopt({
    folder: run,
    name: "run",
    images: undefined,
    system,
    fromRoot: (path) => join(root, path),
    toRoot: (path) => path,
  });
  return found!;
}

function verdicts({ tables }: Adopted) {
  return tables[0]!.rows.map(({ kept, state }) => [kept, state]);
}

test("a folder in which nothing is wrong is sound, and its pairs name their images where those are now", async () => {
  const { root, run } = await scriptRun();
  const found = await adopted(root, run, "You plan.");
  expect(verdicts(found)).toEqual([
    [3, "sound"],
    [3, "sound"],
  ]);
  expect(found.trusted).toBe(2);
  expect(found.goOn!.pairs[0]).toEqual({
    id: "iter_0-q00",
    image: ["scenes/q00.png"],
    system: "You plan.",
    prompt: "<image>What is behind the box of q00?",
    chosen: "from the left",
    rejected: "from above",
  });
});

test("scores that are a failed judge's default, and samples without their views, make no pair", async () => {
  const { root, run, put } = await scriptRun();
  const failed = [{ text: "from far", score: 5 }, ...MEASURED.slice(0, 1)];
  put("iter_0/labeled.jsonl", lines([labelled("q00", failed), labelled("q01", MEASURED), labelled("q02", MEASURED)]));
  put("iter_0/rollouts.jsonl", lines([labelled("q00", failed), labelled("q01", MEASURED), labelled("q02", MEASURED)]));
  put(
    "iter_0/dpo_pairs.json",
    JSON.stringify([pairOf("q00", failed), ...["q01", "q02"].map((id) => pairOf(id, MEASURED))]),
  );
  truncateSync(join(run, "iter_1/generated_images/q10/rollout_0/img_0.png"), 60);
  rmSync(join(run, "iter_1/generated_images/q11/rollout_2/img_0.png"));
  const found = await adopted(root, run);
  expect(verdicts(found)).toEqual([
    [2, "usable, without some of its pairs"],
    [2, "usable, without some of its pairs"],
  ]);
  const said = found.lines.join("\n");
  expect(said).toContain("1 of 10 samples is scored exactly 5, which is also what a failed judge leaves.");
  expect(said).toContain("1 pair left out: scored exactly 5, which is also what a failed judge leaves.");
  expect(said).toMatch(/2 views cannot be used: generated_images\/q10\/rollout_0\/img_0\.png is truncated/);
  expect(said).toContain("2 of 12 samples are scored without views that are missing or broken.");
  // q11's broken view is of a sample that no pair is made of.
  expect(said).toContain("1 pair left out: scored without views that are missing or broken.");
  expect(found.goOn!.pairs).toHaveLength(4);
});

test.each([
  [
    "a torn last line",
    "labeled.jsonl line 3 is cut off; 2 rows before it are whole",
    (run: string) => {
      const file = join(run, "iter_1/labeled.jsonl");
      truncateSync(file, readFileSync(file).length - 9);
    },
  ],
  ["pairs that are gone", "dpo_pairs.json is missing", (run: string) => rmSync(join(run, "iter_1/dpo_pairs.json"))],
  [
    "a rollout by the base",
    "its log says that the base sampled it, not iter_0: off-policy",
    (run: string) =>
      appendFileSync(join(run, "iterative_dpo.log"), "[Iter 1] Step A: On-policy rollout with /models/base\n"),
  ],
  [
    "a question of another shard",
    'not of its shard: 1 question, "q00" first',
    (run: string) => appendFileSync(join(run, "iter_1/labeled.jsonl"), lines([labelled("q00", MEASURED)])),
  ],
  [
    "a leak",
    "show the same picture",
    (run: string) =>
      appendFileSync(
        join(run, "iter_1/evaluation.jsonl"),
        lines([{ ...labelled("held-out", MEASURED), image_paths: ["data/scenes/q01.png"] }]),
      ),
  ],
])("%s ends the trust: what came before can be gone on from", async (_, sentence, spoil) => {
  const { root, run } = await scriptRun();
  spoil(run);
  const found = await adopted(root, run);
  expect(found.lines.join("\n")).toContain(sentence);
  expect(verdicts(found).map(([, state]) => state)).toEqual(["sound", "not to be trusted"]);
  expect(found.trusted).toBe(1);
  expect(found.goOn!.pairs).toHaveLength(3);
});

test("without a log, an iteration at which the run was resumed was sampled by the base", async () => {
  const { root, run, put } = await scriptRun();
  rmSync(join(run, "iterative_dpo.log"));
  put("config.json", JSON.stringify({ image_root: "data", scoring_method: "explicit", resume_iter: 1 }));
  const found = await adopted(root, run);
  expect(found.lines.join("\n")).toContain("resumed here, where these scripts sample from the base: off-policy.");
  expect(found.trusted).toBe(1);
});

test("what is no such folder is not adopted", async () => {
  const { root } = await scriptRun();
  expect(
    await adopt({ folder: root, name: "x", images: undefined, system: "", fromRoot: String, toRoot: String }),
  ).toBeNull();
});
