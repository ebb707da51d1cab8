import type { Table } from "../../../contract/table.ts";
import { count, plural } from "../../../numbers.ts";
import type { Examined } from "./iteration.ts";

export interface Verdicts {
  /** How many iterations, from the first, can be trusted: a later one trains on the pairs of all before it. */
  readonly trusted: number;
  /** The newest of them whose policy was trained on nothing but what is kept; null where there is none. */
  readonly policy: number | null;
}

/** An iteration is trusted when nothing is wrong with it or with one before it. */
export function verdictsOf(found: readonly Examined[]): Verdicts {
  const first = found.findIndex(({ problems }) => problems.length > 0);
  const trusted = first < 0 ? found.length : first;
  const tainted = found.findIndex(({ kept, pairs }) => kept.length < pairs);
  const whole = found.slice(0, tainted < 0 ? trusted : Math.min(trusted, tainted));
  return { trusted, policy: whole.findLast(({ usable }) => usable)?.iteration ?? null };
}

/** Every iteration in sentences, and what one can go on from. */
export function linesOf(found: readonly Examined[], verdicts: Verdicts, system: string): string[] {
  const lines = found.flatMap((each, place) => {
    const { questions, views, pairs, kept, problems, notes } = each;
    const samples = questions.reduce((sum, own) => sum + own.samples.length, 0);
    const has = `${plural(questions.length, "question")}, ${plural(samples, "sample")}, ${plural(views, "view")}, ${plural(pairs, "pair")}; ${count(kept.length)} kept.`;
    return [
      `iteration ${each.iteration + 1} (iter_${each.iteration})   ${stateOf(each, place, verdicts)}`,
      ...[has, ...problems.map((said) => `Wrong: ${said}`), ...notes].map((said) => `  ${said}`),
    ];
  });
  return [...lines, "", ...lastLines(found, verdicts, system)];
}

function lastLines(found: readonly Examined[], { trusted, policy }: Verdicts, system: string): string[] {
  const last = found[trusted - 1];
  if (last === undefined) return ["No iteration can be trusted: there is nothing to go on from but the base."];
  const kept = found.slice(0, trusted).flatMap((each) => each.kept);
  const own =
    policy === null
      ? "Its policy is not to be taken: it is missing, broken, or was trained on pairs that are left out."
      : `The policy of iter_${policy} was trained on pairs that are all kept.`;
  const bare = kept.filter(({ row }) => row.system === "").length;
  return [
    `The last iteration to trust is iteration ${last.iteration + 1} (iter_${last.iteration}): with those before it, it has ${plural(kept.length, "pair")} to train on. ${own}`,
    ...(bare > 0 && system === ""
      ? [
          `Without the system prompt that the planner was sampled with: ${plural(bare, "pair")}. --system FILE gives it to them.`,
        ]
      : []),
  ];
}

function stateOf({ problems, pairs, kept }: Examined, place: number, { trusted }: Verdicts): string {
  if (problems.length > 0) return "not to be trusted";
  if (place >= trusted) return "stands on an iteration that is not to be trusted";
  return kept.length < pairs ? "usable, without some of its pairs" : "sound";
}

export function tableOf(found: readonly Examined[], verdicts: Verdicts): Table {
  return {
    columns: [
      { name: "iteration", title: "iteration", kind: "text" },
      { name: "questions", title: "questions", kind: "count" },
      { name: "views", title: "views", kind: "count" },
      { name: "lacking", title: "missing or broken", kind: "count" },
      { name: "pairs", title: "pairs", kind: "count" },
      { name: "kept", title: "kept", kind: "count" },
      { name: "state", title: "verdict", kind: "text" },
    ],
    rows: found.map((each, place) => ({
      iteration: String(each.iteration + 1),
      questions: each.questions.length,
      views: each.views,
      lacking: each.lacking.length,
      pairs: each.pairs,
      kept: each.kept.length,
      state: stateOf(each, place, verdicts),
    })),
  };
}
