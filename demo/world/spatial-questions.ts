import { cvBench } from "../../src/benchmark/cv-bench.ts";
import { vsr } from "../../src/benchmark/vsr.ts";
import { cvBench as cvBenchRows } from "../../src/dataset/sets/cv-bench.ts";
import type { Question } from "../../src/dataset/question.ts";
import type { Message } from "../../src/model/vlm/backend.ts";
import { type Arranged, OPPOSITE } from "./relations.ts";
import type { Random } from "./random.ts";
import { nameOf } from "./thing.ts";
import type { Shape } from "./words.ts";

/** A row as VSR has it, without its image. */
export interface Sentence {
  readonly caption: string;
  readonly label: 0 | 1;
  readonly relation: string;
}

/** A row as CV-Bench has it, without its number and its image. */
export interface Choice {
  readonly type: "2D" | "3D";
  readonly task: "Count" | "Relation" | "Depth" | "Distance";
  readonly question: string;
  readonly choices: readonly string[];
  readonly answer: string;
  readonly prompt: string;
}

/** What is asked, what is right, and something that is wrong. */
export interface Asked {
  readonly question: string;
  readonly right: string;
  readonly wrong: string;
  readonly kind: "spatial" | "counting";
}

/** "The red cone is left of the blue box.", or, as often, its opposite. Only of a scene with a relation. */
export function sentenceOf({ things, relation }: Arranged, random: Random): Sentence {
  const label = random.chance(0.5) ? 1 : 0;
  const said = label === 1 ? relation! : OPPOSITE[relation!];
  return { caption: `The ${nameOf(things[0]!)} is ${said} the ${nameOf(things[1]!)}.`, label, relation: said };
}

/** A question with choices about a scene of any layout but a stack. */
export function choiceOf({ layout, things, relation, count }: Arranged, random: Random): Choice {
  if (layout === "count") {
    const others = ["1", "2", "3", "4", "5"].filter((each) => each !== String(count!.of));
    const choices = shuffled([String(count!.of), ...shuffled(others, random).slice(0, 3)], random);
    return choice({ type: "2D", task: "Count", question: howMany(count!.shape) }, choices, String(count!.of));
  }
  const names = things.map(nameOf);
  if (layout === "beside") {
    const question = `Where is the ${names[0]} from the ${names[1]}?`;
    const choices = shuffled(["left", "right"], random);
    return choice({ type: "2D", task: "Relation", question }, choices, relation === "left of" ? "left" : "right");
  }
  if (layout === "depth") {
    const choices = shuffled(names.slice(0, 2), random);
    const front = relation === "in front of" ? names[0]! : names[1]!;
    return choice({ type: "3D", task: "Depth", question: "Which is in front?" }, choices, front);
  }
  const question = `Which is near the ${names[0]}?`;
  return choice({ type: "3D", task: "Distance", question }, shuffled(names.slice(1, 3), random), names[1]!);
}

function choice(about: Pick<Choice, "type" | "task" | "question">, choices: readonly string[], truth: string): Choice {
  const lines = choices.map((text, at) => `(${"ABCDEF"[at]}) ${text}`);
  const answer = `(${"ABCDEF"[choices.indexOf(truth)]})`;
  const prompt = `${about.question} Select from the following choices.\n${lines.join("\n")}`;
  return { ...about, choices, answer, prompt };
}

const PLURAL: Readonly<Record<Shape, string>> = { box: "boxes", sphere: "spheres", cone: "cones" };

export function howMany(shape: Shape): string {
  return `How many ${PLURAL[shape]} are there?`;
}

/** A sentence as the benchmark asks it: who is trained on it is measured on the same words. */
export function askedSentence({ caption, label }: Sentence): Asked {
  const item = { ...NO_ITEM, question: caption };
  const [right, wrong] = label === 1 ? (["true", "false"] as const) : (["false", "true"] as const);
  return { question: textOf(vsr.ask(item, [], {})), right, wrong, kind: "spatial" };
}

/** A choice as the benchmark asks it. */
export function askedChoice(row: Choice, random: Random): Asked {
  const read = cvBenchRows.as.item!({ ...row, image: "x.png" }, 1);
  if ("problem" in read) throw new RangeError(read.problem);
  const [item] = read.examples;
  const right = item!.answer!;
  const letters = row.choices.map((_, at) => "ABCDEF"[at]!).filter((letter) => letter !== right);
  return { question: textOf(cvBench.ask(item!, [], {})), right, wrong: random.pick(letters), kind: "spatial" };
}

/** A count that is answered with a number. */
export function askedCount({ count }: Arranged, random: Random): Asked {
  const { shape, of } = count!;
  const wrong = random.pick([1, 2, 3, 4, 5].filter((each) => each !== of));
  return { question: howMany(shape), right: String(of), wrong: String(wrong), kind: "counting" };
}

const NO_ITEM: Question = { id: "", images: [], question: "", question_type: "", scene: "" };

function textOf(messages: readonly Message[]): string {
  return messages.flatMap(({ content }) => content.flatMap((part) => (part.type === "text" ? part.text : []))).join("");
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  const rest = [...values];
  const result: T[] = [];
  while (rest.length > 0) result.push(...rest.splice(Math.floor(random.between(0, rest.length)), 1));
  return result;
}
