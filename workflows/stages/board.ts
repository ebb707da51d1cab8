import { defineQuery, setCurrentDetails, setHandler, upsertMemo, upsertSearchAttributes } from "@temporalio/workflow";
import { EMPTY_LEDGER } from "../../src/contract/ledger.ts";
import type { RoleProgress, RunProgress } from "../../src/contract/progress.ts";
import type { Role } from "../../src/contract/queues.ts";
import { detailsOf, tableOf } from "./details.ts";

/** Where a run stands: asked of the run's workflow. */
export const progressQuery = defineQuery<RunProgress>("progress");
/** How far each role is with the chunks: asked of the child that streams them. */
export const rolesQuery = defineQuery<Partial<Record<Role, RoleProgress>>>("roles");

/**
 * What is known of the run, shown in four places: the query (while a worker answers), the current details in the UI
 * (likewise), the search attributes (for lists), and the memo, which alone can still be read when no worker is left.
 */
export function openBoard(run: string) {
  let state: RunProgress = {
    run,
    iterations: 0,
    iteration: -1,
    stage: "open",
    child: null,
    roles: {},
    table: [],
    floors: null,
    ledger: EMPTY_LEDGER,
  };
  let searchable = false;
  setHandler(progressQuery, () => state, { description: "Where the run stands: stage, table, ledger" });
  return {
    get state(): RunProgress {
      return state;
    },
    /** Search attributes may be set from now on: the namespace knows them. */
    searchable(yes: boolean): void {
      searchable = yes;
    },
    set(change: Partial<RunProgress>): void {
      const rows = state.table.length;
      const moved = change.stage !== undefined && change.stage !== state.stage;
      state = { ...state, ...change };
      setCurrentDetails(detailsOf(state));
      if (searchable && moved) {
        upsertSearchAttributes({ SnowballStage: [state.stage], SnowballIteration: [state.iteration] });
      }
      if (state.table.length !== rows) upsertMemo({ table: tableOf(state) });
    },
  };
}
export type Board = ReturnType<typeof openBoard>;
