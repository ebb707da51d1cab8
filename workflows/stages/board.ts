import {
  defineQuery,
  metricMeter,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
} from "@temporalio/workflow";
import type { GateQuestion } from "../../src/contract/gate.ts";
import type { RunProgress, Stage } from "../../src/contract/progress.ts";
import { shortDigest, tableMarkdown } from "../../src/contract/table.ts";
import { listAs } from "./listing.ts";

/** Where a run stands: asked of the run's workflow. */
export const progressQuery = defineQuery<RunProgress>("progress");

const OPENING: Stage = { name: "open", doing: "reading the recipe and the data", title: "", at: -1, of: 0 };

/**
 * What is known of the run, shown in four places: the query (while a worker answers), the current details in the UI
 * (likewise), the search attributes (for lists), and the memo, which alone can still be read when no worker is left.
 */
export function openBoard(run: string) {
  let state: RunProgress = { run, stage: OPENING, children: [], tables: [], accounts: [], asking: null };
  let searchable = false;
  const accounted = metricMeter.createGauge(
    "snowball_accounted",
    "int",
    "",
    "What became of a run's samples and so on",
  );
  setHandler(progressQuery, () => state, { description: "Where the run stands: stage, tables, accounts" });

  function set(change: Partial<RunProgress>): void {
    state = { ...state, ...change };
    setCurrentDetails(detailsOf(state));
    for (const { of, parts } of change.accounts ?? []) {
      for (const [part, many] of Object.entries(parts)) accounted.set(many, { run, of, part });
    }
    if (change.asking !== undefined) listAs(change.asking === null ? "running" : "asking");
    if (change.tables !== undefined) upsertMemo({ table: change.tables.map(tableMarkdown).join("\n\n") });
  }

  return {
    get state(): RunProgress {
      return state;
    },
    /** Search attributes may be set from now on: the namespace knows them. */
    searchable(yes: boolean): void {
      searchable = yes;
    },
    set,
    /** The run is at something else now; what is left out stays as it was. */
    stage(change: Partial<Stage>): void {
      const moved = change.name !== undefined && change.name !== state.stage.name;
      const elsewhere = change.title !== undefined && change.title !== state.stage.title;
      set({ stage: { ...state.stage, ...change } });
      if (elsewhere) upsertMemo({ where: state.stage.title });
      if (!searchable || !moved) return;
      upsertSearchAttributes({ SnowballStage: [state.stage.name], SnowballIteration: [state.stage.at] });
    },
    /** Shows a child while it works; several may work at once. */
    async following<T>(child: string, work: () => Promise<T>): Promise<T> {
      set({ children: [...state.children, child] });
      try {
        return await work();
      } finally {
        set({ children: state.children.filter((each) => each !== child) });
      }
    },
  };
}
export type Board = ReturnType<typeof openBoard>;

/** The run as Markdown for the UI's current details: one line of state, then the tables (text after a table is lost there). */
function detailsOf({ stage, asking, tables }: RunProgress): string {
  const where = stage.title === "" ? "" : `**${stage.title}** · `;
  const lines = [`${where}${stage.name}`, ...(asking ? [askingOf(asking)] : []), ...tables.map(tableMarkdown)];
  return lines.join("\n\n");
}

/** What a person is asked, and how to answer from the UI: the update `gate` under its actions. */
function askingOf({ iteration, from, to, measured }: GateQuestion): string {
  return (
    `**The gate asks**: policy ${shortDigest(to)} of iter_${iteration}, or ${shortDigest(from)} before it? ${measured}. ` +
    'Send the update `gate` with `{"decision": "promote"}` or `{"decision": "roll_back"}`.'
  );
}
