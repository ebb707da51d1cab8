import type { Account } from "../../contract/account.ts";
import type { ScoreRow } from "../../contract/measurement.ts";
import type { Table } from "../../contract/table.ts";
import type { CommonRecipe } from "../../recipe/common.ts";
import type { Log } from "../../run/logs.ts";
import type { TimedStep } from "../times.ts";
import type { Html } from "./html.ts";

/** A part of the page, with an entry in its list of contents. */
export interface Section {
  /** Names it in the page's address; unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

/** Scores of one policy on the items of one benchmark. */
export interface MeasuredRows {
  readonly policy: string;
  readonly benchmark: string;
  /** Of one split. */
  readonly rows: readonly ScoreRow[];
}

/** All that a page says of one run. */
export interface ReportedRun {
  readonly name: string;
  readonly recipe: CommonRecipe;
  /** What its pipeline does, in a few words, and what it works on. */
  readonly opening: string;
  readonly subject: string;
  readonly finished: boolean;
  /** As the run has them, or what there is of them so far. */
  readonly tables: readonly Table[];
  readonly accounts: readonly Account[];
  readonly warnings: readonly string[];
  readonly curves: readonly Log[];
  /** What its steps took, every attempt; empty where nothing was noted. */
  readonly times: readonly TimedStep[];
  /** Digests by what they name: "planner", "policy that stays". */
  readonly digests: Readonly<Record<string, string>>;
  /** Where it is: relative paths, by what people call them. */
  readonly files: Readonly<Record<string, string>>;
  /** The recipe as a file that starts it again, and its prompt texts by the names of their files. */
  readonly recipeText: string;
  readonly texts: Readonly<Record<string, string>>;
  /** Of this project, which wrote the page. */
  readonly version: string;
  /** What only its pipeline can show. */
  readonly sections: readonly Section[];
  /** By policy and benchmark, in the order in which the run made them. */
  readonly measured: readonly MeasuredRows[];
}
