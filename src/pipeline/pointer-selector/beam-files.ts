import { z } from "zod";
import { StepFailure } from "../../failure.ts";

/** A beam of a query as files and artifacts have it. */
export interface BeamRow {
  /** Ids of the examples, in their order. */
  readonly ids: readonly string[];
  /** Gain in P(answer | examples, query) over P(answer | query). */
  readonly score: number;
  /** Mean log-probability of the answer's tokens; null where the file does not say. */
  readonly logprob: number | null;
  /** VQA accuracy of the answer that the model gave with these examples; null where it was not asked. */
  readonly accuracy: number | null;
}

/** Beams by query id. */
export type Beams = ReadonlyMap<string, readonly BeamRow[]>;

/** What a file's beams have to be. */
export interface Wanted {
  /** Beams of every query. */
  readonly size: number;
  readonly shots: number;
  readonly isQuery: (id: string) => boolean;
  readonly inPool: (id: string) => boolean;
}

const listed = z.strictObject({ id_list: z.array(z.array(z.unknown())), score_list: z.array(z.unknown()) });
const pointed = z.strictObject({
  pointer_candidates: z.array(
    z.strictObject({
      pointer: z.array(z.unknown()),
      gen_method: z.string(),
      beam_score: z.unknown(),
      logprob_score: z.unknown().optional(),
      vqa_correct: z.unknown().optional(),
      vqa_acc_score: z.unknown().optional(),
    }),
  ),
});

/**
 * Reads a beam file in either shape: `{query: {id_list: [[…shots, query]], score_list: […]}}`, or
 * `{query: {pointer_candidates: [{pointer, gen_method, beam_score, logprob_score, vqa_correct, vqa_acc_score}]}}`.
 * @param name the file as the recipe names it
 * @throws {StepFailure} BadInput naming the first query and beam that is not as wanted
 */
export function readBeams(content: unknown, name: string, wanted: Wanted): Beams {
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new StepFailure("BadInput", `${name} is no beam file; an object of beams by query id is needed.`);
  }
  const entries = Object.entries(content);
  if (entries.length === 0) throw new StepFailure("BadInput", `${name} has no queries.`);
  return new Map(entries.map(([query, value]) => [query, readQuery(query, value, name, wanted)]));
}

function readQuery(query: string, value: unknown, name: string, wanted: Wanted): BeamRow[] {
  const refuse = (what: string): never => {
    throw new StepFailure("BadInput", `${name}, query ${JSON.stringify(query)}: ${what}.`);
  };
  if (!wanted.isQuery(query)) refuse("no query has this id");
  const rows = listedRows(query, value, refuse) ?? pointedRows(value, refuse);
  if (rows === undefined) return refuse("neither id_list and score_list nor pointer_candidates are there alone");
  if (rows.length !== wanted.size) refuse(`${rows.length} beams are there, ${wanted.size} are needed (beams.size)`);
  const seen = new Set<string>();
  for (const [at, { ids, score, logprob, accuracy }] of rows.entries()) {
    const beam = `beam ${at}`;
    if (ids.length !== wanted.shots)
      refuse(`${beam} has ${ids.length} shots, ${wanted.shots} are needed (beams.shots)`);
    if (new Set(ids).size < ids.length) refuse(`${beam} has an example twice`);
    if (ids.includes(query)) refuse(`${beam} has the query among its examples`);
    const stranger = ids.find((id) => !wanted.inPool(id));
    if (stranger !== undefined) refuse(`${beam} names ${JSON.stringify(stranger)}, which is not in the pool`);
    if (!Number.isFinite(score)) refuse(`${beam} has the score ${String(score)}; a finite number is needed`);
    if (logprob !== null && !Number.isFinite(logprob)) refuse(`${beam} has a logprob_score that is no finite number`);
    if (accuracy !== null && !(accuracy >= 0 && accuracy <= 1)) refuse(`${beam} has a vqa_acc_score outside of 0 to 1`);
    const key = JSON.stringify(ids);
    if (seen.has(key)) refuse(`${beam} is there before`);
    seen.add(key);
  }
  return rows.toSorted((a, b) => b.score - a.score);
}

type Refuse = (what: string) => never;

function listedRows(query: string, value: unknown, refuse: Refuse): BeamRow[] | undefined {
  const { data } = listed.safeParse(value);
  if (data === undefined) return undefined;
  const { id_list: lists, score_list: scores } = data;
  if (lists.length !== scores.length) refuse(`${lists.length} beams have ${scores.length} scores`);
  return lists.map((list, at): BeamRow => {
    const ids = list.map(idOf);
    if (ids.at(-1) !== query) refuse(`beam ${at} does not end with the query's id`);
    return { ids: ids.slice(0, -1), score: numberOf(scores[at]), logprob: null, accuracy: null };
  });
}

function pointedRows(value: unknown, refuse: Refuse): BeamRow[] | undefined {
  const { data } = pointed.safeParse(value);
  return data?.pointer_candidates.map((each, at): BeamRow => {
    const accuracy = each.vqa_acc_score ?? null;
    const correct = each.vqa_correct ?? null;
    if (correct !== null && ![0, 1, true, false].includes(correct as number))
      refuse(`beam ${at} has a vqa_correct that is neither 0 nor 1`);
    return {
      ids: each.pointer.map(idOf),
      score: numberOf(each.beam_score),
      logprob: each.logprob_score === undefined || each.logprob_score === null ? null : numberOf(each.logprob_score),
      accuracy: accuracy === null ? null : numberOf(accuracy),
    };
  });
}

/** Ids are texts here and whole numbers in the field's files. */
function idOf(value: unknown): string {
  return typeof value === "string" || Number.isSafeInteger(value) ? String(value) : JSON.stringify(value);
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}

/** The shape that supervised trainings read: `{query: {id_list, score_list}}`. */
export function listedShape(beams: Beams): object {
  return Object.fromEntries(
    [...beams].map(([query, rows]) => [
      query,
      { id_list: rows.map(({ ids }) => [...ids, query]), score_list: rows.map(({ score }) => score) },
    ]),
  );
}

/** An answer that half of the asked agree on counts as right where one bit is wanted. */
const CORRECT = 0.5;

/** The shape that reinforcement reads: `{query: {pointer_candidates}}`. */
export function pointedShape(beams: Beams): object {
  return Object.fromEntries(
    [...beams].map(([query, rows]) => [
      query,
      {
        pointer_candidates: rows.map(({ ids, score, logprob, accuracy }) => ({
          pointer: ids,
          gen_method: "beam",
          beam_score: score,
          logprob_score: logprob,
          vqa_correct: accuracy === null ? null : Number(accuracy >= CORRECT),
          vqa_acc_score: accuracy,
        })),
      },
    ]),
  );
}
