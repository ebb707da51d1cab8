import type { DataSetName } from "./index.ts";

/** A data set on the hub. */
export interface OnTheHub {
  readonly repo: string;
  /** How its rows are read. */
  readonly format: DataSetName;
  /** Names of files by split, as patterns; the first split is fetched where none is named. */
  readonly splits: Readonly<Record<string, readonly string[]>>;
}

const perLines = { test: ["test.jsonl"], dev: ["dev.jsonl"], train: ["train.jsonl"] };

/** What `data get` knows by name. */
export const ON_THE_HUB: Readonly<Record<string, OnTheHub>> = {
  "rlhf-v": {
    repo: "openbmb/RLHF-V-Dataset",
    format: "rlhf-v",
    splits: { train: ["RLHF-V-Dataset.parquet"] },
  },
  "pixmo-cap": { repo: "allenai/pixmo-cap", format: "pixmo-cap", splits: { train: ["data/train-*.parquet"] } },
  "spatialvlm-spacellava": {
    repo: "remyxai/vqasynth_spacellava",
    format: "spatial-qa",
    splits: { train: ["data/train-*.parquet"], test: ["data/test-*.parquet"] },
  },
  vsr: { repo: "cambridgeltl/vsr_zeroshot", format: "vsr", splits: perLines },
  "vsr-random": { repo: "cambridgeltl/vsr_random", format: "vsr", splits: perLines },
  vqav2: { repo: "lmms-lab/VQAv2", format: "vqa", splits: { validation: ["data/validation-*.parquet"] } },
  okvqa: { repo: "lmms-lab/OK-VQA", format: "vqa", splits: { val: ["data/val2014-*.parquet"] } },
  "cv-bench": {
    repo: "nyu-visionx/CV-Bench",
    format: "cv-bench",
    splits: { test: ["test_2d.parquet", "test_3d.parquet"] },
  },
};
