import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { picture } from "./data.ts";
import { temporaryFolder } from "./temporary.ts";

/** A sample as the field's scripts write it, and what the judge gave it. */
export interface ScriptSample {
  readonly text: string;
  readonly score: number;
}

/** Four samples whose scores differ, none of them a default. */
export const MEASURED: readonly ScriptSample[] = [
  { text: "from the left", score: 8 },
  { text: "from above", score: 3 },
  { text: "from behind", score: 6 },
  { text: "from the right", score: 7 },
];

/**
 * A root with data/scenes/<id>.png and run/, as the field's scripts leave it: two iterations of three questions, each
 * with a view for every sample, and a log that names who sampled.
 */
export async function scriptRun(): Promise<{ root: string; run: string; put: (name: string, text: string) => void }> {
  const root = temporaryFolder();
  const run = join(root, "run");
  const put = (name: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(run, name)), { recursive: true });
    writeFileSync(join(run, name), content);
  };
  const shards = [0, 1].map((iteration) => [0, 1, 2].map((at) => `q${iteration}${at}`));
  put("config.json", JSON.stringify({ dataset: "mmsibench", image_root: "data", scoring_method: "explicit" }));
  put("shards.json", JSON.stringify(shards));
  put(
    "iterative_dpo.log",
    "[Iter 0] Step A: On-policy rollout with /models/base\n" +
      "[Iter 1] Step A: On-policy rollout with /old/run/iter_0/model_merged\n",
  );
  let pairs = 0;
  for (const [iteration, ids] of shards.entries()) {
    const rows = ids.map((id) => labelled(id, MEASURED));
    put(`iter_${iteration}/rollouts.jsonl`, lines(rows.map(({ scores: _, ...row }) => row)));
    put(`iter_${iteration}/labeled.jsonl`, lines(rows));
    put(`iter_${iteration}/dpo_pairs.json`, JSON.stringify(ids.map((id) => pairOf(id, MEASURED))));
    pairs += ids.length;
    put(`iter_${iteration}/dpo_accumulated.json`, JSON.stringify(Array.from({ length: pairs }, () => ({}))));
    for (const [place, id] of ids.entries()) {
      const scene = join(root, "data/scenes", `${id}.png`);
      mkdirSync(dirname(scene), { recursive: true });
      writeFileSync(
        scene,
        await picture(iteration * 10 + place)
          .png()
          .toBuffer(),
      );
      for (const at of MEASURED.keys()) {
        put(`iter_${iteration}/generated_images/${id}/rollout_${at}/img_0.png`, await picture(at).png().toBuffer());
      }
    }
  }
  return { root, run, put };
}

export function lines(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

export function labelled(id: string, samples: readonly ScriptSample[]) {
  return {
    id,
    question: `What is behind the box of ${id}?`,
    image_paths: [`/old/place/data/scenes/${id}.png`],
    gt_answer: "A",
    rollouts: samples.map(({ text }) => ({ raw_output: text, instructions: text === "" ? [] : [text] })),
    scores: samples.map(({ score }, rollout_idx) => ({ rollout_idx, score, method: "explicit" })),
  };
}

/** The highest over the lowest, as the scripts choose. */
export function pairOf(id: string, samples: readonly ScriptSample[]) {
  const scores = samples.map(({ score }) => score);
  const [best, worst] = [scores.indexOf(Math.max(...scores)), scores.indexOf(Math.min(...scores))];
  return {
    image: [`/old/place/data/scenes/${id}.png`],
    prompt: `<image>\nWhat is behind the box of ${id}?`,
    chosen: samples[best]!.text,
    rejected: samples[worst]!.text,
    metadata: { id, chosen_rollout_idx: best, rejected_rollout_idx: worst },
  };
}
