import type { GateQuestion, IterationRow, Measured, RunProgress } from "../../src/contract/progress.ts";

/** The run as Markdown for the UI's current details: one line of state, then the table (text after a table is lost there). */
export function detailsOf(state: RunProgress): string {
  const where =
    state.iteration < 0
      ? "base policy"
      : `iteration ${state.iteration + 1} of ${state.iterations} (iter_${state.iteration})`;
  const asking = state.asking ? `\n\n${askingOf(state.asking)}` : "";
  return `**${where}** · ${state.stage}${asking}\n\n${tableOf(state)}`;
}

/** What a person is asked, and how to answer from the UI: the update `gate` under its actions. */
function askingOf({ iteration, from, to, measured }: GateQuestion): string {
  return (
    `**The gate asks**: policy ${to.slice(0, 8)} of iter_${iteration}, or ${from.slice(0, 8)} before it? ${measured}. ` +
    'Send the update `gate` with `{"decision": "promote"}` or `{"decision": "roll_back"}`.'
  );
}

/** The table of iterations as Markdown. */
export function tableOf(state: Pick<RunProgress, "table">): string {
  const head = "| iteration | pairs | weak | gap | loss | accuracy | useful views | policy | gate |";
  const rule = "|---|---|---|---|---|---|---|---|---|";
  return [head, rule, ...state.table.map(line)].join("\n");
}

function line(row: IterationRow): string {
  const base = row.iteration < 0;
  const cells = [
    base ? "base" : String(row.iteration + 1),
    base ? "–" : String(row.pairs),
    base ? "–" : String(row.weak),
    row.gap === null ? "–" : row.gap.toFixed(2),
    row.loss === null ? "–" : row.loss.toFixed(3),
    measured(row.score?.accuracy ?? null),
    measured(row.score?.useful ?? null),
    row.policy.slice(0, 8),
    row.decision ?? "–",
  ];
  return `| ${cells.join(" | ")} |`;
}

function measured(value: Measured | null): string {
  return value === null ? "–" : `${value.mean.toFixed(3)} ± ${value.half.toFixed(3)}`;
}
