import type { JudgedRow } from "../benchmark/rows.ts";
import { type Card, cardsHtml } from "../report/html/cards.ts";
import { html } from "../report/html/html.ts";
import type { Section } from "../report/html/section.ts";

/** A policy's answers to one benchmark. */
export interface PolicyAnswers {
  readonly policy: string;
  readonly benchmark: string;
  readonly judged: readonly JudgedRow[];
}

/** Questions of a benchmark shown at most, and characters of an answer. */
const MOST = 300;
const LONGEST = 600;

/** The same question answered by every policy, side by side, with a slider over the policies; a section a benchmark. */
export function answersSection(answers: readonly PolicyAnswers[]): Section[] {
  return [...Map.groupBy(answers, ({ benchmark }) => benchmark)].map(([benchmark, policies], place) => {
    const ids = policies[0]!.judged.map(({ id }) => id);
    const every = Math.max(1, Math.ceil(ids.length / MOST));
    const shown = ids.filter((_, at) => at % every === 0);
    const byId = policies.map(({ judged }) => new Map(judged.map((row) => [row.id, row])));
    const labels = policies.map(({ policy, judged }) => {
      const asked = judged.filter(({ status }) => status !== "quarantined");
      return `${policy}: ${asked.filter(({ status }) => status === "right").length} of ${asked.length} right`;
    });
    const cards = `answers-${place}-cards`;
    const body = html`
      ${shown.length < ids.length ? html`<p class="note">${shown.length} of ${ids.length} questions, spread evenly.</p>` : null}
      <div class="slider controls" data-for="${cards}" data-labels="${JSON.stringify(labels)}">
        <label
          >Policy
          <input type="range" min="0" max="${policies.length - 1}" value="${policies.length - 1}" step="1" /></label
        ><output aria-live="polite"></output>
      </div>
      ${cardsHtml({
        id: cards,
        noun: "question",
        cards: shown.map((id) =>
          cardOf(
            id,
            policies.map(({ policy }, at) => ({ policy, row: byId[at]!.get(id) })),
          ),
        ),
        filters: { right: "Policies that are right", type: "Type of question" },
        orders: { right: "policies that are right" },
        page: 10,
      })}
    `;
    return { id: `answers-${place}`, title: `${benchmark}: one question, every policy`, body };
  });
}

function cardOf(
  id: string,
  answers: readonly { readonly policy: string; readonly row: JudgedRow | undefined }[],
): Card {
  const first = answers[0]?.row;
  const body = html`<h3>${id}</h3>
    <p>Answer: ${first?.truth}</p>
    <div class="beside">
      ${answers.map(
        ({ policy, row }, place) =>
          html`<div class="step" data-step="${place}">
            <h4>${policy}</h4>
            <p class="${row?.status === "right" ? "right" : "wrong"}">
              ${row?.status === "right" ? "✓" : "✗"} ${row?.status ?? "not asked"}${row?.said ? `: ${row.said}` : ""}
            </p>
            <p>${row?.text?.slice(0, LONGEST) ?? row?.reason}</p>
          </div>`,
      )}
    </div>`;
  return {
    body,
    facts: { right: answers.filter(({ row }) => row?.status === "right").length, type: first?.type ?? "" },
  };
}
