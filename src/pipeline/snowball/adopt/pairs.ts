import { readGivenPair } from "../../../preference/given-pairs.ts";
import { failedScore } from "./failed-score.ts";
import { type ForeignQuestion, type ForeignSample, imagesOf, textOf } from "./foreign-rows.ts";
import { type ImageRoots, nameUnder } from "./images.ts";

type Row = Readonly<Record<string, unknown>>;

/** A pair that training can go on from, in the format that recipes take, with the samples that it was made of. */
export interface KeptPair {
  readonly row: {
    readonly id: string;
    readonly image: readonly string[];
    readonly system: string;
    readonly prompt: string;
    readonly chosen: string;
    readonly rejected: string;
  };
  readonly question: ForeignQuestion;
  readonly chosen: ForeignSample;
  readonly rejected: ForeignSample;
}

export interface SortedPairs {
  readonly kept: readonly KeptPair[];
  /** How many were left out, by reason. */
  readonly left: ReadonlyMap<string, number>;
}

export interface SortInput {
  readonly iteration: number;
  readonly questions: readonly ForeignQuestion[];
  /** How many views a sample lacks. */
  readonly lacking: (question: string, rollout: number) => number;
  readonly method: string | undefined;
  readonly roots: ImageRoots;
  /** The system prompt that the planner was sampled with, for pairs that lack theirs. */
  readonly system: string;
}

/** Keeps the pairs whose two samples were both measured. */
export function sortPairs(rows: readonly Row[], input: SortInput): SortedPairs {
  const kept: KeptPair[] = [];
  const left = new Map<string, number>();
  const questions = new Map(input.questions.map((each) => [each.id, each]));
  for (const [place, row] of rows.entries()) {
    const pair = sortPair(row, place + 1, questions, input);
    if (typeof pair === "string") left.set(pair, (left.get(pair) ?? 0) + 1);
    else kept.push(pair);
  }
  return { kept, left };
}

/** The pair, or why it is left out. */
function sortPair(
  row: Row,
  number: number,
  questions: ReadonlyMap<string, ForeignQuestion>,
  { iteration, lacking, method, roots, system }: SortInput,
): KeptPair | string {
  const said = { ...row, ...(row["metadata"] as Row | undefined) };
  const id = textOf(said["question_id"] ?? said["id"]) ?? "";
  const question = questions.get(id);
  if (question === undefined) return "of a question that has no labels here";
  const sampleOf = (side: "chosen" | "rejected"): ForeignSample | undefined => {
    const rollout = said[`${side}_rollout_idx`] ?? said[`${side}_rollout`];
    return question.samples.find(({ rollout: at, text }) => at === rollout && text === row[side]);
  };
  const [chosen, rejected] = [sampleOf("chosen"), sampleOf("rejected")];
  if (chosen === undefined || rejected === undefined) return "with a text that is not the one that was sampled";
  for (const sample of [chosen, rejected]) {
    const failed = failedScore(sample, method, lacking(id, sample.rollout));
    if (failed !== undefined) return failed;
    if (sample.score === null) return "of a sample without a score";
  }
  if (chosen.score! <= rejected.score!) return "whose chosen side has no higher score";
  const images = imagesOf(row).map((each) => nameUnder(roots, each));
  if (images.some((name) => name === undefined)) return "with a given image that is not there";
  const { policy: _, prompt_digest: __, ...own } = row;
  const read = readGivenPair({ ...own, id: `iter_${iteration}-${id}`, image: images }, number);
  if ("problem" in read) return `that training would refuse: ${read.problem}`;
  const { id: name, image, prompt, chosen: better, rejected: worse, system: its } = read.pair;
  const text = { id: name, image, system: its || system, prompt, chosen: better, rejected: worse };
  return { row: text, question, chosen, rejected };
}
