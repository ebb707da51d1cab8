import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ImageBackend } from "../../src/model/image/backend.ts";
import { makeViews } from "../../src/model/image/make-views.ts";
import type { CallOptions } from "../../src/model/vlm/backend.ts";
import type { ViewRow } from "../../src/preference/rows.ts";
import type { ImportedQuestion } from "../../src/dataset/question.ts";
import type { RunFiles } from "../../src/pipeline/snowball/files.ts";
import type { ActivityDeps } from "../deps.ts";
import { fewAtATime, FILES_AT_ONCE } from "../../src/few-at-a-time.ts";

/** A view that a rollout asks for. */
export interface Wanted {
  readonly question: ImportedQuestion;
  readonly rollout: number;
  readonly index: number;
  readonly instruction: string;
  readonly seed: string;
}

interface Making {
  readonly folder: string;
  readonly deps: ActivityDeps;
  readonly files: RunFiles;
  readonly options: CallOptions;
  /** Ask the executor whether a view shows what is asked: a measurement, so never of training views. */
  readonly measure: boolean;
}

/** Pieces of work under way at once: while one is drawn, others are encoded, checked and written. */
const AT_ONCE = 4;

/** Makes each distinct view once: equal instructions with equal noise give equal pixels, so the rest are copies. */
export async function makeDistinct(
  backend: ImageBackend,
  wanted: readonly Wanted[],
  making: Making,
): Promise<ViewRow[]> {
  const { folder, options } = making;
  const distinct = new Map<string, Wanted>();
  for (const view of wanted) if (!distinct.has(sameness(view))) distinct.set(sameness(view), view);
  const made = new Map<string, ViewRow>();
  const pieces = piecesOf(backend, [...distinct.values()]);
  const moved = pieces.map(() => 0);
  await fewAtATime(pieces, AT_ONCE, async (piece, place) => {
    const onProgress = (done: number): void => {
      // Bad views are made again in a request of their own, which counts from 0.
      moved[place] = Math.max(done, moved[place]!);
      options.onProgress(
        moved.reduce((sum, each) => sum + each),
        distinct.size,
      );
    };
    options.signal.throwIfAborted();
    const rows = await makePiece(backend, piece, { ...making, options: { ...options, onProgress } });
    piece.forEach((view, at) => made.set(sameness(view), rows[at]!));
    onProgress(piece.length);
  });
  return fewAtATime(wanted, FILES_AT_ONCE, async (view) => {
    const original = made.get(sameness(view))!;
    const file = fileOf(view);
    if (original.status === "ok" && original.file !== file) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await copyFile(join(folder, original.file), join(folder, file));
    }
    return { ...original, rollout: view.rollout, file };
  });
}

/** Views that are made together: of one question, which is of one image; or a single one. */
type Piece = readonly Wanted[];

function piecesOf(backend: ImageBackend, views: readonly Wanted[]): Piece[] {
  if (!backend.inBatches) return views.map((view) => [view]);
  return [...Map.groupBy(views, (view) => view.question).values()];
}

function sameness({ question, index, instruction }: Wanted): string {
  return JSON.stringify([question.id, index, instruction]);
}

/** The given images of a question that the executor reads; the first is the one that it edits. */
export function givenTo({ images }: RunFiles["recipe"]["executor"], question: Pick<ImportedQuestion, "images">) {
  return images === "all" ? question.images : question.images.slice(0, 1);
}

function fileOf({ question, rollout, index }: Wanted): string {
  return `generated_images/${question.id}/rollout_${rollout}/img_${index}.png`;
}

async function makePiece(backend: ImageBackend, piece: Piece, making: Making): Promise<ViewRow[]> {
  const { folder, deps, files, options, measure } = making;
  const { executor, data } = files.recipe;
  const given = givenTo(executor, piece[0]!.question).map((name) => join(deps.root, data.image_root, name));
  const views = piece.map((view) => ({ ...view, output: join(folder, fileOf(view)) }));
  await fewAtATime(views, FILES_AT_ONCE, ({ output }) => mkdir(dirname(output), { recursive: true }));
  const made = await makeViews(backend, given, views, { ...options, maxRetries: executor.max_retries });
  return fewAtATime(piece, AT_ONCE, async (view, place): Promise<ViewRow> => {
    const { question, rollout, index, instruction } = view;
    const useful = measure && backend.useful ? await backend.useful(given[0]!, question.id, instruction) : null;
    return { question_id: question.id, rollout, index, instruction, file: fileOf(view), ...made[place]!, useful };
  });
}
