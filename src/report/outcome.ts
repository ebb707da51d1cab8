import type { RunResult } from "../contract/progress.ts";
import { floorsLine, iterationTable } from "./iterations.ts";
import { ledgerSentences } from "./ledger.ts";

/** What a person reads when a run is complete: the table, the accounts, and where everything is. */
export function outcomeLines(result: RunResult): string[] {
  const floors = floorsLine(result.floors);
  const trained = result.table.some((row) => row.loss !== null);
  const final =
    result.merged === null
      ? "the base policy: no iteration changed it"
      : `${result.folder}/final   (loads with transformers)`;
  const data = result.preference_data;
  return [
    ...iterationTable(result.table).map((line) => ` ${line}`),
    ...(floors === null ? [] : [` ${floors}`]),
    "",
    ...ledgerSentences(result.ledger),
    ...result.warnings.map((warning) => `Note: ${warning}`),
    `Run folder   ${result.folder}`,
    ...(data === undefined ? [] : [`Pairs        ${data}`]),
    ...(data !== undefined && !trained ? [] : [`Final model  ${final}`]),
  ];
}
