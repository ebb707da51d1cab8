import type { RunResult } from "../contract/progress.ts";
import { floorsLine, iterationTable } from "./iterations.ts";
import { ledgerSentences } from "./ledger.ts";

/** What a person reads when a run is complete: the table, the accounts, and where everything is. */
export function outcomeLines(result: RunResult): string[] {
  const floors = floorsLine(result.floors);
  const final =
    result.merged === null
      ? "the base policy: no iteration changed it"
      : `${result.folder}/final   (loads with transformers)`;
  return [
    ...iterationTable(result.table).map((line) => ` ${line}`),
    ...(floors === null ? [] : [` ${floors}`]),
    "",
    ...ledgerSentences(result.ledger),
    ...result.warnings.map((warning) => `Note: ${warning}`),
    `Run folder   ${result.folder}`,
    `Final model  ${final}`,
  ];
}
