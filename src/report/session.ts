import { pipelineOf } from "../pipeline/index.ts";
import type { Changes } from "../pipeline/pipeline.ts";
import type { CommonRecipe } from "../recipe/common.ts";
import { accountSentences } from "../contract/account.ts";
import type { RunResult } from "../contract/progress.ts";
import { tableLines } from "../contract/table.ts";

/** What a command that runs something says around the run itself: `own` when server and worker are its own. */
export interface Session {
  readonly name: string;
  /** What starts it again: "run my.yaml", as it was typed. */
  readonly command: string;
  readonly own: boolean;
  /** Another command of this root takes server and worker over. */
  readonly inherited?: boolean;
}

export type Beginning = "started" | "attached" | "finished";

export interface Opening {
  readonly how: Beginning;
  /** The part that an open run has come to: "iteration 2 of 5 (iter_1)"; null when it is not known. */
  readonly where: string | null;
  /** How this recipe differs from the one that the run was last started with; null where there was none. */
  readonly changes: Changes | null;
  /** The Web UI of the run's namespace, when it is known. */
  readonly ui: string | null;
}

/** What happens now, and where to look. */
export function openingLines(recipe: CommonRecipe, { how, where, changes, ui }: Opening): string[] {
  const { name } = recipe;
  const beginning: Readonly<Record<Beginning, string>> = {
    started: `Snowball  ${name}   ${pipelineOf(recipe).opening(recipe)}`,
    attached: `Going on with ${name}${where ? `: ${where}` : ""}. Nothing finished is done again.`,
    finished: `${name} is complete already; --anew runs it again.`,
  };
  return [
    beginning[how],
    ...(changes === null || changes.fields === "" ? [] : otherRecipe(name, how, changes)),
    ...(ui === null ? [] : [`  Temporal UI  ${ui}/workflows/${name}`]),
  ];
}

function otherRecipe(name: string, how: Beginning, { fields, redone: lines }: Changes): string[] {
  const redone = lines.map((line) => `  ${line}`);
  switch (how) {
    case "started":
      return [`It was last started with another recipe: this one differs in ${fields}.`, ...redone];
    case "finished":
      return [`It was run with another recipe: this one differs in ${fields}. With --anew:`, ...redone];
    case "attached":
      return [
        `The open run keeps the recipe that it was started with: this one differs in ${fields}. ` +
          `To change over: bin/snowball cancel ${name}, then run it again; what the change does not touch is not done again.`,
      ];
  }
}

/** When an open run was ended and started over, because no worker could carry on with it. */
export function movedLine(why: string): string {
  return `${why} It was ended and started over: nothing that was committed is done again.`;
}

/** After ^C: what was stopped, and what to type. */
export function partingLines({ name, command, own, inherited }: Session): string[] {
  if (own && inherited) {
    return [
      "Another command of this root takes the server over: with its worker the open runs go on.",
      `Watch again: bin/snowball status ${name} --follow          Cancel:  bin/snowball cancel ${name}`,
    ];
  }
  if (!own) return [`Stopped watching. The run goes on.   Watch again: bin/snowball status ${name} --follow`];
  return [
    "Stopping the server and the worker that this command started. Nothing finished is lost.",
    `Go on:   bin/snowball ${command}          Cancel:  bin/snowball cancel ${name}`,
  ];
}

/** After the result: where to look further. */
export function nextLines({ name, own }: Session): string[] {
  const look = own ? ["Look         bin/snowball up     (the Temporal UI again, on the same history)"] : [];
  return [...look, `Next         bin/snowball show ${name} · bin/snowball verify ${name}`];
}

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
