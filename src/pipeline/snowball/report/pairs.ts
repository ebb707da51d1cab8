import { join } from "node:path";
import { share } from "../../../contract/table.ts";
import type { ImportedQuestion } from "../../../dataset/question.ts";
import { fewAtATime, FILES_AT_ONCE } from "../../../few-at-a-time.ts";
import type { LabeledRow, PairRow } from "../../../preference/rows.ts";
import { type Card, cardsHtml } from "../../../report/html/cards.ts";
import { type Html, html } from "../../../report/html/html.ts";
import type { Section } from "../../../report/html/section.ts";
import type { Show } from "./pictures.ts";
import { spreadNote } from "./sample.ts";
import { wrote } from "./words.ts";

/** A pair with the samples that it was made of, where the run made it itself. */
export interface ShownPair {
  readonly pair: Pick<
    PairRow,
    | "id"
    | "image"
    | "prompt"
    | "chosen"
    | "rejected"
    | "kind"
    | "iteration"
    | "chosen_score"
    | "rejected_score"
    | "gap"
    | "weak"
  >;
  /** Folder of its iteration, absolute. */
  readonly folder: string;
  readonly question: Pick<ImportedQuestion, "question" | "answer" | "question_type"> | undefined;
  readonly chosen: ShownSample | undefined;
  readonly rejected: ShownSample | undefined;
}

type ShownSample = Pick<LabeledRow, "views" | "reason">;

/** The pairs to look at, with the question, the given image, and both sides. */
export async function gallery(
  pairs: readonly ShownPair[],
  all: number,
  images: string,
  show: Show,
): Promise<Section | null> {
  if (pairs.length === 0) return null;
  const cards = await fewAtATime(pairs, FILES_AT_ONCE, (each) => cardOf(each, images, show));
  const body = html`
    <p class="note">${spreadNote(pairs.length, all, "pair")}</p>
    ${cardsHtml({
      id: "pair-cards",
      noun: "pair",
      cards,
      filters: { iteration: "Iteration", kind: "Kind", type: "Type of question", weak: "Weak" },
      // Not the gap first: the widest gaps are to output that could not be read, which shows nothing.
      orders: { rejected: "score of the rejected", gap: "gap", chosen: "score of the chosen" },
      page: 12,
    })}
  `;
  return { id: "pairs", title: "What it was taught: pairs", body };
}

async function cardOf(each: ShownPair, images: string, show: Show): Promise<Card> {
  const { pair, question } = each;
  const [given] = pair.image;
  const asked = question?.question ?? pair.prompt.replaceAll("<image>", "").trim();
  const body = html`<h3>${asked}</h3>
    <div class="beside">
      <div>
        <h4>Given</h4>
        ${given === undefined ? null : await show(join(images, given), `The given image of ${pair.id}`)}
        <p>${question?.answer === undefined ? null : `Answer: ${question.answer}`}</p>
        <p>
          iteration ${pair.iteration + 1} · gap ${share(pair.gap)} ·
          ${pair.kind.replaceAll("_", " ")}${pair.weak ? " · weak" : ""}
        </p>
      </div>
      ${await side("Chosen", { text: pair.chosen, score: pair.chosen_score, row: each.chosen }, each, show)}
      ${await side("Rejected", { text: pair.rejected, score: pair.rejected_score, row: each.rejected }, each, show)}
    </div>`;
  return {
    body,
    facts: {
      iteration: pair.iteration + 1,
      kind: pair.kind.replaceAll("_", " "),
      type: question?.question_type ?? "",
      weak: pair.weak ? "yes" : "no",
      gap: pair.gap,
      chosen: pair.chosen_score,
      rejected: pair.rejected_score,
    },
  };
}

interface Side {
  readonly text: string;
  readonly score: number;
  readonly row: ShownSample | undefined;
}

async function side(name: string, { text, score, row }: Side, { pair, folder }: ShownPair, show: Show): Promise<Html> {
  const views: Html[] = [];
  for (const file of row?.views ?? []) {
    views.push(await show(join(folder, file), `View of the ${name.toLowerCase()} of ${pair.id}`));
  }
  return html`<div class="wide">
    <h4>${name}, score ${share(score)}</h4>
    ${views} ${wrote(text)} ${row?.reason === undefined ? null : html`<p class="note">${row.reason}</p>`}
  </div>`;
}
