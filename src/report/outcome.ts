import { accountSentences } from "../contract/account.ts";
import type { RunResult } from "../contract/progress.ts";
import { tableLines } from "../contract/table.ts";

/** What a person reads when a run is complete: the tables, the accounts, and where everything is. */
export function outcomeLines({ tables, accounts, warnings, folder, files }: RunResult): string[] {
  const found = Object.entries({ "Run folder": folder, ...files });
  const width = Math.max(...found.map(([name]) => name.length));
  return [
    ...tables.flatMap((table, place) => [...(place > 0 ? [""] : []), ...tableLines(table).map((line) => ` ${line}`)]),
    "",
    ...accountSentences(accounts),
    ...warnings.map((warning) => `Note: ${warning}`),
    ...found.map(([name, path]) => `${name.padEnd(width)}   ${path}`),
  ];
}
