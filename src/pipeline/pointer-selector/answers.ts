import { vqaAccuracy } from "../../benchmark/vqa.ts";
import type { Account } from "../../contract/account.ts";
import type { Cell, Column, Row, Table } from "../../contract/table.ts";
import { seedFor } from "../../seed.ts";
import { measured, type Observation, pairedBootstrap } from "../../statistics/bootstrap.ts";
import type { Resampling } from "../../statistics/scores.ts";
import type { Example } from "./examples.ts";

/** An answer as it was given with examples; null with its reason where the model was lost at it. */
export interface ShownAnswer {
  readonly id: string;
  readonly examples: readonly string[];
  readonly text: string | null;
  readonly reason?: string;
}

/** One judged answer, a line of answers/<method>-<shots>.jsonl. */
export interface JudgedAnswer extends ShownAnswer {
  /** The picture: what is resampled together. */
  readonly group: string;
  readonly people: readonly string[];
  readonly accuracy: number | null;
}

export function judgeAnswer(answer: ShownAnswer, { scene, answers }: Example): JudgedAnswer {
  const accuracy = answer.text === null ? null : vqaAccuracy(answer.text, answers);
  return { ...answer, group: scene, people: answers, accuracy };
}

/** The judged answers of a method with a number of shots. */
export interface Pass {
  readonly method: string;
  readonly shots: number;
  readonly rows: readonly JudgedAnswer[];
}

/** Methods × shots: VQA accuracy, and against the first method the paired change on the questions that both answered. */
export function comparison(passes: readonly Pass[], options: Resampling): Table {
  const methods = [...new Set(passes.map(({ method }) => method))];
  const shots = [...new Set(passes.map((each) => each.shots))];
  const at = (method: string, k: number): readonly Observation[] | undefined => {
    const pass = passes.find((each) => each.method === method && each.shots === k);
    return pass?.rows.flatMap(({ id, group, accuracy }) => (accuracy === null ? [] : [{ id, group, value: accuracy }]));
  };
  const columns: Column[] = [
    { name: "method", title: "chosen by", kind: "text" },
    ...shots.flatMap((k): Column[] => [
      { name: `${k}`, title: `${k}-shot`, kind: "measured" },
      { name: `${k} change`, title: `against ${methods[0]}`, kind: "change" },
    ]),
  ];
  const rows = methods.map((method, place): Row => {
    const cells = shots.flatMap((k): [string, Cell][] => {
      const own = at(method, k);
      if (own === undefined) return [];
      const first = place === 0 ? undefined : at(methods[0]!, k);
      return [
        [`${k}`, measured(own, { ...options, seed: seedFor(options.seed, method, k) })],
        [`${k} change`, first === undefined ? null : changeOf(first, own, options)],
      ];
    });
    return { method, ...Object.fromEntries(cells) };
  });
  return { title: "VQA accuracy", columns, rows };
}

function changeOf(from: readonly Observation[], to: readonly Observation[], options: Resampling): Cell {
  const paired = pairedBootstrap(from, to, { ...options, seed: seedFor(options.seed, "change") });
  return paired && { mean: paired.change, half: (paired.high - paired.low) / 2 };
}

export function answerAccount({ method, shots, rows }: Pass): Account {
  const lost = rows.filter(({ text }) => text === null).length;
  return {
    of: `answer of ${method} with ${shots}`,
    total: rows.length,
    parts: { judged: rows.length - lost, quarantined: lost },
  };
}
