import { z } from "zod";
import type { Question } from "../dataset/question.ts";
import { askedMessages } from "../prompt/messages.ts";
import { markerIn } from "../prompt/markers.ts";
import { fillTemplate } from "../prompt/template.ts";
import { seedFor } from "../seed.ts";
import type { Benchmark } from "./benchmark.ts";
import { isVerdict, placeIn, readVerdict, type Noun, verdictOf } from "./pairwise-verdict.ts";

/** Where a template has the caption or the question, and the two texts that are compared. */
const QUESTION = "{question}";
const CANDIDATES = ["{first}", "{second}"] as const;

const END = (noun: Noun): string =>
  "Compare the two inside <think> and </think>. Then say which one is better, and nothing else: " +
  `<answer>${verdictOf(noun, 1)}</answer> or <answer>${verdictOf(noun, 2)}</answer>.`;

const ASK_IMAGES = `Two images were made for this caption: ${QUESTION}\n${END("Image")}`;
const ASK_ANSWERS =
  `Two answers were given to this question about the image: ${QUESTION}\n` +
  `Answer 1: ${CANDIDATES[0]}\nAnswer 2: ${CANDIDATES[1]}\n${END("Answer")}`;

const template = (needed: readonly string[]) =>
  z
    .string()
    .refine((text) => needed.every((each) => text.includes(each)), `${needed.join(", ")} must be in it`)
    .refine((text) => markerIn(text) === undefined, "images and turns are added by themselves; no marker is possible");

const settings = z.strictObject({
  images: template([QUESTION]).default(ASK_IMAGES).describe("What is asked behind two images"),
  answers: template([QUESTION, ...CANDIDATES])
    .default(ASK_ANSWERS)
    .describe("What is asked behind the image when two answers are compared"),
});

/**
 * Which of two is better, as a reward model that thinks is asked it: two images for a caption, or two answers to a
 * question about an image. An answer ends in one of two sentences inside `<answer>`. Which of the two comes first is
 * drawn by the seed, so that a policy that prefers a place shows it as `position bias`.
 */
export const pairwise: Benchmark<z.output<typeof settings>> = {
  settings,
  variant: () => "pairwise",
  arranged(item, seed) {
    const noun = nounOf(item);
    const { answer } = item;
    if (answer === undefined || !isVerdict(answer, noun) || !isSwapped(item.id, seed)) return item;
    const turned = { ...item, answer: verdictOf(noun, placeIn(answer) === 1 ? 2 : 1) };
    return noun === "Image"
      ? { ...turned, images: item.images.toReversed() }
      : { ...turned, candidates: item.candidates!.toReversed() };
  },
  problem(item, pixels) {
    const { answer, images, candidates } = item;
    const noun = nounOf(item);
    if (answer === undefined) return "it does not say which of the two is better";
    if (!isVerdict(answer, noun)) {
      return `its truth ${JSON.stringify(answer)} is neither "${verdictOf(noun, 1)}" nor "${verdictOf(noun, 2)}"`;
    }
    if (candidates) {
      if (candidates.length !== 2) return `it has ${candidates.length} answers to compare; two are needed`;
      return candidates[0] === candidates[1] ? "its two answers are the same text" : undefined;
    }
    if (images.length !== 2) return `it has ${images.length} images to compare; two are needed`;
    const same = images[0] === images[1] || (pixels !== undefined && pixels[0] === pixels[1]);
    return same ? "its two images are the same picture" : undefined;
  },
  ask: (item, images, { images: aboutImages, answers }) => {
    const [first = "", second = ""] = item.candidates ?? [];
    const values = { question: item.question, first, second };
    return askedMessages(null, fillTemplate(item.candidates ? answers : aboutImages, values), images);
  },
  judge({ answer = "" }, text) {
    const noun: Noun | undefined = (["Image", "Answer"] as const).find((each) => isVerdict(answer, each));
    if (noun === undefined) throw new RangeError("a pair without a truth cannot be judged");
    const said = readVerdict(text, noun);
    return { said, correct: said === answer };
  },
  measures: {
    /** How much more often the first is chosen than it is the better one: 0 without bias, ± .5 where one place always is. */
    "position bias": ({ said, truth }) =>
      said === null ? null : Number(placeIn(said) === 1) - Number(placeIn(truth) === 1),
    words: ({ text }) => text.split(/\s+/).filter((word) => word !== "").length,
  },
};

function nounOf({ candidates }: Pick<Question, "candidates">): Noun {
  return candidates === undefined ? "Image" : "Answer";
}

/** Half of all items, whichever file they are in and however long it is. */
function isSwapped(id: string, seed: number): boolean {
  return Number.parseInt(seedFor(seed, "order", id).slice(0, 2), 16) % 2 === 1;
}
