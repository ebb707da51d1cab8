import type { Account } from "../../src/contract/account.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import type { Row } from "../../src/contract/table.ts";

/** The rows of the run's first table, from the base on. */
export function rowsOf({ tables }: RunResult): readonly Row[] {
  return tables[0]?.rows ?? [];
}

/** Where the run's samples, or its questions, went: the total and the parts by their names. */
export function accountOf({ accounts }: RunResult, of: string): Record<string, number> & { total: number } {
  const account: Account | undefined = accounts.find((each) => each.of === of);
  return { ...account?.parts, total: account?.total ?? 0 };
}
