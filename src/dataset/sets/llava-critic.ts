import { turnsOf } from "../../preference/pair-shapes.ts";
import { comparisonOf, placeOf } from "./comparison.ts";
import type { DataSet, Fields } from "./example.ts";
import { given, idOf, imagesIn, type Problem } from "./fields.ts";

const IMAGES = ["image", "images"];
const RESPONSES = [
  ["response1", "response2"],
  ["response_1", "response_2"],
] as const;

/** How its prompts tell a question and two responses, brackets around each or not. */
const TOLD =
  /Question:\s*([\s\S]+?)\n\s*The first response:\s*([\s\S]+?)\n\s*The second response:\s*([\s\S]+?)(?:\n\s*ASSISTANT:\s*)?$/i;
/** What its answers conclude; a tie concludes neither. */
const BETTER =
  /\b(first|second)\s+(?:response|answer|one)\b[^.\n]{0,40}?\bis\s+(?:\w+\s+)?(?:better|superior|preferable)\b/gi;
const TIE = /\bequally\b|\bequal in quality\b|\btie\b|\bcomparable in quality\b/i;

/**
 * LLaVA-Critic (arXiv 2410.02712), pairs: two answers to a question about an image. A row is {id, image, conversations},
 * whose first turn holds `Question:`, `The first response:` and `The second response:`, and whose second says which is
 * better; or has question, response1, response2 and better as fields. A tie is no comparison, and is passed over.
 */
export const llavaCritic: DataSet = {
  fields: ["id", ...IMAGES, "conversations", "question", ...RESPONSES.flat(), "better"],
  imageFields: IMAGES,
  labels: [],
  as: {
    item(row, number) {
      const id = idOf(row, number);
      const images = imagesIn(row, IMAGES);
      if ("problem" in images) return { id, problem: images.problem };
      const told = given(row["conversations"]) ? toldIn(row["conversations"]) : fieldsIn(row);
      if ("problem" in told) return { id, problem: told.problem };
      if (told.better === "tie") return { examples: [] };
      const { question, answers, better } = told;
      return comparisonOf({ id, images: images.names, question, field: "question", answers, better });
    },
  },
};

interface Told {
  readonly question: unknown;
  readonly answers: readonly unknown[];
  readonly better: 1 | 2 | "tie";
}

function fieldsIn(row: Fields): Told | Problem {
  const names = RESPONSES.find(([first]) => given(row[first])) ?? RESPONSES[0];
  const better = placeOf(row["better"]);
  if (better === undefined) return { problem: `better is ${JSON.stringify(row["better"] ?? null)}; 1 or 2 is needed` };
  return { question: row["question"], answers: names.map((name) => row[name]), better };
}

function toldIn(value: unknown): Told | Problem {
  const turns = turnsOf(value);
  if (typeof turns === "string") return { problem: `conversations ${turns}` };
  const [asked, judged] = turns;
  const texts = TOLD.exec((asked?.text ?? "").trim());
  if (!texts) {
    return {
      problem:
        "its question does not tell a Question, The first response and The second response; only pairs can be compared",
    };
  }
  const [question, ...answers] = texts.slice(1).map(withoutBrackets);
  const said = new Set([...(judged?.text ?? "").matchAll(BETTER)].map((each) => each[1]!.toLowerCase()));
  if (said.size === 1) return { question, answers, better: placeOf([...said][0])! };
  if (said.size === 0 && TIE.test(judged?.text ?? "")) return { question, answers, better: "tie" };
  return { problem: `its answer calls ${said.size === 0 ? "neither" : "each"} of the two responses better` };
}

function withoutBrackets(text: string): string {
  return /^\[([\s\S]*)\]$/.exec(text.trim())?.[1] ?? text.trim();
}
