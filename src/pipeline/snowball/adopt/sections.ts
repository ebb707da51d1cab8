import { join } from "node:path";
import { createAlbum } from "../../../report/html/cards.ts";
import { curveFigures } from "../../../report/html/curves.ts";
import { html } from "../../../report/html/html.ts";
import type { Section } from "../../../report/html/section.ts";
import type { Log } from "../../../run/logs.ts";
import { distributions } from "../report/distributions.ts";
import { gallery, type ShownPair } from "../report/pairs.ts";
import { showIn } from "../report/pictures.ts";
import { spread } from "../report/sample.ts";
import { readValue } from "./files.ts";
import type { ForeignSample } from "./foreign-rows.ts";
import { viewFile } from "./images.ts";
import type { Examined } from "./iteration.ts";
import type { KeptPair } from "./pairs.ts";

/** Pairs shown at most. */
const MOST_PAIRS = 400;

/** What was found, to look at: the pairs that are kept, the scores as they were written, and the curves. */
export async function sectionsOf(found: readonly Examined[], images: string): Promise<Section[]> {
  const album = createAlbum();
  const all = found.flatMap(({ kept, iteration, folder }) => kept.map((pair) => shownPair(pair, iteration, folder)));
  const pairs = await gallery(spread(all, MOST_PAIRS), all.length, images, showIn(album));
  const curves = curveFigures(await curvesOf(found));
  const sections: (Section | null)[] = [
    pairs && { ...pairs, body: html`${pairs.body}${album.html()}` },
    scores(found),
    curves.length === 0 ? null : { id: "curves", title: "How it was trained", body: html`${curves}` },
  ];
  return sections.filter((section) => section !== null);
}

/** Scores have the scale of whoever wrote them. */
function scores(found: readonly Examined[]): Section | null {
  const rounds = found.map(({ iteration, questions, kept }) => ({
    title: `iteration ${iteration + 1}`,
    scores: questions.flatMap(({ samples }) => samples.flatMap(({ score }) => score ?? [])),
    gaps: kept.map(({ chosen, rejected }) => chosen.score! - rejected.score!),
  }));
  const values = rounds.flatMap((round) => round.scores);
  if (values.length === 0) return null;
  const [low, high] = values.reduce<[number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [0, 0],
  );
  return distributions(rounds, null, {
    low,
    high: high === low ? low + 1 : high,
    said: "Scores as they were written, failed ones among them: a bar that stands alone at 5, 0 or −10 is a default.",
  });
}

function shownPair({ row, question, chosen, rejected }: KeptPair, iteration: number, folder: string): ShownPair {
  const shown = ({ rollout, instructions }: ForeignSample) => ({
    views: instructions.map((_, index) => viewFile(question.id, rollout, index)),
  });
  return {
    folder,
    question: {
      question: question.question,
      question_type: "",
      ...(question.answer !== undefined && { answer: question.answer }),
    },
    pair: {
      ...row,
      iteration,
      kind:
        chosen.instructions.length === 0
          ? "empty_over_view"
          : rejected.instructions.length === 0
            ? "view_over_empty"
            : "view_over_view",
      weak: false,
      chosen_score: chosen.score!,
      rejected_score: rejected.score!,
      gap: chosen.score! - rejected.score!,
    },
    chosen: shown(chosen),
    rejected: shown(rejected),
  };
}

/** The trainer's own log, which transformers keeps beside its last checkpoint. */
async function curvesOf(found: readonly Examined[]): Promise<Log[]> {
  const logs: Log[] = [];
  for (const { iteration, folder } of found) {
    const state = await readValue<{ log_history?: Record<string, number>[] }>(
      join(folder, "model_lora", "trainer_state.json"),
    );
    const points = (state.found?.log_history ?? []).flatMap((row) => {
      const numbers = Object.fromEntries(Object.entries(row).filter(([, value]) => Number.isFinite(value)));
      return numbers["step"] === undefined ? [] : [{ ...numbers, step: numbers["step"] }];
    });
    if (points.length > 0) logs.push({ title: `iter_${iteration}`, points });
  }
  return logs;
}
