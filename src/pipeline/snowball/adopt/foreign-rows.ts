/** A question with its samples, as another program wrote it. */
export interface ForeignQuestion {
  readonly id: string;
  readonly question: string;
  /** As they were written: often absolute. */
  readonly images: readonly string[];
  readonly answer: string | undefined;
  readonly samples: readonly ForeignSample[];
}

export interface ForeignSample {
  readonly rollout: number;
  readonly text: string;
  readonly instructions: readonly string[];
  /** null where it has none: not scored yet, or quarantined. */
  readonly score: number | null;
  /** How it was scored, and what was said about it. */
  readonly method: string | undefined;
  readonly detail: string | undefined;
  /** Who sampled it, where the row says so. */
  readonly policy: string | undefined;
}

type Row = Readonly<Record<string, unknown>>;

/**
 * Reads rows of rollouts.jsonl or labeled.jsonl in the two shapes that are met: a line for each question, with its
 * `rollouts` and their `scores` by `rollout_idx`, or a line for each sample.
 */
export function readForeign(rows: readonly Row[]): ForeignQuestion[] {
  const questions = new Map<string, { -readonly [K in keyof ForeignQuestion]: ForeignQuestion[K] }>();
  for (const row of rows) {
    const id = textOf(row["question_id"] ?? row["id"]) ?? "";
    const known = questions.get(id);
    const samples = Array.isArray(row["rollouts"]) ? samplesOf(row, row["rollouts"] as Row[]) : [sampleOf(row, row)];
    questions.set(id, {
      id,
      question: known?.question ?? textOf(row["question"]) ?? "",
      images: known?.images ?? imagesOf(row),
      answer: known?.answer ?? textOf(row["gt_answer"] ?? row["answer"]),
      samples: [...(known?.samples ?? []), ...samples],
    });
  }
  return [...questions.values()];
}

function samplesOf(row: Row, rollouts: readonly Row[]): ForeignSample[] {
  const scores = (Array.isArray(row["scores"]) ? row["scores"] : []) as Row[];
  return rollouts.map((rollout, place) => {
    const score = scores.find((each) => each["rollout_idx"] === place) ?? {};
    return sampleOf({ ...rollout, rollout: place }, score);
  });
}

function sampleOf(said: Row, scored: Row): ForeignSample {
  const instructions = Array.isArray(said["instructions"]) ? said["instructions"] : [];
  const { score } = scored;
  return {
    rollout: Number(said["rollout"] ?? 0),
    text: textOf(said["raw_output"] ?? said["text"]) ?? "",
    instructions: instructions.filter((each): each is string => typeof each === "string"),
    score: typeof score === "number" && Number.isFinite(score) ? score : null,
    method: textOf(scored["method"]),
    detail: textOf(scored["detail"]),
    policy: textOf(said["policy"]),
  };
}

/** Names of a row's images, whatever the field is called. */
export function imagesOf(row: Row): string[] {
  const value = row["image_paths"] ?? row["images"] ?? row["image"] ?? [];
  return (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === "string");
}

export function textOf(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return typeof value === "string" ? value : undefined;
}
