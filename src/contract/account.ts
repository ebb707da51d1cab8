import { count } from "./table.ts";

/** Where everything went: `total` things of a kind are the sum of the parts, or the run stops. */
export interface Account {
  /** One of them: "sample", "question". */
  readonly of: string;
  readonly total: number;
  /** By what became of them, as people say it: { "with views": 12, quarantined: 0 }. */
  readonly parts: Readonly<Record<string, number>>;
}

/** What the parts miss; 0 when the account balances. */
export function imbalance({ total, parts }: Account): number {
  return total - Object.values(parts).reduce((sum, part) => sum + part, 0);
}

/** Totals over several accounts of the same things; parts that only one of them has are kept. */
export function addAccounts(accounts: readonly Account[]): Account[] {
  const sums = new Map<string, { total: number; parts: Record<string, number> }>();
  for (const { of, total, parts } of accounts) {
    const sum = sums.get(of) ?? { total: 0, parts: {} };
    sum.total += total;
    for (const [name, part] of Object.entries(parts)) sum.parts[name] = (sum.parts[name] ?? 0) + part;
    sums.set(of, sum);
  }
  return [...sums].map(([of, sum]) => ({ of, ...sum }));
}

/** "Every sample is accounted for: 2,560 = 2,351 with views + 209 policy failures." Nothing for an empty account. */
export function accountSentences(accounts: readonly Account[]): string[] {
  return accounts
    .filter(({ total }) => total > 0)
    .map(({ of, total, parts }) => {
      const said = Object.entries(parts).map(([name, part]) => `${count(part)} ${name}`);
      return `Every ${of} is accounted for: ${count(total)} = ${said.join(" + ")}.`;
    });
}
