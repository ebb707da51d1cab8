import { join } from "node:path";
import { namesIn } from "../../../artifact/disk.ts";
import type { ImportedQuestion } from "../../../dataset/question.ts";
import { fewAtATime, FILES_AT_ONCE } from "../../../few-at-a-time.ts";
import type { AnswerRow } from "../../../preference/rows.ts";
import { type Card, cardsHtml } from "../../../report/html/cards.ts";
import { type Html, html } from "../../../report/html/html.ts";
import type { Section } from "../../../report/html/section.ts";
import type { Show } from "./pictures.ts";
import { spread, spreadNote } from "./sample.ts";
import type { Evaluation } from "./source.ts";
import { wrote } from "./words.ts";

/** A policy of the run, as people call it: "base", "iteration 1". */
export interface Step {
  readonly title: string;
  readonly evaluation: Evaluation;
}

export interface HeldOut {
  readonly steps: readonly Step[];
  readonly questions: ReadonlyMap<string, ImportedQuestion>;
  /** Ids of the test questions. */
  readonly test: readonly string[];
  /** Folder of the given images, absolute. */
  readonly images: string;
}

/** Questions shown at most. */
const MOST = 200;

/** The same question answered by every policy, side by side, with a slider over the policies. */
export async function heldOut({ steps, questions, test, images }: HeldOut, show: Show): Promise<Section | null> {
  const known = test.filter((id) => questions.has(id));
  if (steps.length === 0 || known.length === 0) return null;
  const shown = spread(known, MOST);
  const answers = steps.map(({ evaluation }) => new Map(evaluation.rows.map((row) => [row.question_id, row])));
  const cards = await fewAtATime(shown, FILES_AT_ONCE, (id) =>
    cardOf(questions.get(id)!, { steps, answers: answers.map((each) => each.get(id)), images, show }),
  );
  const labels = steps.map(({ title, evaluation }) => `${title}: ${rightOf(evaluation, known)} right`);
  const body = html`
    <p>
      What a policy asks for decides what the evaluator sees. Move the slider from the base to the last iteration: what
      came later is hidden until then.
    </p>
    <div class="slider controls" data-for="held-out-cards" data-labels="${JSON.stringify(labels)}">
      <label>Policy <input type="range" min="0" max="${steps.length - 1}" value="${steps.length - 1}" step="1" /></label
      ><output aria-live="polite"></output>
    </div>
    <p class="note">${spreadNote(shown.length, known.length, "test question")}</p>
    ${cardsHtml({
      id: "held-out-cards",
      noun: "question",
      cards,
      filters: { course: "What became of it", type: "Type of question" },
      orders: { learned: "learned", right: "policies that were right" },
      page: 8,
    })}
  `;
  return { id: "held-out", title: "One question, every policy", body };
}

function rightOf({ rows }: Evaluation, ids: readonly string[]): string {
  const wanted = new Set(ids);
  const judged = rows.filter(({ question_id, correct }) => wanted.has(question_id) && correct !== null);
  return `${judged.filter(({ correct }) => correct === true).length} of ${judged.length}`;
}

interface Answered {
  readonly steps: readonly Step[];
  /** In the order of the steps. */
  readonly answers: readonly (AnswerRow | undefined)[];
  readonly images: string;
  readonly show: Show;
}

async function cardOf(question: ImportedQuestion, { steps, answers, images, show }: Answered): Promise<Card> {
  const cells: Html[] = [];
  for (const [place, { title, evaluation }] of steps.entries()) {
    const row = answers[place];
    cells.push(
      html`<div class="step" data-step="${place}">
        <h4>${title}</h4>
        ${await viewsOf(evaluation, question.id, title, show)} ${wrote(evaluation.texts.get(question.id) ?? "")}
        ${row === undefined ? html`<p>not asked</p>` : judged(row)}
      </div>`,
    );
  }
  const right = answers.map((row) => row?.correct === true);
  const given = question.images[0];
  const body = html`<h3>${question.question}</h3>
    <p>${question.answer === undefined ? null : `Answer: ${question.answer}`}</p>
    <div class="beside">
      <div>
        <h4>Given</h4>
        ${given === undefined ? null : await show(join(images, given), `The given image of ${question.id}`)}
      </div>
      ${cells}
    </div>`;
  return {
    body,
    facts: {
      course: courseOf(right),
      type: question.question_type,
      learned: Number(right.at(-1) ?? false) - Number(right[0] ?? false),
      right: right.filter(Boolean).length,
    },
  };
}

function courseOf(right: readonly boolean[]): string {
  if (right.every(Boolean)) return "always right";
  if (!right.some(Boolean)) return "never right";
  if (right[0] === right.at(-1)) return "back and forth";
  return right[0] === true ? "lost" : "learned";
}

function judged({ answer, correct, useful, status, reason }: AnswerRow): Html {
  if (status === "quarantined") return html`<p class="note">quarantined: ${reason}</p>`;
  const mark = correct === null ? "" : correct ? "✓ right: " : "✗ wrong: ";
  const shows = useful === null ? null : useful ? "the view shows it" : "no view shows it";
  return html`<p class="${correct === true ? "right" : "wrong"}">${mark}${answer}</p>
    ${shows === null ? null : html`<p class="note">${shows}</p>`}`;
}

async function viewsOf({ views }: Evaluation, id: string, title: string, show: Show): Promise<Html[]> {
  const folder = views.get(id);
  if (folder === undefined) return [];
  const own = join(folder, "generated_images", id, "rollout_0");
  const found: Html[] = [];
  for (const name of await namesIn(own)) found.push(await show(join(own, name), `View of ${title} for ${id}`));
  return found;
}
